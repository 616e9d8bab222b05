package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/natstest"
)

func TestReaderFromAnyPosition(t *testing.T) {
	w := setup(t)
	const n = 12
	for i := range n {
		post(t, w.log, domain.Channel(fmt.Sprintf("channel-%d", i%3)), fmt.Sprintf("m-%d", i))
	}
	for after := range uint64(n) {
		wantContiguous(t, read(t, newReader(t, w.log, after), int(n-after)), after)
	}
	reader := newReader(t, w.log, n)
	post(t, w.log, "lobby", "live")
	wantContiguous(t, read(t, reader, 1), n)
}

func TestNextHandsOutAtMostTheLimit(t *testing.T) {
	w := setup(t)
	postMany(t, w.log, "lobby", 5)
	reader := newReader(t, w.log, 0)
	for want := uint64(1); want <= 5; want++ {
		batch, err := reader.Next(t.Context(), 1)
		if err != nil || len(batch) != 1 || batch[0].Seq != want {
			t.Fatalf("Next = %v, %v, want the record %d alone", batch, err, want)
		}
	}
}

func TestNextEndsWithItsContext(t *testing.T) {
	w := setup(t)
	reader := newReader(t, w.log, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if batch, err := reader.Next(ctx, 10); !errors.Is(err, context.Canceled) || batch != nil {
		t.Errorf("Next = %v, %v, want %v", batch, err, context.Canceled)
	}
	post(t, w.log, "lobby", "m-1")
	wantContiguous(t, read(t, reader, 1), 0) // the reader itself goes on
}

func TestReadersWhileOthersWrite(t *testing.T) {
	w := setup(t)
	const writers, each = 4, 50
	var readers []*eventstore.Reader
	for range 4 {
		readers = append(readers, newReader(t, w.log, 0))
	}
	var running sync.WaitGroup
	for i := range writers {
		running.Go(func() {
			for j := range each {
				id := fmt.Sprintf("w%d-%d", i, j)
				if _, err := w.log.Append(t.Context(), "lobby", id, message(id)); err != nil {
					t.Errorf("Append = %v, want it stored", err)
				}
			}
		})
	}
	var first []string
	for i, reader := range readers {
		records := read(t, reader, writers*each)
		wantContiguous(t, records, 0)
		if i == 0 {
			first = ids(records)
			continue
		}
		if diff := cmp.Diff(first, ids(records)); diff != "" {
			t.Errorf("reader %d sees another order (-first +this):\n%s", i, diff)
		}
	}
	running.Wait()
}

func TestReaderAfterItsConsumerWasDeleted(t *testing.T) {
	w := setup(t)
	post(t, w.log, "lobby", "m-1")
	reader := newReader(t, w.log, 0)
	records := read(t, reader, 1)
	for _, name := range consumers(t, w.js) {
		if err := w.js.DeleteConsumer(t.Context(), eventstore.Stream, name); err != nil {
			t.Fatal(err)
		}
	}
	post(t, w.log, "lobby", "m-2")
	wantContiguous(t, append(records, read(t, reader, 1)...), 0)
}

// A consumer that stands still is left for a new one.
func TestReaderWhoseConsumerStandsStill(t *testing.T) {
	t.Parallel()
	w := setup(t)
	post(t, w.log, "lobby", "m-1")
	reader := newReader(t, w.log, 0)
	records := read(t, reader, 1)
	stalled := consumers(t, w.js)
	for _, name := range stalled {
		if _, err := w.js.PauseConsumer(t.Context(), eventstore.Stream, name, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	post(t, w.log, "lobby", "m-2")
	wantContiguous(t, append(records, read(t, reader, 1)...), 0)
	if now := consumers(t, w.js); len(now) != 1 || slices.Equal(now, stalled) {
		t.Errorf("consumers are %q after %q, want one new in place of it", now, stalled)
	}
}

// A restart ends the server's consumers. The reader begins a new one at once.
func TestReaderGoesOnAtOnceAfterARestart(t *testing.T) {
	w := setup(t)
	post(t, w.log, "lobby", "m-1")
	reader := newReader(t, w.log, 0)
	records := read(t, reader, 1)
	if err := w.server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "reconnect", w.nc.IsConnected)
	began := time.Now()
	post(t, w.log, "lobby", "m-2")
	wantContiguous(t, append(records, read(t, reader, 1)...), 0)
	// It takes some 0.2 s; the watchdog would take 4.
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the reader went on after %v, want it before the watchdog sees a stall", took)
	}
}

// A server that is cut off takes connections, keeps them, and has no answer. Another one of its cluster has.
func TestReaderLeavesAServerWithoutAnswers(t *testing.T) {
	t.Parallel()
	l, nc := setupLink(t)
	log := open(t, nc)
	other := open(t, natstest.Connect(t, l.server))
	post(t, other, "lobby", "m-1")
	reader := newReader(t, log, 0)
	records := read(t, reader, 1)
	l.cut.Store(true)
	post(t, other, "lobby", "m-2")
	wantContiguous(t, append(records, read(t, reader, 1)...), 0)
	if _, err := log.Last(t.Context()); err != nil {
		t.Errorf("Last = %v, want the end of the log", err)
	}
}

// A silent log is no fault: the reader keeps its consumer.
func TestReaderOfASilentLog(t *testing.T) {
	t.Parallel()
	w := setup(t)
	post(t, w.log, "lobby", "m-1")
	reader := newReader(t, w.log, 0)
	read(t, reader, 1)
	before := consumers(t, w.js)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // two looks of the watchdog
	defer cancel()
	if _, err := reader.Next(ctx, 1); !errors.Is(err, context.DeadlineExceeded) || reader.Fault() != nil {
		t.Errorf("Next = %v, fault %v, want to wait without a fault", err, reader.Fault())
	}
	if after := consumers(t, w.js); !slices.Equal(after, before) {
		t.Errorf("consumers are %q, want still %q", after, before)
	}
}

// consumers waits for a consumer and returns the names of all.
func consumers(t *testing.T, js jetstream.JetStream) []string {
	t.Helper()
	stream, err := js.Stream(t.Context(), eventstore.Stream)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	eventually(t, "consumer", func() bool {
		lister := stream.ConsumerNames(t.Context())
		names = nil
		for name := range lister.Name() {
			names = append(names, name)
		}
		if err := lister.Err(); err != nil {
			t.Fatal(err)
		}
		return len(names) > 0
	})
	return names
}

func TestReaderTellsItsFault(t *testing.T) {
	t.Parallel()
	link, nc := setupLink(t)
	log := open(t, nc)
	post(t, log, "lobby", "m-1")
	reader := newReader(t, log, 0)
	records := read(t, reader, 1)
	if err := reader.Fault(); err != nil {
		t.Errorf("Fault = %v, want none while it reads", err)
	}
	link.stop(t)
	eventually(t, "fault without a server", func() bool { return reader.Fault() != nil })
	link.start(t)
	eventually(t, "no fault with the server back", func() bool { return reader.Fault() == nil })
	post(t, log, "lobby", "m-2")
	wantContiguous(t, append(records, read(t, reader, 1)...), 0)
}

func TestReaderGivesWhatIsNoEvent(t *testing.T) {
	w := setup(t)
	good := string(domain.Encode(message("m-1")))
	tests := []struct{ name, subject, payload, channel, want string }{
		{"event", "chitchat.lobby", good, "lobby", ""},
		{"not JSON", "chitchat.lobby", "hello", "lobby", "not the JSON of an event"},
		{"empty", "chitchat.lobby", "", "lobby", "not the JSON of an event"},
		{"U+0000", "chitchat.lobby", strings.Replace(good, `"text":"`, `"text":"\u0000`, 1), "lobby", "U+0000"},
		{"not UTF-8", "chitchat.lobby", "\xff", "lobby", "not UTF-8"},
		{"unknown type", "chitchat.lobby", strings.Replace(good, `"message"`, `"reaction"`, 1), "lobby", "not known"},
		{"newer version", "chitchat.lobby", strings.Replace(good, `"v":1`, `"v":2`, 1), "lobby", "version 2"},
		{"channel in upper case", "chitchat.Lobby", good, "", `"chitchat.Lobby" names no channel`},
		{"channel decomposed", "chitchat.cafe\u0301", good, "", "names no channel"},
		{"channel with a dollar", "chitchat.$x", good, "", "names no channel"},
		{"channel of 65 characters", "chitchat." + strings.Repeat("x", 65), good, "", "names no channel"},
		{"event again", "chitchat.lobby", good, "lobby", ""},
	}
	for _, test := range tests {
		put(t, w.js, test.subject, test.payload)
	}
	records := read(t, newReader(t, w.log, 0), len(tests))
	wantContiguous(t, records, 0)
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			record := records[i]
			if record.Subject != test.subject || string(record.Payload) != test.payload || string(record.Channel) != test.channel || record.Stored.IsZero() {
				t.Errorf("record = %+v, want what was put into %s", record, test.subject)
			}
			if test.want == "" {
				if record.Err != nil || record.Event == nil {
					t.Errorf("record = %v, %v, want an event", record.Event, record.Err)
				}
				return
			}
			if !errors.Is(record.Err, &domain.Error{Code: domain.CodeInvalidEvent}) || !strings.Contains(record.Err.Error(), test.want) || record.Event != nil {
				t.Errorf("record = %v, %v, want no event and a reason with %q", record.Event, record.Err, test.want)
			}
		})
	}
}

func TestReaderEndsWhenTheLogIsAnother(t *testing.T) {
	tests := []struct {
		name string
		anew func(t *testing.T, w *world)
	}{
		{"deleted", func(*testing.T, *world) {}},
		{"made anew", func(t *testing.T, w *world) { postMany(t, open(t, w.nc), "lobby", 5) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := setup(t)
			postMany(t, w.log, "lobby", 3)
			reader := newReader(t, w.log, 0)
			read(t, reader, 3)
			if err := w.js.DeleteStream(t.Context(), eventstore.Stream); err != nil {
				t.Fatal(err)
			}
			test.anew(t, w)
			for range 2 { // and says so to whoever asks again
				if err := readEnd(t, reader); !errors.Is(err, eventstore.ErrEpochChanged) {
					t.Errorf("Next = %v, want %v", err, eventstore.ErrEpochChanged)
				}
			}
		})
	}
}

// The log is replaced in the very moment between the reader's two questions.
func TestReaderGivesNothingOfAnotherLog(t *testing.T) {
	link, nc := setupLink(t)
	log := open(t, nc)
	postMany(t, log, "lobby", 3)

	aside := natstest.Connect(t, link.server)
	var once sync.Once
	hook := func(sent []byte) {
		if !strings.Contains(string(sent), "$JS.API.CONSUMER.CREATE.") {
			return
		}
		once.Do(func() {
			if err := jetStream(t, aside).DeleteStream(t.Context(), eventstore.Stream); err != nil {
				t.Error(err)
			}
			postMany(t, open(t, aside), "lobby", 5)
		})
	}
	link.onWrite.Store(&hook)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	batch, err := newReader(t, log, 3).Next(ctx, 10)
	if !errors.Is(err, eventstore.ErrEpochChanged) || batch != nil {
		t.Errorf("Next = %v, %v, want %v", ids(batch), err, eventstore.ErrEpochChanged)
	}
}

// A log with a hole can't come to be under Open's settings: this one had others until its entry was deleted.
func setupHole(t *testing.T, events int, missing uint64) *world {
	t.Helper()
	w := setup(t)
	right := streamConfig(t, w.js)
	loose := right
	loose.DenyDelete = false
	replace(t, w.js, loose)
	for i := range events {
		put(t, w.js, "chitchat.lobby", string(domain.Encode(message(fmt.Sprintf("m-%d", i+1)))))
	}
	stream, err := w.js.Stream(t.Context(), eventstore.Stream)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.DeleteMsg(t.Context(), missing); err != nil {
		t.Fatal(err)
	}
	if _, err := w.js.UpdateStream(t.Context(), right); err != nil {
		t.Fatal(err)
	}
	w.log = open(t, w.nc)
	return w
}

func TestReaderEndsAtAHole(t *testing.T) {
	tests := []struct {
		name    string
		missing uint64
	}{
		{"at the beginning", 1},
		{"within", 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setupHole(t, 5, test.missing)
			reader := newReader(t, w.log, 0)
			wantContiguous(t, read(t, reader, int(test.missing-1)), 0)
			err := readEnd(t, reader)
			var hole *eventstore.HoleError
			if want := (eventstore.HoleError{Missing: test.missing, Found: test.missing + 1}); !errors.As(err, &hole) || *hole != want {
				t.Fatalf("Next = %v, want %+v", err, want)
			}
			if want := fmt.Sprintf("sequence %d is missing", test.missing); !strings.Contains(err.Error(), want) {
				t.Errorf("Error = %q, want it with %q", err, want)
			}
			wantContiguous(t, read(t, newReader(t, w.log, test.missing), int(5-test.missing)), test.missing)
		})
	}
}

// A hole at the log's end shows when something follows; until then the reader stands there.
func TestReaderBeforeAHoleAtTheEnd(t *testing.T) {
	w := setupHole(t, 3, 3)
	reader := newReader(t, w.log, 0)
	wantContiguous(t, read(t, reader, 2), 0)
	post(t, w.log, "lobby", "m-4")
	var hole *eventstore.HoleError
	if err := readEnd(t, reader); !errors.As(err, &hole) || hole.Missing != 3 {
		t.Errorf("Next = %v, want the hole at 3", err)
	}
}

// A position beyond the log is a fault that the reader waits out.
func TestReaderBeyondTheEnd(t *testing.T) {
	w := setup(t)
	reader := newReader(t, w.log, 3)
	eventually(t, "fault", func() bool { return reader.Fault() != nil })
	postMany(t, w.log, "lobby", 5)
	wantContiguous(t, read(t, reader, 2), 3)
	if err := reader.Fault(); err != nil {
		t.Errorf("Fault = %v, want none by now", err)
	}
}

// A slow applier costs nothing but time, and a reader that is full can be closed.
func TestReaderThatNobodyAsks(t *testing.T) {
	t.Parallel()
	const n = 4096 + 1500 // more than the reader holds, and more than a pull
	log := setupLong(t, n)
	full := log.NewReader(0)
	slow := newReader(t, log, 0)
	read(t, slow, 1)
	wantContiguous(t, read(t, slow, n-1), 1)
	full.Close()
	full.Close()
	err := readEnd(t, full)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Next after Close = %v, want %v", err, context.Canceled)
	}
}

func TestCloseWhileTheServerIsAway(t *testing.T) {
	t.Parallel()
	w := setup(t)
	post(t, w.log, "lobby", "m-1")
	reader := w.log.NewReader(0)
	read(t, reader, 1)
	if err := w.server.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "fault", func() bool { return reader.Fault() != nil })
	reader.Close()
	if err := readEnd(t, reader); !errors.Is(err, context.Canceled) {
		t.Errorf("Next after Close = %v, want %v", err, context.Canceled)
	}
}

// Close leaves no consumer behind.
func TestCloseRemovesTheConsumer(t *testing.T) {
	w := setup(t)
	post(t, w.log, "lobby", "m-1")
	reader := w.log.NewReader(0)
	read(t, reader, 1)
	reader.Close()
	stream, err := w.js.Stream(t.Context(), eventstore.Stream)
	if err != nil {
		t.Fatal(err)
	}
	if got := stream.CachedInfo().State.Consumers; got != 0 {
		t.Errorf("%d consumers after Close, want 0", got)
	}
}
