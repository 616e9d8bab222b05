package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/natsd"
	"github.com/faustman/chitchat/internal/natstest"
)

// patience bounds every wait of a test for a condition; the machine may be busy.
const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a server of the test's own with an empty log.
type world struct {
	server *natsd.Server
	nc     *nats.Conn
	js     jetstream.JetStream
	log    *eventstore.Log
}

func setup(t testing.TB) *world {
	t.Helper()
	server := natstest.New(t)
	nc := natstest.Connect(t, server)
	return &world{server: server, nc: nc, js: jetStream(t, nc), log: open(t, nc)}
}

func jetStream(t testing.TB, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func open(t testing.TB, nc *nats.Conn) *eventstore.Log {
	t.Helper()
	var log *eventstore.Log
	create(t, func() (err error) {
		log, err = eventstore.Open(t.Context(), nc, eventstore.Options{Logger: slog.New(slog.DiscardHandler)})
		return err
	})
	return log
}

// create calls what makes a stream, again while the server still clears away the store of one that was deleted.
func create(t testing.TB, call func() error) {
	t.Helper()
	const storeFailed = 10049
	eventually(t, "make a stream", func() bool {
		err := call()
		var api jetstream.JetStreamError
		if errors.As(err, &api) && api.APIError() != nil && api.APIError().ErrorCode == storeFailed {
			return false
		}
		if err != nil {
			t.Fatalf("make a stream: %v", err)
		}
		return true
	})
}

// message returns a message whose id, and text, is id.
func message(id string) *domain.MessagePosted {
	return &domain.MessagePosted{
		Header: domain.Header{From: domain.User{ID: "u-1", Name: "Ada"}, SentAt: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)},
		ID:     id,
		Text:   id,
	}
}

// post appends a message with the key and id and returns its sequence.
func post(t testing.TB, log *eventstore.Log, channel domain.Channel, id string) uint64 {
	t.Helper()
	appended, err := log.Append(t.Context(), channel, id, message(id))
	if err != nil {
		t.Fatalf("Append %s = %v, want it stored", id, err)
	}
	return appended.Seq
}

// postMany appends n messages with ids from 1 on.
func postMany(t testing.TB, log *eventstore.Log, channel domain.Channel, n int) {
	t.Helper()
	for i := range n {
		post(t, log, channel, fmt.Sprintf("m-%d", i+1))
	}
}

// put stores bytes past all rules, as any program may.
func put(t testing.TB, js jetstream.JetStream, subject, payload string) uint64 {
	t.Helper()
	ack, err := js.Publish(t.Context(), subject, []byte(payload))
	if err != nil {
		t.Fatalf("publish to %s: %v", subject, err)
	}
	return ack.Sequence
}

// newReader returns a reader that is closed at the end of the test.
func newReader(t testing.TB, log *eventstore.Log, after uint64) *eventstore.Reader {
	t.Helper()
	reader := log.NewReader(after)
	t.Cleanup(reader.Close)
	return reader
}

// read waits for n records.
func read(t testing.TB, reader *eventstore.Reader, n int) []eventstore.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var records []eventstore.Record
	for len(records) < n {
		batch, err := reader.Next(ctx, n-len(records))
		if err != nil {
			t.Fatalf("Next = %v with %d of %d records read; fault: %v", err, len(records), n, reader.Fault())
		}
		records = append(records, batch...)
	}
	return records
}

// readEnd waits for the error that ends a reader.
func readEnd(t testing.TB, reader *eventstore.Reader) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		if _, err := reader.Next(ctx, 100); err != nil {
			return err
		}
	}
}

// wantContiguous checks that the records are those behind after, each once and in order.
func wantContiguous(t testing.TB, records []eventstore.Record, after uint64) {
	t.Helper()
	for i, record := range records {
		if want := after + uint64(i) + 1; record.Seq != want {
			t.Fatalf("record %d has sequence %d, want %d", i, record.Seq, want)
		}
	}
}

// ids returns the ids of the messages among the records.
func ids(records []eventstore.Record) []string {
	var all []string
	for _, record := range records {
		if message, ok := record.Event.(*domain.MessagePosted); ok {
			all = append(all, message.ID)
		}
	}
	return all
}

// eventually waits until the condition holds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("%s: not within %v", what, patience)
		case <-tick.C:
		}
	}
}

// last returns the log's last sequence.
func last(t testing.TB, log *eventstore.Log) uint64 {
	t.Helper()
	end, err := log.Last(t.Context())
	if err != nil {
		t.Fatalf("Last = %v", err)
	}
	return end.Seq
}
