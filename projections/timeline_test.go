package projections_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/projections"
)

// The checkpoint is the log's entry by the log's own clock, to the nanosecond.
func TestCheckpointKeepsWhenItsEntryWasStored(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	p := run(t, openStore(t, url), log, projections.Options{})
	log.post("lobby", says(john, 0, "m1"))
	log.post("lobby", says(john, 1, "m2"))
	caughtUp(t, p, log)
	if got := query(t, url, `SELECT stored_nanos::text FROM model_1.checkpoint`); !cmp.Equal(got, []string{"1700000002000000005"}) {
		t.Errorf("stored_nanos = %q, want 1700000002000000005", got)
	}
}

// A sequence says nothing without its epoch: tables of another log don't answer
// for this one.
func TestTablesOfAnotherEpochAreUnavailable(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	log.post("lobby", joins(john, 0, "s1", "t1"))
	log.post("lobby", says(john, 1, "m1"))
	p := run(t, openStore(t, url), log, projections.Options{})
	caughtUp(t, p, log)
	for _, test := range []struct {
		epoch     string
		available bool
	}{{"", true}, {log.Epoch(), true}, {"ddddeeeeffff", false}} {
		store, err := projections.Open(t.Context(), projections.Config{URL: url, Epoch: test.epoch, Logger: discard()})
		if err != nil {
			t.Fatalf("Open: %v", err)
		}
		t.Cleanup(store.Close)
		_, found, findErr := store.FindMessage(t.Context(), john.ID, "m1")
		_, _, missErr := store.FindMessage(t.Context(), john.ID, "unused")
		_, stays, staysErr := store.OpenStays(t.Context())
		if found != test.available || (len(stays) == 1) != test.available {
			t.Errorf("epoch %q: found %t and %d stays, want them only of the tables' own epoch", test.epoch, found, len(stays))
		}
		for name, err := range map[string]error{
			"WaitApplied": store.WaitApplied(t.Context(), 1), "FindMessage": findErr, "FindMessage of none": missErr, "OpenStays": staysErr,
		} {
			if isUnavailable(err) == test.available || (err == nil) != test.available {
				t.Errorf("epoch %q: %s = %v, want available %t", test.epoch, name, err, test.available)
			}
		}
	}
}

func TestStartOverMakesAnEmptyModelOfTheEpoch(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	log.post("lobby", says(john, 0, "m1"))
	p := run(t, openStore(t, url), log, projections.Options{})
	caughtUp(t, p, log)
	p.stop()
	execute(t, url, `CREATE VIEW public.report AS SELECT id FROM chat.messages`)

	generation, err := projections.StartOver(t.Context(), url, "ddddeeeeffff")
	if err != nil || generation != 2 {
		t.Fatalf("StartOver = %d, %v, want generation 2", generation, err)
	}
	got := query(t, url, `
SELECT concat_ws(' ', generation, epoch, applied_seq, (SELECT count(*) FROM public.report)) FROM chat.freshness UNION ALL
SELECT concat_ws(' ', number, state) FROM chitchat.generation UNION ALL
SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'model%'`)
	if diff := cmp.Diff([]string{"2 ddddeeeeffff 0 0", "2 live", "model_2"}, got); diff != "" {
		t.Errorf("database (-want +got):\n%s", diff)
	}
	log.become("ddddeeeeffff", 1)
	log.post("lobby", says(john, 1, "m2"))
	p = run(t, openStore(t, url), log, projections.Options{})
	caughtUp(t, p, log)
	if got := query(t, url, `SELECT id FROM public.report ORDER BY 1`); !cmp.Equal(got, []string{"m1", "m2"}) {
		t.Errorf("report = %q, want m1 and m2", got)
	}
	if status := p.Status(); status.Fault != nil || status.Position != nil {
		t.Errorf("Status = %+v, want no fault", status)
	}
}

func TestStartOverOfANewDatabase(t *testing.T) {
	url := newDatabase(t)
	if generation, err := projections.StartOver(t.Context(), url, "aaaabbbbcccc"); err != nil || generation != 1 {
		t.Errorf("StartOver = %d, %v, want generation 1", generation, err)
	}
	if _, err := projections.StartOver(t.Context(), "host=/nonexistent user=nobody", "e"); !isUnavailable(err) {
		t.Errorf("StartOver without a server = %v, want ErrUnavailable", err)
	}
}
