// Package natstest gives a test its own NATS server with JetStream.
//
// Each server has its own store in a temporary directory, runs in the test's process with the settings of the
// product, and is closed at the end of the test, after the connections that were made with this package. A server
// takes some milliseconds to start, so nothing is shared between tests. Only tests call it; whatever goes wrong
// fails the test.
package natstest

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/faustman/chitchat/internal/natsd"
)

// startTimeout bounds a start on an empty store; it takes milliseconds, and seconds on a busy machine.
const startTimeout = 30 * time.Second

// New returns a running server that is closed at the end of the test.
func New(t testing.TB) *natsd.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	server, err := natsd.Start(ctx, natsd.Options{
		StoreDir: t.TempDir(),
		// Not to t: connections report errors from goroutines of their own, after the end of a test, too.
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatalf("natstest: %v", err)
	}
	t.Cleanup(func() { closeServer(t, server) })
	return server
}

// Conn returns a connection to a server of the test's own.
func Conn(t testing.TB) *nats.Conn {
	t.Helper()
	return Connect(t, New(t))
}

// Connect returns a connection to server that is closed at the end of the test.
func Connect(t testing.TB, server *natsd.Server, opts ...nats.Option) *nats.Conn {
	t.Helper()
	conn, err := server.Connect(opts...)
	if err != nil {
		t.Fatalf("natstest: %v", err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// closeServer is a no-op for a server that the test has closed itself.
func closeServer(t testing.TB, server *natsd.Server) {
	t.Helper()
	if err := server.Close(); err != nil {
		t.Errorf("natstest: %v", err)
	}
}
