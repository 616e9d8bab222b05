package eventstore_test

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/natsd"
	"github.com/faustman/chitchat/internal/natstest"
)

// link is a way from a client to its server that a test can disturb. The server may go and come back with its store.
type link struct {
	store string

	mu     sync.Mutex // guards server
	server *natsd.Server

	// deaf loses all that the server answers, mute all that the client sends.
	deaf, mute atomic.Bool
	// cut makes the connections that there are lose everything, and none that is made later, as if that were to
	// another server of a cluster.
	cut atomic.Bool
	// onWrite is called with what the client is about to send.
	onWrite atomic.Pointer[func([]byte)]
}

// setupLink returns a link to a new server and a connection over it.
func setupLink(t testing.TB) (*link, *nats.Conn) {
	t.Helper()
	return setupLinkOn(t, t.TempDir())
}

// setupLinkOn is setupLink with a store that may have a log.
func setupLinkOn(t testing.TB, store string) (*link, *nats.Conn) {
	t.Helper()
	l := &link{store: store}
	l.start(t)
	t.Cleanup(func() { l.stop(t) })
	return l, natstest.Connect(t, l.server, nats.InProcessServer(l))
}

// setupLong returns a log of n messages in the lobby. They are written by a server that does not fsync each, which
// takes a tenth of the time; the one that has them then is like any other.
func setupLong(t testing.TB, n int) *eventstore.Log {
	t.Helper()
	store := t.TempDir()
	fast, err := server.NewServer(&server.Options{
		ServerName: "chitchat", DontListen: true, JetStream: true, StoreDir: store, NoSigs: true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	fast.Start()
	if !fast.ReadyForConnections(patience) {
		t.Fatalf("the server is not ready within %v", patience)
	}
	nc, err := nats.Connect("", nats.InProcessServer(fast), nats.ReconnectBufSize(-1))
	if err != nil {
		t.Fatal(err)
	}
	open(t, nc)
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(n)) // so that it never says "stalled"
	if err != nil {
		t.Fatal(err)
	}
	payload := domain.Encode(message("m"))
	for range n {
		if _, err := js.PublishAsync("chitchat.lobby", payload); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-time.After(patience):
		t.Fatalf("%d messages are not stored within %v", n, patience)
	}
	nc.Close()
	fast.Shutdown()
	fast.WaitForShutdown()
	_, nc = setupLinkOn(t, store)
	return open(t, nc)
}

func (l *link) start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	server, err := natsd.Start(ctx, natsd.Options{StoreDir: l.store, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.server = server
}

func (l *link) stop(t testing.TB) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.server.Close(); err != nil {
		t.Error(err)
	}
}

func (l *link) InProcessConn() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	conn, err := l.server.InProcessConn()
	if err != nil {
		return nil, err
	}
	return &linkConn{Conn: conn, link: l, whole: l.cut.Load()}, nil
}

type linkConn struct {
	net.Conn
	link  *link
	whole bool // made when the way before was cut
}

func (c *linkConn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if err != nil || c.whole || !c.link.deaf.Load() && !c.link.cut.Load() {
			return n, err
		}
	}
}

func (c *linkConn) Write(p []byte) (int, error) {
	if hook := c.link.onWrite.Load(); hook != nil {
		(*hook)(p)
	}
	if c.link.mute.Load() || c.link.cut.Load() && !c.whole {
		return len(p), nil
	}
	return c.Conn.Write(p)
}
