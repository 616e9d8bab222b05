package eventstore_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

// cluster is three NATS servers, of which a test may end one.
type cluster struct {
	servers []*server.Server
	nc      *nats.Conn
}

// startCluster starts three servers that know each other, and connects to all.
func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{}
	var routes, urls []string
	for i := range 3 {
		options := &server.Options{
			ServerName: fmt.Sprint("n", i+1), Host: "127.0.0.1", Port: server.RANDOM_PORT,
			JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, NoSigs: true, NoLog: true,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: server.RANDOM_PORT},
			Routes:  server.RoutesFromStr(strings.Join(routes, ",")),
		}
		s, err := server.NewServer(options)
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		t.Cleanup(func() {
			s.Shutdown()
			s.WaitForShutdown()
		})
		if !s.ReadyForConnections(patience) {
			t.Fatal("a server is not ready")
		}
		c.servers = append(c.servers, s)
		routes = append(routes, "nats-route://"+s.ClusterAddr().String())
		urls = append(urls, s.ClientURL())
	}
	nc, err := nats.Connect(strings.Join(urls, ","), nats.ReconnectBufSize(-1), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	c.nc = nc
	return c
}

// A log in a cluster is kept by three servers, and goes on when one is lost,
// the leader first of all.
func TestLogInACluster(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	log, err := eventstore.Open(t.Context(), c.nc, eventstore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if log.Replicas() != 3 {
		t.Errorf("replicas = %d, want 3", log.Replicas())
	}
	terms, err := log.Terms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := terms.Put(t.Context(), eventstore.Term{ID: "t1"}); err != nil {
		t.Errorf("Put = %v", err)
	}
	js, err := jetstream.New(c.nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), eventstore.Stream)
	if err != nil {
		t.Fatal(err)
	}
	reader := log.NewReader(0)
	defer reader.Close()
	seq := appendUntilStored(t, log, 1)
	leader := stream.CachedInfo().Cluster.Leader
	for _, s := range c.servers {
		if s.Name() == leader {
			s.Shutdown()
		}
	}
	last := appendUntilStored(t, log, 2)
	if last != seq+1 {
		t.Errorf("the second is at %d, want %d", last, seq+1)
	}
	var got []uint64
	for len(got) < 2 {
		records, err := reader.Next(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records {
			got = append(got, record.Seq)
		}
	}
	if got[0] != seq || got[1] != last {
		t.Errorf("read %v, want %d and %d", got, seq, last)
	}
}

// appendUntilStored appends one message, with the same key until it is stored:
// while there is no leader the outcome is unknown.
func appendUntilStored(t *testing.T, log *eventstore.Log, n int) uint64 {
	t.Helper()
	event, err := domain.PostMessage{From: domain.User{ID: "u", Name: "Ada"}, ID: fmt.Sprint("m-", n), Text: "text"}.Event(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; {
		appended, err := log.Append(t.Context(), "lobby", fmt.Sprint("key-", n), event)
		if err == nil {
			return appended.Seq
		}
		if time.Now().After(deadline) {
			t.Fatalf("Append = %v after %v", err, patience)
		}
	}
}

// A stream that exists with other replicas is left as it is, and said to be.
func TestLogWithOtherReplicas(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	quiet := slog.New(slog.DiscardHandler)
	if _, err := eventstore.Open(t.Context(), c.nc, eventstore.Options{Replicas: 1, Logger: quiet}); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	log, err := eventstore.Open(t.Context(), c.nc, eventstore.Options{Logger: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if log.Replicas() != 1 || !strings.Contains(said.String(), "have=1 want=3") {
		t.Errorf("replicas %d and %q, want 1 and a word of it", log.Replicas(), said.String())
	}
}

// All processes of a topology start at once: one of them makes the log, and the others wait until it is there.
func TestLogOpenedByManyAtOnce(t *testing.T) {
	t.Parallel()
	const rounds, each = 2, 4
	c := startCluster(t)
	logs := make([]*eventstore.Log, each*len(c.servers))
	for range rounds {
		var group sync.WaitGroup
		for i := range logs {
			nc, err := nats.Connect(c.servers[i%len(c.servers)].ClientURL(), nats.ReconnectBufSize(-1))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(nc.Close)
			group.Go(func() {
				if logs[i], err = eventstore.Open(t.Context(), nc, eventstore.Options{}); err != nil {
					t.Errorf("Open = %v, want the log that another one makes", err)
				}
			})
		}
		group.Wait()
		if t.Failed() {
			return
		}
		for _, log := range logs {
			if got, want := log.Epoch(), logs[0].Epoch(); got != want {
				t.Errorf("epoch = %s, want that of the others, %s", got, want)
			}
		}
		if err := jetStream(t, c.nc).DeleteStream(t.Context(), eventstore.Stream); err != nil {
			t.Fatal(err)
		}
	}
}
