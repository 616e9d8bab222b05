package projections_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/projections"
)

// rebuildNow rebuilds the read model and returns the schema of what is live
// then.
func rebuildNow(t testing.TB, url string, log *memoryLog) string {
	t.Helper()
	rebuilt, err := projections.Rebuild(t.Context(), url, log, projections.RebuildOptions{Logger: discard()})
	if err != nil {
		t.Fatalf("Rebuild: %v", err)
	}
	return fmt.Sprint("model_", rebuilt.Generation)
}

func TestRebuildBesideAProjector(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	p := run(t, openStore(t, url), log, projections.Options{})
	for i := range 500 {
		log.post("lobby", joins(john, i, fmt.Sprint("s", i), "t1"))
		log.post("lobby", says(john, i, fmt.Sprint("m", i%400)))
	}
	log.publish("chitchat.lobby", "junk")
	caughtUp(t, p, log)
	writing, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 1000; writing.Err() == nil; i++ {
			seq := log.post("lobby", says(arya, i, fmt.Sprint("m", i)))
			_ = p.store.WaitApplied(writing, seq) // no faster than it is projected
		}
	}()
	var phases []projections.Phase
	rebuilt, err := projections.Rebuild(t.Context(), url, log, projections.RebuildOptions{Logger: discard(), Progress: func(p projections.Progress) {
		if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
			phases = append(phases, p.Phase)
		}
	}})
	stop()
	<-done
	if err != nil {
		t.Fatalf("Rebuild: %v", err)
	}
	if rebuilt.Generation != 2 || rebuilt.Former != 1 || rebuilt.Quarantined != 1 || rebuilt.Duplicates != 100 {
		t.Errorf("Rebuilt = %+v, want generation 2 for 1, 1 quarantined, 100 duplicates", rebuilt)
	}
	want := []projections.Phase{projections.PhaseLoad, projections.PhaseIndex, projections.PhaseCatchUp, projections.PhaseSwitch}
	if !cmp.Equal(phases, want) {
		t.Errorf("phases = %q, want %q", phases, want)
	}
	eventually(t, "the new generation", func() bool { return p.Status().Generation == 2 })
	caughtUp(t, p, log)
	log.post("lobby", leaves(john, 9999, "s7", "t1"))
	caughtUp(t, p, log)
	p.stop()
	if diff := cmp.Diff(clean(t, log), dump(t, url, "model_2")); diff != "" {
		t.Errorf("tables (-clean +rebuilt):\n%s", diff)
	}

	back, err := projections.RollBack(t.Context(), url, log, projections.RebuildOptions{Logger: discard()})
	if err != nil || back.Generation != 1 || back.Former != 2 {
		t.Fatalf("RollBack = %+v, %v, want generation 1 for 2", back, err)
	}
	if diff := cmp.Diff(dump(t, url, "model_2"), dump(t, url, "model_1")); diff != "" {
		t.Errorf("tables rolled back (-rebuilt +back):\n%s", diff)
	}
	if got := query(t, url, `SELECT generation::text FROM chat.freshness`); !cmp.Equal(got, []string{"1"}) {
		t.Errorf("chat.freshness shows generation %q, want 1", got)
	}
	dropped, err := projections.DropFormer(t.Context(), url)
	if err != nil || !cmp.Equal(dropped, []int{2}) {
		t.Errorf("DropFormer = %v, %v, want 2", dropped, err)
	}
	if _, err := projections.RollBack(t.Context(), url, log, projections.RebuildOptions{Logger: discard()}); !errors.Is(err, projections.ErrNoFormer) {
		t.Errorf("RollBack without a former = %v, want ErrNoFormer", err)
	}
}
