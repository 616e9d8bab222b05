package projections_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/faustman/chitchat/projections"
)

// refusing returns a projector that has applied the log to tables which refuse
// what the condition, of a CHECK on the table, is not true for.
func refusing(t testing.TB, url string, log *memoryLog, table, condition string) running {
	t.Helper()
	store := openStore(t, url)
	p := run(t, store, newMemoryLog(), projections.Options{})
	eventually(t, "the tables", func() bool { return p.Status().Generation == 1 })
	p.stop()
	execute(t, url, `ALTER TABLE model_1.`+table+` ADD CONSTRAINT odd CHECK (`+condition+`)`)
	p = run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	return p
}

// TestRetryIsTheSame is the property of a retry: the tables are those that a
// rebuild gives.
func TestRetryIsTheSame(t *testing.T) {
	url := newDatabase(t)
	rapid.Check(t, func(r *rapid.T) {
		log := newMemoryLog()
		execute(t, url, `DELETE FROM chitchat.generation; DROP SCHEMA IF EXISTS model_1, model_2 CASCADE`)
		for range rapid.IntRange(0, 40).Draw(r, "entries") {
			drawEntry(r, log, len(log.records))
		}
		p := refusing(t, url, log, "message", "seq % 3 <> 0")
		execute(t, url, `ALTER TABLE model_1.message DROP CONSTRAINT odd`)
		entries, err := p.store.Quarantine(t.Context(), 0, 1000)
		if err != nil {
			r.Fatalf("Quarantine: %v", err)
		}
		swaps := false
		for _, q := range entries {
			if q.Code != projections.Refused {
				continue
			}
			_, err := projections.Retry(t.Context(), url, log, q.Seq)
			var stays *projections.RetryError
			if errors.As(err, &stays) && strings.Contains(stays.Reason, "same id of the same user") {
				swaps = true
			} else if err != nil {
				r.Fatalf("Retry %d (%s): %v", q.Seq, q.Reason, err)
			}
		}
		p.stop()
		before := dump(t, url, "model_1")
		after := dump(t, url, rebuildNow(t, url, log))
		if diff := cmp.Diff(before, after); diff != "" && !swaps {
			r.Fatalf("tables of the rebuild (-retried +rebuilt):\n%s", diff)
		}
	})
}

func TestRetryBesideAProjector(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	log.post("lobby", joins(john, 0, "s1", "t1"))
	log.post("lobby", joins(arya, 1, "s2", "t1"))
	seq := log.post("lobby", says(john, 2, "m1"))
	log.post("lobby", leaves(arya, 3, "s2", "t1"))
	p := refusing(t, url, log, "message", "id <> 'm1'")
	if _, err := projections.Retry(t.Context(), url, log, seq); err == nil || !strings.Contains(err.Error(), `"odd"`) || isUnavailable(err) {
		t.Errorf("Retry of what is still refused = %v, want a RetryError with the constraint", err)
	}
	if _, err := p.store.QuarantinedAt(t.Context(), seq); err != nil {
		t.Errorf("QuarantinedAt = %v, want it there still", err)
	}
	execute(t, url, `ALTER TABLE model_1.message DROP CONSTRAINT odd`)
	done, err := projections.Retry(t.Context(), url, log, seq)
	if err != nil || done.Message.ID != "m1" || done.Channel != "lobby" || done.Duplicate {
		t.Fatalf("Retry = %+v, %v, want m1 applied", done, err)
	}
	if _, err := projections.Retry(t.Context(), url, log, seq); !errors.Is(err, projections.ErrNotQuarantined) {
		t.Errorf("Retry again = %v, want ErrNotQuarantined", err)
	}
	log.post("lobby", says(arya, 4, "m2"))
	caughtUp(t, p, log)
	p.stop()
	if got := query(t, url, `SELECT peak_users::text || ' ' || messages FROM chat.daily_activity`); !cmp.Equal(got, []string{"2 2"}) {
		t.Errorf("daily_activity = %q, want two users and two messages", got)
	}
	if diff := cmp.Diff(clean(t, log), dump(t, url, "model_1")); diff != "" {
		t.Errorf("tables (-clean +retried):\n%s", diff)
	}
}

// What was no event under older rules may be a repeated message under today's.
func TestRetryOfWhatIsADuplicateNow(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	log.post("lobby", says(john, 0, "m1"))
	seq := log.post("lobby", says(john, 1, "m1"))
	p := run(t, openStore(t, url), log, projections.Options{})
	caughtUp(t, p, log)
	if _, err := projections.Retry(t.Context(), url, log, seq); err == nil || !strings.Contains(err.Error(), "duplicate of sequence 1") {
		t.Errorf("Retry of a duplicate = %v, want it to stay one", err)
	}
	execute(t, url, `UPDATE model_1.quarantine SET code = 'invalid', reason = 'it is no event'`)
	done, err := projections.Retry(t.Context(), url, log, seq)
	if err != nil || !done.Duplicate {
		t.Errorf("Retry = %+v, %v, want a duplicate", done, err)
	}
	if diff := cmp.Diff(clean(t, log), dump(t, url, "model_1")); diff != "" {
		t.Errorf("tables (-clean +retried):\n%s", diff)
	}
}

func TestRetryRefuses(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	for i := range 4 {
		log.post("lobby", says(john, i, fmt.Sprint("m", i))) // 1 to 4
	}
	log.publish("chitchat.lobby", "junk")                       // 5
	log.publish("chitchat.lobby", strings.Repeat("x", 100_000)) // 6: not all of it is in the table
	joined := log.post("lobby", joins(arya, 7, "bad", "t1"))    // 7
	p := refusing(t, url, log, "session", "session <> 'bad'")
	execute(t, url, `ALTER TABLE model_1.session DROP CONSTRAINT odd`)
	log.post("lobby", says(arya, 8, "m8"))
	caughtUp(t, p, log)
	before := dump(t, url, "model_1")
	for _, test := range []struct {
		name string
		seq  uint64
		want string
	}{
		{"no event still", 5, "it is still no event: it is not the JSON of an event"},
		{"no event still, and long", 6, "it has 100000 bytes"},
		{"a join", joined, "run `chitchat rebuild`"},
		{"what is applied", 1, "it is not in the quarantine"},
		{"what is not there", 99, "it is not in the quarantine"},
		{"what can't be", 1 << 63, "it is not in the quarantine"},
	} {
		if _, err := projections.Retry(t.Context(), url, log, test.seq); err == nil || !strings.Contains(err.Error(), test.want) || isUnavailable(err) {
			t.Errorf("%s: Retry = %v, want %q", test.name, err, test.want)
		}
	}
	p.stop()
	execute(t, url, `UPDATE chitchat.generation SET model_version = 'older'`)
	var model *projections.ModelError
	if _, err := projections.Retry(t.Context(), url, log, 5); !errors.As(err, &model) {
		t.Errorf("Retry in another model = %v, want a ModelError", err)
	}
	execute(t, url, `UPDATE chitchat.generation SET model_version = '`+projections.ModelVersion+`'`)
	log.become(log.epoch, 4)
	var position *projections.PositionError
	for range 2 {
		if _, err := projections.Retry(t.Context(), url, log, 5); !errors.As(err, &position) {
			t.Errorf("Retry of what the log lost = %v, want a PositionError", err)
		}
		log.publish("chitchat.lobby", "another entry")
	}
	log.become("ddddeeeeffff", 5)
	if _, err := projections.Retry(t.Context(), url, log, 5); !errors.As(err, &position) {
		t.Errorf("Retry in another epoch = %v, want a PositionError", err)
	}
	if _, err := projections.Retry(t.Context(), newDatabase(t), log, 5); !isUnavailable(err) {
		t.Errorf("Retry without tables = %v, want ErrUnavailable", err)
	}
	if diff := cmp.Diff(before, dump(t, url, "model_1")); diff != "" {
		t.Errorf("tables were touched (-before +after):\n%s", diff)
	}
}
