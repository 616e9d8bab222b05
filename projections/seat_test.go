package projections_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/projections"
)

// standStill makes it look as if the projector that works had stood still.
const standStill = `UPDATE chitchat.checkpoint SET looked_at = now() - interval '1 minute'`

func leads(p running) func() bool    { return func() bool { return p.Status().Leading } }
func standsBy(p running) func() bool { return func() bool { return p.Status().Standby } }
func isReady(p running) func() bool  { return func() bool { return p.Status().Applied.Epoch != "" } }

func TestOneProjectorWorksAndTheOthersTakeOver(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	store := openStore(t, url)
	first := run(t, store, log, projections.Options{})
	eventually(t, "the first works", isReady(first))
	second := run(t, store, log, projections.Options{})
	eventually(t, "the second stands by", standsBy(second))
	log.post("lobby", says(john, 1, "one"))
	caughtUp(t, first, log)
	if status := second.Status(); status.Leading || status.Batches != 0 || status.Fault != nil {
		t.Errorf("status of the second = %+v, want that it waits and has no fault", status)
	}
	first.stop()
	log.post("lobby", says(john, 2, "two"))
	eventually(t, "the second works", leads(second))
	caughtUp(t, second, log)
	second.stop()
	if diff := cmp.Diff(clean(t, log), dump(t, url, "model_1")); diff != "" {
		t.Errorf("tables of two projectors (-clean +got):\n%s", diff)
	}
}

// A projector whose process stands still keeps its lock. It is taken for gone
// all the same, and when it wakes up the checkpoint fences one of the two.
func TestOneThatStandsStillIsReplaced(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	store := openStore(t, url)
	first := run(t, store, log, projections.Options{Batch: 7})
	eventually(t, "the first works", isReady(first))
	second := run(t, store, log, projections.Options{Batch: 5})
	eventually(t, "the second takes over", func() bool {
		execute(t, url, standStill)
		return leads(second)()
	})
	const events = 600
	for i := range events {
		log.post("lobby", says(john, i, fmt.Sprint("m", i)))
	}
	eventually(t, "one works and one stands by", func() bool {
		log.post("lobby", joins(john, events, "s1", "t1"))
		return leads(first)() && standsBy(second)() || leads(second)() && standsBy(first)()
	})
	last, err := log.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "all rows", func() bool {
		fresh, err := store.Freshness(t.Context())
		return err == nil && fresh.Applied == last
	})
	if faults := errors.Join(first.Status().Fault, second.Status().Fault); faults != nil {
		t.Errorf("faults = %v, want none: to be fenced is no fault", faults)
	}
	first.stop()
	second.stop()
	if diff := cmp.Diff(clean(t, log), dump(t, url, "model_1")); diff != "" {
		t.Errorf("tables of two projectors (-clean +got):\n%s", diff)
	}
}

func TestStaysOfATerm(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	p := run(t, openStore(t, url), log, projections.Options{})
	eventually(t, "the projector works", isReady(p))
	log.post("lobby", joins(john, 1, "s1", "t1"))
	log.post("lobby", joins(john, 2, "s2", "t2"))
	end := log.post("garden", joins(john, 3, "s3", "t1"))
	stays, err := p.store.StaysOf(t.Context(), "t1", end)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, stay := range stays {
		got = append(got, string(stay.Channel)+" "+stay.Session)
	}
	if diff := cmp.Diff([]string{"lobby s1", "garden s3"}, got); diff != "" {
		t.Errorf("StaysOf (-want +got):\n%s", diff)
	}
	held, err := p.store.HeldTerms(t.Context())
	if err != nil || len(held) != 2 {
		t.Errorf("HeldTerms = %v, %v, want t1 and t2", held, err)
	}
}
