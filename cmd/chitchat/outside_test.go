package main_test

import (
	"log/slog"
	"testing"

	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/natsd"
	"github.com/faustman/chitchat/internal/natstest"
)

// outsideNATS is a server that chitchat did not start, until the test ends.
func outsideNATS(t testing.TB) *natsd.Server {
	t.Helper()
	server, err := natsd.Start(t.Context(), natsd.Options{StoreDir: t.TempDir(), Listen: freeAddress(t), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() }) // a test may have ended it
	return server
}

// outsideLog is a log on such a server, with a term that runs as if another
// program served it.
func outsideLog(t testing.TB) (*natsd.Server, *eventstore.Terms) {
	t.Helper()
	server := outsideNATS(t)
	log, err := eventstore.Open(t.Context(), natstest.Connect(t, server), eventstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	terms, err := log.Terms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return server, terms
}
