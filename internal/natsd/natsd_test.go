package natsd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/faustman/chitchat/internal/natsd"
)

const (
	// publishEnv makes the test binary publish into the store that it names until it is killed.
	publishEnv = "NATSD_TEST_PUBLISH"
	// testTimeout bounds each wait of these tests; the machine may be busy.
	testTimeout = 30 * time.Second
)

func TestMain(m *testing.M) {
	if store := os.Getenv(publishEnv); store != "" {
		publishUntilKilled(store)
	}
	goleak.VerifyTestMain(m)
}

func setup(t *testing.T, change func(*natsd.Options)) *natsd.Server {
	t.Helper()
	opts := natsd.Options{StoreDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&opts)
	}
	return start(t, opts)
}

func start(t *testing.T, opts natsd.Options) *natsd.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	server, err := natsd.Start(ctx, opts)
	if err != nil {
		t.Fatalf("Start = %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return server
}

// socketPath returns a path that is short enough: t.TempDir has the test's name in it.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "natsd-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "nats.sock")
}

func connect(t *testing.T, server *natsd.Server) *nats.Conn {
	t.Helper()
	conn, err := server.Connect()
	if err != nil {
		t.Fatalf("Connect = %v", err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func stream(t *testing.T, conn *nats.Conn) (jetstream.JetStream, jetstream.Stream) {
	t.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	made, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "LOG", Subjects: []string{"log.*"}})
	if err != nil {
		t.Fatal(err)
	}
	return js, made
}

func TestPublishAndRead(t *testing.T) {
	server := setup(t, nil)
	js, log := stream(t, connect(t, server))
	ack, err := js.Publish(t.Context(), "log.a", []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	msg, err := log.GetMsg(t.Context(), ack.Sequence)
	if err != nil || string(msg.Data) != "hello" {
		t.Errorf("GetMsg = %v, %v, want hello", msg, err)
	}
	if err := server.Healthz(); err != nil {
		t.Errorf("Healthz = %v", err)
	}
}

func TestConnectionSurvivesRestart(t *testing.T) {
	server := setup(t, nil)
	conn := connect(t, server)
	back := make(chan struct{}, 1)
	conn.SetReconnectHandler(func(*nats.Conn) { back <- struct{}{} })
	js, log := stream(t, conn)
	if _, err := js.Publish(t.Context(), "log.a", []byte("before")); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-back:
	case <-time.After(testTimeout):
		t.Fatal("the connection did not come back")
	}
	msg, err := log.GetMsg(t.Context(), 1)
	if err != nil || string(msg.Data) != "before" {
		t.Errorf("GetMsg = %v, %v, want before", msg, err)
	}
}

func TestNothingIsBufferedWhileDown(t *testing.T) {
	server := setup(t, nil)
	conn := connect(t, server)
	down := make(chan struct{}, 1)
	conn.SetDisconnectErrHandler(func(*nats.Conn, error) { down <- struct{}{} })
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-down:
	case <-time.After(testTimeout):
		t.Fatal("the connection did not notice")
	}
	if err := conn.Publish("log.a", []byte("late")); !errors.Is(err, nats.ErrReconnectBufExceeded) {
		t.Errorf("Publish = %v, want ErrReconnectBufExceeded", err)
	}
}

func TestClosedServer(t *testing.T) {
	server := setup(t, nil)
	for range 2 {
		if err := server.Close(); err != nil {
			t.Fatalf("Close = %v", err)
		}
	}
	if err := server.Healthz(); !errors.Is(err, natsd.ErrClosed) {
		t.Errorf("Healthz = %v, want ErrClosed", err)
	}
	if _, err := server.Connect(); !errors.Is(err, natsd.ErrClosed) {
		t.Errorf("Connect = %v, want ErrClosed", err)
	}
	if err := server.Restart(t.Context()); !errors.Is(err, natsd.ErrClosed) {
		t.Errorf("Restart = %v, want ErrClosed", err)
	}
}

func TestStartRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		opts natsd.Options
		want string
	}{
		{"no store", natsd.Options{}, "no store directory"},
		{"store is a file", natsd.Options{StoreDir: filepath.Join(file, "store")}, "start embedded NATS server"},
		{"public address", natsd.Options{StoreDir: t.TempDir(), Listen: "0.0.0.0:4222"}, "not on the loopback"},
		{"no port", natsd.Options{StoreDir: t.TempDir(), Listen: "127.0.0.1"}, "missing port"},
		{"long socket", natsd.Options{StoreDir: t.TempDir(), SocketPath: "/" + strings.Repeat("x", 103)}, "unusable socket path"},
		{"public socket", natsd.Options{StoreDir: t.TempDir(), SocketPath: "/tmp/nats.sock"}, "not a directory that is private"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.opts.Logger = slog.New(slog.DiscardHandler)
			_, err := natsd.Start(t.Context(), test.opts)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Start = %v, want %q", err, test.want)
			}
		})
	}
}

func TestStartIsBoundedByContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// The server may win the race. What must not be is an error of another kind, or a leak.
	server, err := natsd.Start(ctx, natsd.Options{StoreDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = server.Close()
	} else if errors.Is(err, context.Canceled) {
		err = nil
	}
	if err != nil {
		t.Errorf("Start with a cancelled context = %v", err)
	}
}

func TestSocket(t *testing.T) {
	path := socketPath(t)
	server := setup(t, func(o *natsd.Options) { o.SocketPath = path })
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("socket: %v, %v, want mode 0600", info, err)
	}
	conn, err := natsd.Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, log := stream(t, conn)
	big := strings.Repeat("x", 500_000) // many times what the bridge copies at once
	if _, err := js.Publish(t.Context(), "log.a", []byte(big)); err != nil {
		t.Fatal(err)
	}
	msg, err := log.GetMsg(t.Context(), 1)
	if err != nil || string(msg.Data) != big {
		t.Errorf("GetMsg = %d bytes, %v, want %d", len(msg.Data), err, len(big))
	}
	if err := server.Close(); err != nil { // with the connection still open
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Close: %v, want the socket to be gone", err)
	}
}

func TestSocketConnectionSurvivesRestart(t *testing.T) {
	path := socketPath(t)
	server := setup(t, func(o *natsd.Options) { o.SocketPath = path })
	back := make(chan struct{}, 1)
	conn, err := natsd.Dial(path, nats.ReconnectHandler(func(*nats.Conn) { back <- struct{}{} }))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-back:
	case <-time.After(testTimeout):
		t.Fatal("the connection did not come back")
	}
}

func TestSocketOfKilledServerIsReplaced(t *testing.T) {
	path := socketPath(t)
	first := setup(t, func(o *natsd.Options) { o.SocketPath = path })
	if err := os.Rename(path, path+".kept"); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".kept", path); err != nil { // as a kill -9 leaves it
		t.Fatal(err)
	}
	setup(t, func(o *natsd.Options) { o.SocketPath = path })
	conn, err := natsd.Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestDialWithoutServer(t *testing.T) {
	if conn, err := natsd.Dial(socketPath(t)); err == nil {
		conn.Close()
		t.Error("Dial without a server succeeded")
	}
}

func TestListen(t *testing.T) {
	server := setup(t, func(o *natsd.Options) { o.Listen = "127.0.0.1:0" })
	conn, err := nats.Connect(server.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestFreeSpace(t *testing.T) {
	free, err := natsd.FreeSpace(t.TempDir())
	if err != nil || free == 0 {
		t.Errorf("FreeSpace = %d, %v, want more than nothing", free, err)
	}
	if _, err := natsd.FreeSpace("/no/such/place"); err == nil {
		t.Error("FreeSpace of nothing succeeded")
	}
}

// publishUntilKilled is the child: it prints the sequence of each message that was acknowledged.
func publishUntilKilled(store string) {
	ctx := context.Background()
	server, err := natsd.Start(ctx, natsd.Options{StoreDir: store})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	conn, err := server.Connect()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	js, _ := jetstream.New(conn) // fails only for options that are not given
	_, err = js.CreateStream(ctx, jetstream.StreamConfig{Name: "LOG", Subjects: []string{"log.*"}})
	for seq := uint64(1); err == nil; seq++ {
		_, err = js.Publish(ctx, "log.a", fmt.Appendf(nil, "message %d", seq))
		if err == nil {
			fmt.Println(seq)
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

func TestAckedMessagesSurviveKill(t *testing.T) {
	const acked = 300 // some hundred milliseconds of publishing
	store := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), publishEnv+"="+store)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	last := uint64(0)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		seq, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			t.Fatalf("child: %s", lines.Text())
		}
		last = seq
		if last == acked {
			if err := child.Process.Kill(); err != nil { // what it acks until it is dead is read, too
				t.Fatal(err)
			}
		}
	}
	child.Wait() // killed: the error is the point
	if last < acked {
		t.Fatalf("child acked %d messages, want %d", last, acked)
	}

	server := start(t, natsd.Options{StoreDir: store, Logger: slog.New(slog.DiscardHandler)})
	_, log := stream(t, connect(t, server))
	for seq := uint64(1); seq <= last; seq++ {
		msg, err := log.GetMsg(t.Context(), seq)
		if want := fmt.Sprintf("message %d", seq); err != nil || string(msg.Data) != want {
			t.Fatalf("message %d of %d = %v, %v, want %s", seq, last, msg, err, want)
		}
	}
}
