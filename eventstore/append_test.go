package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/natsd"
	"github.com/faustman/chitchat/internal/natstest"
)

func TestAppendStores(t *testing.T) {
	w := setup(t)
	events := []domain.Event{
		&domain.SessionJoined{Header: message("").Header, Session: "s-1", Term: "t-1"},
		message("m-1"),
		&domain.SessionLeft{Header: message("").Header, Session: "s-1", Term: "t-1", Reason: domain.ReasonClosed},
	}
	for i, event := range events {
		want := eventstore.Appended{Seq: uint64(i + 1)}
		got, err := w.log.Append(t.Context(), "café", fmt.Sprint(i), event)
		if err != nil || got != want {
			t.Fatalf("Append = %+v, %v, want %+v", got, err, want)
		}
	}
	for i, record := range read(t, newReader(t, w.log, 0), len(events)) {
		if diff := cmp.Diff(events[i], record.Event); diff != "" {
			t.Errorf("record %d (-want +got):\n%s", i, diff)
		}
		if got, want := string(record.Payload), string(domain.Encode(events[i])); got != want {
			t.Errorf("payload is %s, want %s", got, want)
		}
		if record.Channel != "café" || record.Subject != "chitchat.café" || record.Err != nil || record.Stored.IsZero() {
			t.Errorf("record %d = %+v, want it in café, stored at a time", i, record)
		}
	}
}

func TestAppendOfTheSameKeyIsOne(t *testing.T) {
	w := setup(t)
	first := post(t, w.log, "lobby", "m-1")
	post(t, w.log, "lobby", "m-2")
	again := func(name string, log *eventstore.Log, channel domain.Channel) {
		t.Helper()
		want := eventstore.Appended{Seq: first, Duplicate: true}
		if got, err := log.Append(t.Context(), channel, "m-1", message("m-1")); err != nil || got != want {
			t.Errorf("Append again, %s = %+v, %v, want %+v", name, got, err, want)
		}
	}
	again("at once", w.log, "lobby")
	again("in another channel", w.log, "attic")
	again("from another process", open(t, natstest.Connect(t, w.server)), "lobby")
	if err := w.server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	again("after a restart of the server", open(t, natstest.Connect(t, w.server)), "lobby")
	if got := last(t, open(t, natstest.Connect(t, w.server))); got != 2 {
		t.Errorf("the log ends at %d, want 2", got)
	}
}

// An append goes on when the client that asked for it has gone.
func TestAppendOutlivesItsContext(t *testing.T) {
	w := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := w.log.Append(ctx, "lobby", "m-1", message("m-1")); err != nil || got.Seq != 1 {
		t.Errorf("Append = %+v, %v, want it stored at 1", got, err)
	}
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		text    string
		prepare func(t *testing.T, w *world)
	}{
		{"event beyond our limit", strings.Repeat("x", domain.MaxEventBytes), nil},
		{"event beyond the server's limit", strings.Repeat("x", domain.MaxEventBytes-len(domain.Encode(message("m")))+1), nil},
		{"connection closed", "hey", func(_ *testing.T, w *world) { w.nc.Close() }},
		{"server closed", "hey", func(t *testing.T, w *world) {
			if err := w.server.Close(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "disconnect", func() bool { return !w.nc.IsConnected() })
		}},
		{"stream gone", "hey", func(t *testing.T, w *world) {
			if err := w.js.DeleteStream(t.Context(), eventstore.Stream); err != nil {
				t.Fatal(err)
			}
		}},
		{"subject of another stream", "hey", func(t *testing.T, w *world) {
			if err := w.js.DeleteStream(t.Context(), eventstore.Stream); err != nil {
				t.Fatal(err)
			}
			if _, err := w.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "OTHER", Subjects: []string{"chitchat.*"}}); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			if test.prepare != nil {
				test.prepare(t, w)
			}
			event := message("m")
			event.Text = test.text
			got, err := w.log.Append(t.Context(), "lobby", "m", event)
			if !errors.Is(err, eventstore.ErrRefused) || errors.Is(err, eventstore.ErrUnknown) || got != (eventstore.Appended{}) {
				t.Errorf("Append = %+v, %v, want %v", got, err, eventstore.ErrRefused)
			}
			if test.prepare == nil && last(t, w.log) != 0 {
				t.Errorf("the log ends at %d, want it empty", last(t, w.log))
			}
		})
	}
}

// What was refused while the server was away does not arrive when it is back.
func TestAppendOfARefusedEventNeverArrives(t *testing.T) {
	t.Parallel()
	link, nc := setupLink(t)
	log := open(t, nc)
	post(t, log, "lobby", "before")
	link.stop(t)
	eventually(t, "disconnect", func() bool { return !nc.IsConnected() })
	var appends sync.WaitGroup
	for i := range 10 {
		appends.Go(func() {
			id := fmt.Sprintf("refused-%d", i)
			if _, err := log.Append(t.Context(), "lobby", id, message(id)); !errors.Is(err, eventstore.ErrRefused) {
				t.Errorf("Append without a server = %v, want %v", err, eventstore.ErrRefused)
			}
		})
	}
	appends.Wait()
	link.start(t)
	eventually(t, "reconnect", nc.IsConnected)
	if got := post(t, log, "lobby", "after"); got != 2 {
		t.Errorf("Append = %d, want 2", got)
	}
	if diff := cmp.Diff([]string{"before", "after"}, ids(read(t, newReader(t, log, 0), 2))); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
}

func TestAppendOutcomeUnknown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		disturb func(*link)
		want    eventstore.Appended // of the same append again
	}{
		{"answer lost", func(l *link) { l.deaf.Store(true) }, eventstore.Appended{Seq: 1, Duplicate: true}},
		{"question lost", func(l *link) { l.mute.Store(true) }, eventstore.Appended{Seq: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			link, nc := setupLink(t)
			log, other := open(t, nc), open(t, natstest.Connect(t, link.server))
			test.disturb(link)
			got, err := log.Append(t.Context(), "lobby", "m", message("m"))
			if !errors.Is(err, eventstore.ErrUnknown) || errors.Is(err, eventstore.ErrRefused) || got != (eventstore.Appended{}) {
				t.Errorf("Append = %+v, %v, want %v", got, err, eventstore.ErrUnknown)
			}
			if got, err := other.Append(t.Context(), "lobby", "m", message("m")); err != nil || got != test.want {
				t.Errorf("Append again = %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

// answers are what appends were told, by id.
type answers struct {
	mu      sync.Mutex // guards all below
	stored  map[string]uint64
	refused []string
}

func (a *answers) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.stored)
}

// write appends until stop is closed, and notes the answers.
func (a *answers) write(t *testing.T, w *world, name string, stop <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		id := fmt.Sprintf("%s-%d", name, i)
		appended, err := w.log.Append(t.Context(), "lobby", id, message(id))
		a.mu.Lock()
		switch {
		case err == nil:
			a.stored[id] = appended.Seq
		case errors.Is(err, eventstore.ErrRefused):
			a.refused = append(a.refused, id)
		case !errors.Is(err, eventstore.ErrUnknown):
			t.Errorf("Append = %v, want one of the three answers", err)
		}
		a.mu.Unlock()
		if err != nil {
			eventually(t, "reconnect", w.nc.IsConnected)
		}
	}
}

// Whatever answer an append gets while the server restarts, it is true; and a reader goes on across the restart.
func TestAppendAndReadAcrossARestart(t *testing.T) {
	t.Parallel()
	w := setup(t)
	told := &answers{stored: map[string]uint64{}}
	reader := newReader(t, w.log, 0)
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() { told.write(t, w, fmt.Sprintf("w%d", i), stop) })
	}
	eventually(t, "appends", func() bool { return told.count() >= 30 })
	if err := w.server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	from := told.count()
	eventually(t, "appends after the restart", func() bool { return told.count() >= from+30 })
	close(stop)
	writers.Wait()

	records := read(t, reader, int(last(t, w.log)))
	wantContiguous(t, records, 0)
	at := map[string]uint64{}
	for i, id := range ids(records) {
		if at[id] != 0 {
			t.Errorf("%s is at %d and %d, want it once", id, at[id], i+1)
		}
		at[id] = uint64(i + 1)
	}
	for id, seq := range told.stored {
		if at[id] != seq {
			t.Errorf("%s was stored at %d and is at %d", id, seq, at[id])
		}
	}
	for _, id := range told.refused {
		if at[id] != 0 {
			t.Errorf("%s was refused and is at %d", id, at[id])
		}
	}
}

// A full store refuses, and keeps what it has.
func TestAppendToAFullStore(t *testing.T) {
	server, err := natsd.Start(t.Context(), natsd.Options{StoreDir: t.TempDir(), MaxStore: 256 << 10, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	log := open(t, natstest.Connect(t, server))
	var stored []string
	for i := range 1000 {
		event := message(fmt.Sprintf("m-%d", i))
		event.Text = strings.Repeat("x", domain.MaxTextRunes)
		_, err := log.Append(t.Context(), "lobby", event.ID, event)
		if err == nil {
			stored = append(stored, event.ID)
			continue
		}
		if !errors.Is(err, eventstore.ErrRefused) {
			t.Fatalf("Append to a full store = %v, want %v", err, eventstore.ErrRefused)
		}
		break
	}
	end := last(t, log)
	if end == 0 || end == 1000 || end != uint64(len(stored)) {
		t.Fatalf("the log ends at %d of %d acknowledged, want those", end, len(stored))
	}
	if diff := cmp.Diff(stored, ids(read(t, newReader(t, log, 0), len(stored)))); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
}
