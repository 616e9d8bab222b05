package projections_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/internal/pgtest"
	"github.com/faustman/chitchat/projections"
)

// generations says which there are, as number and state.
func generations(t testing.TB, url string) []string {
	return query(t, url, `SELECT number || ' ' || state FROM chitchat.generation ORDER BY number`)
}

// TestRebuildBrokenOff ends a rebuild in each of its phases. The live
// generation is as it was, and the next rebuild begins anew.
func TestRebuildBrokenOff(t *testing.T) {
	log, url := sample(t)
	before := dump(t, url, "model_1")
	for _, phase := range []projections.Phase{projections.PhaseLoad, projections.PhaseIndex, projections.PhaseCatchUp, projections.PhaseSwitch} {
		t.Run(string(phase), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := projections.Rebuild(ctx, url, log, projections.RebuildOptions{Logger: discard(), Progress: func(p projections.Progress) {
				if p.Phase == phase {
					cancel()
				}
			}})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("Rebuild = %v, want context.Canceled", err)
			}
			if diff := cmp.Diff(before, dump(t, url, "model_1")); diff != "" {
				t.Errorf("the live tables (-before +after):\n%s", diff)
			}
			if got := query(t, url, `SELECT generation::text FROM chat.freshness`); !cmp.Equal(got, []string{"1"}) {
				t.Errorf("chat.freshness shows generation %q, want 1", got)
			}
		})
	}
	after := dump(t, url, rebuildNow(t, url, log))
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the rebuild after those (-live +rebuilt):\n%s", diff)
	}
	if got := generations(t, url); len(got) != 2 {
		t.Errorf("generations = %q, want the live one and the former one", got)
	}
}

func TestRebuildsExcludeEachOther(t *testing.T) {
	log, url := sample(t)
	var second, third error
	_, err := projections.Rebuild(t.Context(), url, log, projections.RebuildOptions{Logger: discard(), Progress: func(p projections.Progress) {
		if p.Phase == projections.PhaseIndex {
			_, second = projections.Rebuild(t.Context(), url, log, projections.RebuildOptions{Logger: discard()})
			_, third = projections.RollBack(t.Context(), url, log, projections.RebuildOptions{Logger: discard()})
		}
	}})
	if err != nil {
		t.Errorf("Rebuild: %v", err)
	}
	if !errors.Is(second, projections.ErrRebuilding) || !errors.Is(third, projections.ErrRebuilding) {
		t.Errorf("beside a rebuild: Rebuild = %v, RollBack = %v, want ErrRebuilding", second, third)
	}
}

// TestRebuildThatLosesItsConnection loses both connections in the middle.
func TestRebuildThatLosesItsConnection(t *testing.T) {
	log, url := sample(t)
	_, err := projections.Rebuild(t.Context(), url, log, projections.RebuildOptions{Logger: discard(), Progress: func(p projections.Progress) {
		if p.Phase == projections.PhaseIndex {
			execute(t, url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		}
	}})
	if err == nil {
		t.Fatal("Rebuild without its connection = nil, want an error")
	}
	if got := generations(t, url); !cmp.Equal(got, []string{"1 live", "2 building"}) {
		t.Errorf("generations = %q, want the live one as it was", got)
	}
	if got := rebuildNow(t, url, log); got != "model_3" && got != "model_2" {
		t.Errorf("the next rebuild made %s", got)
	}
	if got := generations(t, url); len(got) != 2 {
		t.Errorf("generations = %q, want two", got)
	}
}

// TestSwitchWaitsForReaders holds a view, and an old snapshot, and lets them go
// when the switch has said that it waits.
func TestSwitchWaitsForReaders(t *testing.T) {
	for _, test := range []struct{ name, hold string }{
		{"who read a view", `SELECT count(*) FROM chat.users`},
		{"who has an old snapshot", `SELECT 1`},
	} {
		t.Run(test.name, func(t *testing.T) {
			log, url := sample(t)
			conn, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background())
			if _, err := conn.Exec(t.Context(), `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; `+test.hold); err != nil {
				t.Fatal(err)
			}
			waited := false
			rebuilt, err := projections.Rebuild(t.Context(), url, log, projections.RebuildOptions{Logger: discard(), Progress: func(p projections.Progress) {
				if p.Waits == "" || waited {
					return
				}
				waited = true
				var users int
				if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM chat.users`).Scan(&users); err != nil || users != 2 {
					t.Errorf("in the old snapshot: %d users, %v, want 2", users, err)
				}
				if _, err := conn.Exec(t.Context(), `COMMIT`); err != nil {
					t.Error(err)
				}
			}})
			if err != nil || rebuilt.Generation != 2 {
				t.Errorf("Rebuild = %+v, %v, want generation 2", rebuilt, err)
			}
			if !waited {
				t.Error("the switch did not wait")
			}
		})
	}
}

// TestRebuildQuarantinesWhatPostgresRefuses: the entry that Postgres refuses is
// found in the middle of a COPY, and its neighbours are not lost. Those that
// come twice are judged one by one.
func TestRebuildQuarantinesWhatPostgresRefuses(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	huge := func(id string) string { return refused(says(john, 1, id)) }
	for i := range 100 {
		log.post("lobby", joins(john, i, fmt.Sprint("s", i), "t1"))
		log.post("lobby", says(john, i, fmt.Sprint("m", i)))
		if i%10 == 0 {
			log.publish("chitchat.lobby", huge(fmt.Sprint("h", i)))
			log.publish("chitchat.lobby", huge(fmt.Sprint("h", i)))
			log.publish("chitchat.lobby", huge(fmt.Sprint("m", i)))
		}
	}
	log.publish("chitchat.lobby", huge("last"))
	p := run(t, openStore(t, url), log, projections.Options{})
	caughtUp(t, p, log)
	p.stop()
	before := dump(t, url, "model_1")
	if got := query(t, url, `SELECT code || ' ' || count(*) FROM chitchat.quarantine GROUP BY code ORDER BY 1`); !cmp.Equal(got, []string{"duplicate 10", "refused 21"}) {
		t.Errorf("quarantine = %q, want 10 duplicates and 21 refused", got)
	}
	if diff := cmp.Diff(before, dump(t, url, rebuildNow(t, url, log))); diff != "" {
		t.Errorf("tables of the rebuild (-live +rebuilt):\n%s", diff)
	}
	if found := verifyNow(t, url, log); !found.Equal() {
		t.Errorf("Verify = %+v, want no difference", found)
	}
}

// TestRebuildOfAnotherLogIsRefused: which log is the truth is the operator's to
// say, with StartOver.
func TestRebuildOfAnotherLogIsRefused(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*memoryLog)
	}{
		{"another epoch", func(l *memoryLog) { l.become("bbbbccccdddd", 100) }},
		{"a lost end", func(l *memoryLog) { l.become(l.epoch, 100) }},
		{"a lost end that grew", func(l *memoryLog) {
			n := len(l.records)
			l.become(l.epoch, 100)
			for i := range n {
				l.post("lobby", says(john, i, fmt.Sprint("again", i)))
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			log, url := sample(t)
			test.change(log)
			var position *projections.PositionError
			if _, err := projections.Rebuild(t.Context(), url, log, projections.RebuildOptions{Logger: discard()}); !errors.As(err, &position) {
				t.Errorf("Rebuild = %v, want a PositionError", err)
			}
			if got := generations(t, url); !cmp.Equal(got, []string{"1 live"}) {
				t.Errorf("generations = %q, want the live one alone", got)
			}
		})
	}
}

// TestSnapshotOfTheCatchUpIsWaitedFor: a transaction that began when the live
// tables were far ahead of the new ones must not be shown those, and the new
// ones keep up with the log while it is waited for.
func TestSnapshotOfTheCatchUpIsWaitedFor(t *testing.T) {
	log, url := sample(t)
	p := run(t, openStore(t, url), log, projections.Options{})
	caughtUp(t, p, log)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	more := func(n int) {
		for i := range n {
			log.post("lobby", says(arya, i, fmt.Sprint("more", len(log.records))))
		}
		caughtUp(t, p, log)
	}
	began, waited := false, 0
	_, err = projections.Rebuild(t.Context(), url, log, projections.RebuildOptions{Logger: discard(), Progress: func(at projections.Progress) {
		if at.Phase == projections.PhaseCatchUp && !began {
			began = true
			more(2000)
			if _, err := conn.Exec(t.Context(), `BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1`); err != nil {
				t.Error(err)
			}
		}
		if at.Waits == "" {
			return
		}
		if waited++; waited == 1 {
			more(2000)
			return
		}
		if last, _ := log.Last(t.Context()); at.Seq == last.Seq && began { // it keeps up while it waits
			var messages int
			if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM chat.messages`).Scan(&messages); err != nil || messages != 2390 {
				t.Errorf("in the snapshot: %d messages, %v, want the 2390 of its time", messages, err)
			}
			if _, err := conn.Exec(t.Context(), `COMMIT`); err != nil {
				t.Error(err)
			}
			began = false
		}
	}})
	if err != nil || waited < 2 {
		t.Errorf("Rebuild = %v, waited %d times, want it to wait", err, waited)
	}
}

// TestSwitchSeesOthersSnapshots: an owner who may not look at others' sessions
// waits for them all the same.
func TestSwitchSeesOthersSnapshots(t *testing.T) {
	server := pgtest.NewServer(t)
	execute(t, server.URL(), `CREATE ROLE app LOGIN CREATEROLE; CREATE ROLE guest LOGIN`)
	execute(t, server.URL(), `CREATE DATABASE app OWNER app`)
	as := func(user string) string {
		address, err := url.Parse(server.URL())
		if err != nil {
			t.Fatal(err)
		}
		address.User, address.Path = url.User(user), "/app"
		return address.String()
	}
	log := newMemoryLog()
	log.post("lobby", says(john, 1, "m1"))
	p := run(t, openStore(t, as("app")), log, projections.Options{})
	caughtUp(t, p, log)
	execute(t, as("app"), `GRANT USAGE ON SCHEMA chat TO guest; GRANT SELECT ON ALL TABLES IN SCHEMA chat TO guest`)
	guest, err := pgx.Connect(t.Context(), as("guest"))
	if err != nil {
		t.Fatal(err)
	}
	defer guest.Close(context.Background())
	if _, err := guest.Exec(t.Context(), `BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1`); err != nil {
		t.Fatal(err)
	}
	waited := false
	_, err = projections.Rebuild(t.Context(), as("app"), log, projections.RebuildOptions{Logger: discard(), Progress: func(at projections.Progress) {
		if at.Waits == "" || waited {
			return
		}
		waited = true
		var messages int
		if err := guest.QueryRow(t.Context(), `SELECT count(*) FROM chat.messages`).Scan(&messages); err != nil || messages != 1 {
			t.Errorf("in the snapshot: %d messages, %v, want 1", messages, err)
		}
		if _, err := guest.Exec(t.Context(), `COMMIT`); err != nil {
			t.Error(err)
		}
	}})
	if err != nil || !waited {
		t.Errorf("Rebuild = %v, waited %v, want it to wait", err, waited)
	}
}

// TestRebuildIsDoneThoughTheOldIsHeld: what can't be dropped stays for the next.
func TestRebuildIsDoneThoughTheOldIsHeld(t *testing.T) {
	log, url := sample(t)
	rebuildNow(t, url, log)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `BEGIN; SELECT count(*) FROM model_1.person`); err != nil {
		t.Fatal(err)
	}
	if got := rebuildNow(t, url, log); got != "model_3" {
		t.Errorf("Rebuild made %s, want model_3", got)
	}
	if got := generations(t, url); !cmp.Equal(got, []string{"1 former", "2 former", "3 live"}) {
		t.Errorf("generations = %q, want the first kept", got)
	}
	if _, err := conn.Exec(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	rebuildNow(t, url, log)
	if got := generations(t, url); !cmp.Equal(got, []string{"3 former", "4 live"}) {
		t.Errorf("generations = %q, want the older dropped", got)
	}
}
