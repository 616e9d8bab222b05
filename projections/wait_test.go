package projections_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/faustman/chitchat/projections"
)

func TestWaitApplied(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	log.post("lobby", says(john, 0, "m1"))
	p := run(t, openStore(t, url), log, projections.Options{})
	caughtUp(t, p, log)
	for name, store := range map[string]*projections.Store{
		"in the projector's process": openStore(t, url),
		"in another process":         openStore(t, url),
	} {
		if name == "in the projector's process" {
			p.stop()
			p = run(t, store, log, projections.Options{})
		}
		t.Run(name, func(t *testing.T) {
			if err := store.WaitApplied(t.Context(), 1); err != nil {
				t.Errorf("WaitApplied of what is applied = %v, want nil", err)
			}
			last, _ := log.Last(t.Context())
			results := make(chan error, 20)
			for i := range cap(results) {
				go func() { results <- store.WaitApplied(t.Context(), last.Seq+1+uint64(i%2)) }()
			}
			select {
			case err := <-results:
				t.Errorf("WaitApplied of what is to come = %v, want it to wait", err)
			case <-time.After(30 * time.Millisecond):
			}
			log.post("lobby", says(john, 1, name))
			log.post("lobby", says(arya, 1, name))
			for range cap(results) {
				if err := <-results; err != nil {
					t.Errorf("WaitApplied = %v, want nil", err)
				}
			}
		})
	}
}

func TestWaitAppliedEndsWithItsContext(t *testing.T) {
	store, _ := filled(t, newMemoryLog())
	errs := make(chan error, 2)
	for range cap(errs) { // one of them polls for both
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			errs <- store.WaitApplied(ctx, 1)
		}()
	}
	for range cap(errs) {
		if err := <-errs; !errors.Is(err, context.DeadlineExceeded) || isUnavailable(err) {
			t.Errorf("WaitApplied = %v, want the deadline and not ErrUnavailable", err)
		}
	}
}

// TestWaitAppliedGoesOnWithoutItsPoller ends the one who polls and looks
// whether another takes over.
func TestWaitAppliedGoesOnWithoutItsPoller(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	p := run(t, openStore(t, url), log, projections.Options{})
	eventually(t, "the tables", func() bool { return p.Status().Generation > 0 })
	store := openStore(t, url)
	ctx, cancel := context.WithCancel(t.Context())
	polling, waiting := make(chan error, 1), make(chan error, 1)
	go func() { polling <- store.WaitApplied(ctx, 1) }()
	time.Sleep(10 * time.Millisecond) // the first is the poller, as a rule
	go func() { waiting <- store.WaitApplied(t.Context(), 1) }()
	cancel()
	if err := <-polling; !errors.Is(err, context.Canceled) {
		t.Errorf("WaitApplied of the poller = %v, want canceled", err)
	}
	log.post("lobby", says(john, 0, "m1"))
	if err := <-waiting; err != nil {
		t.Errorf("WaitApplied of the other = %v, want nil", err)
	}
}

func TestFreshness(t *testing.T) {
	log := newMemoryLog()
	store, p := filled(t, log)
	fresh, err := store.Freshness(t.Context())
	if err != nil || fresh.Generation != 1 || fresh.Applied.Seq != 0 || !fresh.AppliedAt.IsZero() {
		t.Errorf("Freshness of an empty log = %+v, %v, want generation 1 at 0 and no time", fresh, err)
	}
	log.post("lobby", says(john, 5, "m1"))
	caughtUp(t, p, log)
	fresh, err = store.Freshness(t.Context())
	if err != nil || fresh.Applied.Seq != 1 || fresh.LogSeq != 1 || fresh.Lag != 0 || fresh.Behind != 0 ||
		!fresh.AppliedAt.Equal(at(john, 5).SentAt.Truncate(time.Microsecond)) {
		t.Errorf("Freshness = %+v, %v, want 1 of 1 at the event's time", fresh, err)
	}
}
