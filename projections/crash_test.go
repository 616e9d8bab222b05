package projections_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/internal/pgtest"
	"github.com/faustman/chitchat/projections"
)

// drawEntry draws an entry of a log that every kind of program writes to.
func drawEntry(t *rapid.T, log *memoryLog, n int) {
	channel := rapid.SampledFrom([]domain.Channel{"lobby", "den", "straße"}).Draw(t, "channel")
	user := domain.User{ID: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "user")}
	user.Name = user.ID + rapid.SampledFrom([]string{"", "'s twin"}).Draw(t, "name")
	session := rapid.SampledFrom([]string{"s1", "s2", "s3"}).Draw(t, "session")
	term := rapid.SampledFrom([]string{"", "t1", "t2"}).Draw(t, "term")
	second := n + rapid.IntRange(-3, 3).Draw(t, "clock")
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		log.publish("chitchat.lobby", rapid.SampledFrom([]string{
			"", "{", "null", `{"type":"message","v":1}`, "\x00\xff", `{"type":"dance","v":1}`,
		}).Draw(t, "junk"))
	case 1, 2:
		log.post(channel, joins(user, second, session, term))
	case 3, 4:
		log.post(channel, leaves(user, second, session, term))
	default:
		id := fmt.Sprint("m", rapid.IntRange(0, 2*n+2).Draw(t, "id"))
		log.post(channel, says(user, second, id))
	}
}

// refused is a message that JSON allows and jsonb does not.
func refused(message *domain.MessagePosted) string {
	payload := domain.Encode(message)
	return string(payload[:len(payload)-1]) + `,"more":1e200000}`
}

// clean projects the log into a new database without a fault, and dumps that.
func clean(t *testing.T, log *memoryLog) []string {
	return replay(t, newDatabase(t), log)
}

// replay forgets the read model, makes it anew without a fault, and dumps it.
func replay(t *testing.T, url string, log *memoryLog) []string {
	forget(t, url)
	store := openStore(t, url)
	defer store.Close()
	p := run(t, store, log, projections.Options{})
	defer p.stop()
	caughtUp(t, p, log)
	return dump(t, url, "model_1")
}

func forget(t *testing.T, url string) {
	execute(t, url, `
DROP SCHEMA IF EXISTS model_1, model_2 CASCADE;
DELETE FROM chitchat.generation`)
}

// TestCrashesLeaveNoTrace is the property of the whole projector: whatever the
// history, the size of its batches and the byte at which the connection breaks
// in either direction, the tables are those of a rebuild from the first event, and
// verify says so.
func TestCrashesLeaveNoTrace(t *testing.T) {
	url := newDatabase(t)
	proxy := newProxy(t, url)
	rapid.Check(t, func(r *rapid.T) {
		log := newMemoryLog()
		forget(t, url)
		var store *projections.Store
		restart := func() running {
			store = openStore(t, proxy.URL)
			return run(t, store, log, projections.Options{Batch: rapid.IntRange(1, 40).Draw(r, "batch")})
		}
		p := restart()
		for range rapid.IntRange(1, 8).Draw(r, "crashes") {
			if rapid.Bool().Draw(r, "answers") {
				proxy.back.Store(rapid.Int64Range(0, 6000).Draw(r, "bytes back"))
			} else {
				proxy.up.Store(rapid.Int64Range(0, 12000).Draw(r, "bytes up"))
			}
			for range rapid.IntRange(0, 60).Draw(r, "entries") {
				drawEntry(r, log, len(log.records))
				if rapid.IntRange(0, 30).Draw(r, "refused") == 0 {
					log.publish("chitchat.lobby", refused(says(john, len(log.records), fmt.Sprint("m", len(log.records)))))
				}
			}
			if rapid.Bool().Draw(r, "restart") {
				p.stop()
				store.Close()
				p = restart()
			}
		}
		proxy.up.Store(-1)
		proxy.back.Store(-1)
		caughtUp(t, p, log)
		p.stop()
		store.Close()
		got := dump(t, url, "model_1")
		batch := rapid.IntRange(1, 40).Draw(r, "load")
		found, err := projections.Verify(t.Context(), url, log, projections.VerifyOptions{}.InBatches(batch))
		if err != nil || !found.Equal() {
			r.Fatalf("Verify = %+v, %v, want no difference", found, err)
		}
		rebuilt, err := projections.Rebuild(t.Context(), url, log, projections.RebuildOptions{Logger: discard()}.InBatches(batch))
		if err != nil {
			r.Fatalf("Rebuild: %v", err)
		}
		if diff := cmp.Diff(got, dump(t, url, fmt.Sprint("model_", rebuilt.Generation))); diff != "" {
			r.Fatalf("tables of a rebuild (-after crashes +rebuilt):\n%s", diff)
		}
	})
}

// TestEachByteOfABatchMayBeTheLast cuts the connection at many places of one
// transaction, so between any two of its statements, in both directions.
func TestEachByteOfABatchMayBeTheLast(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	proxy := newProxy(t, url)
	p := run(t, openStore(t, proxy.URL), log, projections.Options{})
	n := 0
	batch := func() {
		log.post("lobby", joins(john, n, fmt.Sprint("s", n), "t1"))
		log.post("lobby", says(john, n, fmt.Sprint("m", n)))
		log.post("lobby", leaves(arya, n, fmt.Sprint("s", n-1), "t1"))
		log.publish("chitchat.lobby", "junk")
		n++
	}
	batch()
	caughtUp(t, p, log)
	for cut := int64(0); cut < 2600; cut += 97 {
		proxy.up.Store(cut)
		batch()
		caughtUp(t, p, log)
		proxy.up.Store(-1)
		proxy.back.Store(cut / 4)
		batch()
		caughtUp(t, p, log)
		proxy.back.Store(-1)
	}
	p.stop()
	if diff := cmp.Diff(clean(t, log), dump(t, url, "model_1")); diff != "" {
		t.Errorf("tables after cuts (-clean +got):\n%s", diff)
	}
}

func TestKilledBackendsCostNothing(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	p := run(t, openStore(t, url), log, projections.Options{Batch: 3})
	killer, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer killer.Close(context.Background())
	for i := range 30 {
		for j := range 20 {
			log.post("lobby", says(john, i, fmt.Sprint("m", i, "-", j)))
		}
		_, err := killer.Exec(t.Context(), `
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'chitchat projector'`)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond) // so that kills fall at different places
	}
	caughtUp(t, p, log)
	p.stop()
	if diff := cmp.Diff(clean(t, log), dump(t, url, "model_1")); diff != "" {
		t.Errorf("tables after kills (-clean +got):\n%s", diff)
	}
}

func TestPostgresAwayForAWhile(t *testing.T) {
	log, server := newMemoryLog(), pgtest.NewServer(t)
	store := openStore(t, server.URL())
	p := run(t, store, log, projections.Options{})
	log.post("lobby", says(john, 0, "before"))
	caughtUp(t, p, log)
	server.Stop()
	log.post("lobby", says(john, 1, "while"))
	eventually(t, "the fault, and what waits", func() bool { return p.Status().Fault != nil && p.Status().Lag > 0 })
	if status := p.Status(); !isUnavailable(status.Fault) || status.FaultSince.IsZero() || status.Lag != 1 {
		t.Errorf("Status without Postgres = %+v, want ErrUnavailable since some time and a lag of 1", status)
	}
	if _, err := store.Messages(t.Context(), "lobby", projections.MessageQuery{}); !isUnavailable(err) {
		t.Errorf("Messages without Postgres = %v, want ErrUnavailable", err)
	}
	server.Start()
	log.post("lobby", says(john, 2, "after"))
	caughtUp(t, p, log)
	if status := p.Status(); status.Fault != nil || status.Lag != 0 {
		t.Errorf("Status with Postgres back = %+v, want no fault and no lag", status)
	}
	got := query(t, server.URL(), `SELECT id FROM chat.messages ORDER BY seq`)
	if diff := cmp.Diff([]string{"before", "while", "after"}, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}
