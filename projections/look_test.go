package projections_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/projections"
)

func freshness(t *testing.T, store *projections.Store) projections.Freshness {
	t.Helper()
	fresh, err := store.Freshness(t.Context())
	if err != nil {
		t.Fatalf("Freshness: %v", err)
	}
	return fresh
}

// A projector that can apply nothing still says in SQL where the log's end is.
func TestFaultedProjectorShowsTheLogsEnd(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	store := openStore(t, url)
	log.post("lobby", says(john, 0, "m1"))
	p := run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	execute(t, url, `UPDATE chitchat.generation SET model_version = 'newer'`)
	before := freshness(t, store)
	execute(t, url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chitchat projector' AND datname = current_database()`)
	var fault *projections.ModelError
	log.post("lobby", says(john, 1, "m2"))
	log.post("lobby", says(john, 2, "m3"))
	eventually(t, "the fault", func() bool { return errors.As(p.Status().Fault, &fault) })
	eventually(t, "the lag", func() bool { return freshness(t, store).Lag == 2 })
	fresh := freshness(t, store)
	if fresh.LogSeq != 3 || fresh.Applied.Seq != 1 || !fresh.LookedAt.After(before.LookedAt) || !fresh.UpdatedAt.Equal(before.UpdatedAt) {
		t.Errorf("Freshness = %+v, before %+v; want log 3, applied 1, looked at later, updated at the same", fresh, before)
	}
	eventually(t, "seconds of lag", func() bool { return freshness(t, store).Behind > 0 })
	execute(t, url, `UPDATE chitchat.generation SET model_version = '`+projections.ModelVersion+`'`)
	caughtUp(t, p, log)
	eventually(t, "no lag", func() bool { return freshness(t, store).Lag == 0 })
	if got := freshness(t, store); got.Behind != 0 || got.LogSeq != 3 {
		t.Errorf("Freshness = %+v, want no lag at 3", got)
	}
}

// An idle projector goes on to look, and says when it did.
func TestIdleProjectorShowsThatItLooks(t *testing.T) {
	t.Parallel()
	log := newMemoryLog()
	log.post("lobby", says(john, 0, "m1"))
	store, p := filled(t, log)
	first := freshness(t, store)
	eventually(t, "a second look", func() bool { return freshness(t, store).LookedAt.After(first.LookedAt.Add(4 * time.Second)) })
	if got := freshness(t, store); !got.UpdatedAt.Equal(first.UpdatedAt) || got.Lag != 0 {
		t.Errorf("Freshness = %+v, want it unmoved since %v", got, first.UpdatedAt)
	}
	p.stop()
	stopped := freshness(t, store)
	log.post("lobby", says(john, 1, "m2"))
	if got := freshness(t, store); !got.LookedAt.Equal(stopped.LookedAt) {
		t.Errorf("LookedAt moved to %v without a projector", got.LookedAt)
	}
}

// The log's end says nothing about tables of another log.
func TestTablesOfAnotherLogKeepTheirEnd(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	store := openStore(t, url)
	for i := range 3 {
		log.post("lobby", says(john, i, string(rune('a'+i))))
	}
	p := run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	p.stop()
	log.become(log.Epoch(), 1)
	p = run(t, store, log, projections.Options{})
	eventually(t, "the fault", func() bool { return p.Status().Position != nil })
	const look = 1200 * time.Millisecond // longer than it takes to look
	time.Sleep(look)                     // the first look may come before the verdict
	before := freshness(t, store)
	time.Sleep(look)
	if diff := cmp.Diff(before, freshness(t, store)); diff != "" {
		t.Errorf("Freshness (-before +after):\n%s", diff)
	}
}

func TestOpenStayHasNoDuration(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	log.post("lobby", joins(john, 0, "s1", "t1"))
	log.post("lobby", joins(arya, 1, "s2", "t1"))
	log.post("lobby", leaves(arya, 31, "s2", "t1"))
	log.post("lobby", joins(arya, 40, "s3", "t1"))
	log.post("lobby", leaves(arya, 39, "s3", "t1")) // by another server's clock
	p := run(t, openStore(t, url), log, projections.Options{})
	caughtUp(t, p, log)
	got := query(t, url, `SELECT session || ' ' || coalesce(duration::text, 'null') FROM chat.sessions ORDER BY joined_seq`)
	if diff := cmp.Diff([]string{"s1 null", "s2 00:00:30", "s3 00:00:00"}, got); diff != "" {
		t.Errorf("durations (-want +got):\n%s", diff)
	}
}

// Somebody's lock on what the projector opens first makes a fault that can be
// seen, and not a wait without an end.
func TestLocksBoundTheBeginning(t *testing.T) {
	for name, lock := range map[string]string{
		"the generations": `LOCK TABLE chitchat.generation IN ACCESS EXCLUSIVE MODE`,
		"the checkpoint":  `LOCK TABLE model_1.checkpoint IN ACCESS EXCLUSIVE MODE`,
		"the quarantine":  `LOCK TABLE model_1.quarantine IN ACCESS EXCLUSIVE MODE`,
		"the making":      `UPDATE chitchat.generation SET views_version = 0; SELECT pg_advisory_lock(x'63686967'::bigint)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, url := newMemoryLog(), newDatabase(t)
			store := openStore(t, url)
			p := run(t, store, log, projections.Options{})
			eventually(t, "the tables", func() bool { return p.Status().Generation == 1 })
			p.stop()
			conn, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background())
			if name != "the making" {
				lock = "BEGIN; " + lock
			}
			if _, err := conn.Exec(t.Context(), lock); err != nil {
				t.Fatal(err)
			}
			log.post("lobby", says(john, 0, "m1"))
			p = run(t, store, log, projections.Options{})
			eventually(t, "the fault", func() bool { return isUnavailable(p.Status().Fault) })
			_ = conn.Close(t.Context())
			caughtUp(t, p, log)
		})
	}
}

// A database that is replaced by an empty one is migrated again.
func TestReplacedDatabaseIsMadeAnew(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	p := run(t, openStore(t, url), log, projections.Options{})
	log.post("lobby", says(john, 0, "m1"))
	caughtUp(t, p, log)
	execute(t, url, `DROP SCHEMA chat, chitchat, model_1 CASCADE`)
	log.post("lobby", says(john, 1, "m2"))
	caughtUp(t, p, log)
	if got := query(t, url, `SELECT id FROM chat.messages ORDER BY seq`); !cmp.Equal(got, []string{"m1", "m2"}) {
		t.Errorf("messages = %q, want both", got)
	}
}
