package eventstore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/natstest"
)

// A log that was imported is a log like others: it goes on, it is there after a
// restart, and an append's id is remembered.
func TestImportedLogGoesOn(t *testing.T) {
	const n = 5_000
	nc := natstest.Conn(t)
	var reported []uint64
	opts := eventstore.ImportOptions{Logger: discard(), Progress: func(done uint64) { reported = append(reported, done) }}
	began := time.Now()
	done, err := eventstore.Import(t.Context(), nc, opts, from(entries(n), io.EOF))
	if err != nil {
		t.Fatalf("Import = %v", err)
	}
	t.Logf("imported %d entries in %v", n, time.Since(began).Round(time.Millisecond))
	want := entries(n)[n-1]
	if done.Entries != n || !done.Stored.Equal(want.Stored) {
		t.Errorf("Import = %+v, want %d entries, the last of %v", done, n, want.Stored)
	}
	if !slices.IsSorted(reported) || reported[len(reported)-1] != n {
		t.Errorf("progress = %v, want it to rise to %d", reported, n)
	}
	log := open(t, nc)
	if seq := post(t, log, "lobby", "next"); seq != n+1 {
		t.Errorf("sequence of the next append = %d, want %d", seq, n+1)
	}
	if seq := post(t, log, "lobby", "next"); seq != n+1 {
		t.Errorf("sequence of the same append again = %d, want %d", seq, n+1)
	}
	records := read(t, newReader(t, log, 0), n+1)
	wantContiguous(t, records, 0)
	for i, entry := range entries(n) {
		if got := records[i]; got.Subject != entry.Subject || !got.Stored.Equal(entry.Stored) || !bytes.Equal(got.Payload, entry.Payload) {
			t.Fatalf("entry %d = %s %v %s, want %s %v %s", i+1, got.Subject, got.Stored, got.Payload, entry.Subject, entry.Stored, entry.Payload)
		}
	}
	if seq, err := log.LastOf(t.Context(), "kitchen", 1001); err != nil || seq != 1000 {
		t.Errorf("LastOf kitchen up to 1001 = %d, %v, want 1000", seq, err)
	}
}

func TestImportedLogIsThereAfterARestart(t *testing.T) {
	server := natstest.New(t)
	if _, err := eventstore.Import(t.Context(), natstest.Connect(t, server), eventstore.ImportOptions{}, from(entries(1000), io.EOF)); err != nil {
		t.Fatalf("Import = %v", err)
	}
	before := export(t, open(t, natstest.Connect(t, server)))
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	log := open(t, natstest.Connect(t, server))
	if after := export(t, log); !bytes.Equal(before, after) {
		t.Errorf("the log is another after a restart:\n%s", cmp.Diff(string(before), string(after)))
	}
	if seq := post(t, log, "lobby", "next"); seq != 1001 {
		t.Errorf("sequence of the next append = %d, want 1001", seq)
	}
}

func TestImportRefusesALogWithEntries(t *testing.T) {
	w := setup(t)
	post(t, w.log, "lobby", "m-1")
	archive := export(t, w.log)
	if _, err := importArchive(t, w.nc, archive, true); !errors.Is(err, eventstore.ErrNotEmpty) {
		t.Errorf("Import = %v, want %v", err, eventstore.ErrNotEmpty)
	}
	if after := export(t, w.log); !bytes.Equal(archive, after) {
		t.Errorf("the refused import changed the log")
	}
}

func TestImportReplacesAnEmptyLog(t *testing.T) {
	w := setup(t)
	if _, err := eventstore.Import(t.Context(), w.nc, eventstore.ImportOptions{}, from(entries(10), io.EOF)); err != nil {
		t.Fatalf("Import = %v", err)
	}
	if _, err := w.log.Last(t.Context()); !errors.Is(err, eventstore.ErrEpochChanged) {
		t.Errorf("Last of the former log = %v, want %v", err, eventstore.ErrEpochChanged)
	}
	if n := last(t, open(t, w.nc)); n != 10 {
		t.Errorf("Last = %d, want 10", n)
	}
}

func TestImportRefusesAnothersStream(t *testing.T) {
	nc := natstest.Conn(t)
	js := jetStream(t, nc)
	replace(t, js, jetstream.StreamConfig{Name: eventstore.Stream, Subjects: []string{"chitchat.*"}})
	before := streamConfig(t, js)
	_, err := eventstore.Import(t.Context(), nc, eventstore.ImportOptions{}, from(entries(10), io.EOF))
	var settings *eventstore.SettingsError
	if !errors.As(err, &settings) {
		t.Errorf("Import = %v, want a SettingsError", err)
	}
	if diff := cmp.Diff(before, streamConfig(t, js)); diff != "" {
		t.Errorf("Import changed the stream (-want +got):\n%s", diff)
	}
}

func TestImportRefusesEntries(t *testing.T) {
	tests := []struct {
		name   string
		change func(*eventstore.Entry)
		want   string
	}{
		{"hole", func(e *eventstore.Entry) { e.Seq++ }, "sequence 4 where 3 must follow"},
		{"same again", func(e *eventstore.Entry) { e.Seq-- }, "sequence 2 where 3 must follow"},
		{"another subject", func(e *eventstore.Entry) { e.Subject = "other.lobby" }, "subject"},
		{"no channel", func(e *eventstore.Entry) { e.Subject = "chitchat." }, "subject"},
		{"below a channel", func(e *eventstore.Entry) { e.Subject = "chitchat.a.b" }, "subject"},
		{"wildcard", func(e *eventstore.Entry) { e.Subject = "chitchat.>" }, "subject"},
		{"no time", func(e *eventstore.Entry) { e.Stored = time.Time{} }, "time"},
		{"far time", func(e *eventstore.Entry) { e.Stored = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC) }, "time"},
		{"id with a line", func(e *eventstore.Entry) { e.MsgID = "a\r\nb" }, "id"},
		{"header for the server", func(e *eventstore.Entry) { e.Header = map[string][]string{"Nats-TTL": {"1s"}} }, "Nats-TTL"},
		{"header with a line", func(e *eventstore.Entry) { e.Header = map[string][]string{"a": {"b\n"}} }, "header"},
		{"too large for the server", func(e *eventstore.Entry) { e.Payload = make([]byte, 2<<20) }, "exceeds maximum payload"},
	}
	nc := natstest.Conn(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			all := entries(5000)
			test.change(&all[2])
			_, err := eventstore.Import(t.Context(), nc, eventstore.ImportOptions{}, from(all, io.EOF))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Import = %v, want an error with %q", err, test.want)
			}
			if _, err := eventstore.Open(t.Context(), nc, eventstore.Options{Existing: true}); !errors.Is(err, eventstore.ErrNoLog) {
				t.Errorf("Open = %v, want %v: nothing stays", err, eventstore.ErrNoLog)
			}
		})
	}
}

// An import that breaks off in order leaves nothing.
func TestImportThatBreaksOff(t *testing.T) {
	nc := natstest.Conn(t)
	broken := errors.New("broken")
	for _, n := range []int{0, 1, 5000} {
		if _, err := eventstore.Import(t.Context(), nc, eventstore.ImportOptions{}, from(entries(n), broken)); !errors.Is(err, broken) {
			t.Errorf("Import = %v, want %v", err, broken)
		}
		if _, err := jetStream(t, nc).Stream(t.Context(), eventstore.Stream); !errors.Is(err, jetstream.ErrStreamNotFound) {
			t.Errorf("Stream after %d entries = %v, want none", n, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	next := from(entries(5000), nil)
	_, err := eventstore.Import(ctx, nc, eventstore.ImportOptions{Progress: func(uint64) { cancel() }}, next)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Import = %v, want %v", err, context.Canceled)
	}
	if _, err := eventstore.Import(t.Context(), nc, eventstore.ImportOptions{}, from(entries(10), io.EOF)); err != nil {
		t.Errorf("Import = %v, want it to begin anew", err)
	}
}

// A server that goes away ends the import, though the next entry never comes.
func TestImportWhoseServerGoesAwayInSilence(t *testing.T) {
	server := natstest.New(t)
	first := true
	next := func(ctx context.Context) (eventstore.Entry, error) {
		if first {
			first = false
			return entries(1)[0], nil
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-ctx.Done()
		return eventstore.Entry{}, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := eventstore.Import(ctx, natstest.Connect(t, server), eventstore.ImportOptions{}, next); err == nil || ctx.Err() != nil {
		t.Errorf("Import = %v, %v, want that it failed by itself", err, ctx.Err())
	}
}

// What stays of an import whose server died is no log, and the next import
// begins anew.
func TestImportWhoseServerDies(t *testing.T) {
	server := natstest.New(t)
	nc := natstest.Connect(t, server)
	feed := from(entries(4_000), io.EOF)
	next := func(ctx context.Context) (eventstore.Entry, error) {
		entry, err := feed(ctx)
		if entry.Seq == 2_000 {
			if err := server.Restart(t.Context()); err != nil {
				t.Error(err)
			}
			nc.Close() // so that nothing is tidied
		}
		return entry, err
	}
	if _, err := eventstore.Import(t.Context(), nc, eventstore.ImportOptions{}, next); err == nil {
		t.Fatal("Import = nil, want that it broke off")
	}
	nc = natstest.Connect(t, server)
	for _, existing := range []bool{true, false} {
		_, err := eventstore.Open(t.Context(), nc, eventstore.Options{Existing: existing})
		if !errors.Is(err, eventstore.ErrUnfinished) || !strings.Contains(err.Error(), "`chitchat import` again") {
			t.Errorf("Open = %v, want %v", err, eventstore.ErrUnfinished)
		}
	}
	if _, err := eventstore.Import(t.Context(), nc, eventstore.ImportOptions{}, from(entries(10), io.EOF)); err != nil {
		t.Fatalf("Import = %v, want it to begin anew", err)
	}
	wantContiguous(t, read(t, newReader(t, open(t, nc), 0), 10), 0)
}

// Whoever is in a channel at the archive's end is held by a term that stopped,
// so that a gateway ends the stay.
func TestImportStopsTheTermsOfOpenSessions(t *testing.T) {
	w := setup(t)
	join := func(channel domain.Channel, session, term string) {
		event := &domain.SessionJoined{Header: message("x").Header, Session: session, Term: term}
		if _, err := w.log.Append(t.Context(), channel, session+term, event); err != nil {
			t.Fatal(err)
		}
	}
	post(t, w.log, "lobby", "m-1")
	join("lobby", "s-1", "gone")
	join("lobby", "s-2", "lost")
	join("kitchen", "s-3", "lost")
	leave := &domain.SessionLeft{Header: message("x").Header, Session: "s-1", Term: "gone", Reason: domain.ReasonClosed}
	if _, err := w.log.Append(t.Context(), "lobby", "l", leave); err != nil {
		t.Fatal(err)
	}
	again := mustImport(t, export(t, w.log), false)
	terms, err := again.log.Terms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list, err := terms.List(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != "lost" || list[0].Began != 2 || !list[0].Stopped {
		t.Errorf("terms = %+v, %v, want lost alone, begun at 2 and stopped", list, err)
	}
}
