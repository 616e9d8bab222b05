package projections_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/projections"
)

// fromSeat is the connection that has the seat of the test's database.
var fromSeat = fmt.Sprintf(`FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = %d
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, projections.SeatLock)

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

// A projector whose process stands still keeps its connection and with it the
// lock. It is taken for gone all the same.
func TestOneThatStandsStillIsReplaced(t *testing.T) {
	t.Parallel()
	log, url := newMemoryLog(), newDatabase(t)
	still := connect(t, url)
	defer still.Close(context.Background())
	if _, err := still.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, projections.SeatLock); err != nil {
		t.Fatal(err)
	}
	p := run(t, openStore(t, url), log, projections.Options{})
	eventually(t, "it stands by", standsBy(p))
	eventually(t, "it works", leads(p))
	log.post("lobby", says(john, 1, "one"))
	caughtUp(t, p, log)
	if err := still.Ping(t.Context()); err == nil {
		t.Error("the connection of the one that stood still is there, and with it the lock")
	}
}

// Whoever loses its seat while events come stands by, and stays so.
func TestOneThatLosesItsSeatStandsBy(t *testing.T) {
	t.Parallel()
	log, url := newMemoryLog(), newDatabase(t)
	store := openStore(t, url)
	first := run(t, store, log, projections.Options{Batch: 7})
	eventually(t, "the first works", isReady(first))
	second := run(t, store, log, projections.Options{Batch: 5})
	eventually(t, "the second stands by", standsBy(second))
	const events = 1000
	for i := range events / 2 {
		log.post("lobby", says(john, i, fmt.Sprint("m", i)))
		if i%100 == 0 {
			execute(t, url, `SELECT pg_terminate_backend(pid) `+fromSeat)
		}
	}
	working, waiting := first, second
	eventually(t, "one works and one stands by", func() bool {
		if leads(second)() {
			working, waiting = second, first
		}
		held := query(t, url, `SELECT pid::text `+fromSeat)
		return len(held) == 1 && leads(working)() && standsBy(waiting)()
	})
	before := waiting.Status().Batches
	for i := range events / 2 {
		log.post("lobby", says(john, events/2+i, fmt.Sprint("m", events/2+i)))
	}
	caughtUp(t, working, log)
	if status := waiting.Status(); status.Leading || status.Batches != before {
		t.Errorf("the one that stands by went on: %+v", status)
	}
	if faults := errors.Join(first.Status().Fault, second.Status().Fault); faults != nil {
		t.Errorf("faults = %v, want none", faults)
	}
	first.stop()
	second.stop()
	if diff := cmp.Diff(clean(t, log), dump(t, url, "model_1")); diff != "" {
		t.Errorf("tables of two projectors (-clean +got):\n%s", diff)
	}
}

// Two that work at the same time, because one was taken for gone, write each row
// once: the checkpoint is the fence.
func TestTwoThatWorkWriteEachRowOnce(t *testing.T) {
	t.Parallel()
	log, url := newMemoryLog(), newDatabase(t)
	store := openStore(t, url)
	first := run(t, store, log, projections.Options{Batch: 7}.OnSeat(1))
	second := run(t, store, log, projections.Options{Batch: 5}.OnSeat(2))
	const events = 600
	for i := range events {
		log.post("lobby", says(john, i, fmt.Sprint("m", i)))
	}
	eventually(t, "all rows", func() bool {
		fresh, err := store.Freshness(t.Context())
		return err == nil && fresh.Applied.Seq == events
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
