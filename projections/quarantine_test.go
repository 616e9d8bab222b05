package projections_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/projections"
)

func TestSkipQuarantined(t *testing.T) {
	log := newMemoryLog()
	log.publish("chitchat.lobby", "junk")      // 1
	log.post("lobby", says(john, 0, "m1"))     // 2
	log.post("lobby", says(john, 1, "m1"))     // 3: a duplicate
	log.publish("chitchat.lobby", "more junk") // 4
	url := newDatabase(t)
	store := openStore(t, url)
	p := run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	p.stop()
	want := func(step string, look, all []uint64, counts map[projections.QuarantineCode]uint64) {
		t.Helper()
		for query, want := range map[projections.QuarantineQuery][]uint64{{Limit: 9}: look, {Limit: 9, All: true}: all} {
			entries, err := store.ListQuarantine(t.Context(), query)
			got := []uint64{}
			for _, q := range entries {
				got = append(got, q.Seq)
			}
			if err != nil || !cmp.Equal(got, want) {
				t.Errorf("%s: ListQuarantine %+v = %v, %v, want %v", step, query, got, err, want)
			}
		}
		if got, err := store.QuarantineCounts(t.Context()); err != nil || !maps.Equal(got, counts) {
			t.Errorf("%s: QuarantineCounts = %v, %v, want %v", step, got, err, counts)
		}
	}
	all, both := []uint64{1, 3, 4}, map[projections.QuarantineCode]uint64{projections.Invalid: 2, projections.Duplicate: 1}
	want("at first", []uint64{1, 4}, all, both)
	if err := store.Skip(t.Context(), []uint64{1, 2}, false); !errors.Is(err, projections.ErrNotQuarantined) {
		t.Errorf("Skip of one that is not there = %v, want ErrNotQuarantined", err)
	}
	want("when one is not there", []uint64{1, 4}, all, both)
	for range 2 { // again is no fault
		if err := store.Skip(t.Context(), []uint64{4, 3, 4}, false); err != nil {
			t.Errorf("Skip = %v", err)
		}
	}
	skipped := map[projections.QuarantineCode]uint64{projections.Invalid: 1, projections.Skipped: 1, projections.Duplicate: 1}
	want("when skipped", []uint64{1}, all, skipped)
	if q, err := store.QuarantinedAt(t.Context(), 4); err != nil || q.Skipped.IsZero() || q.Since.IsZero() || string(q.Payload) != "more junk" {
		t.Errorf("QuarantinedAt = %+v, %v, want it skipped", q, err)
	}
	if q, err := store.QuarantinedAt(t.Context(), 1); err != nil || !q.Skipped.IsZero() {
		t.Errorf("QuarantinedAt = %+v, %v, want it not skipped", q, err)
	}
	if _, err := store.QuarantinedAt(t.Context(), 1<<63); !errors.Is(err, projections.ErrNotQuarantined) {
		t.Errorf("QuarantinedAt of none = %v, want ErrNotQuarantined", err)
	}
	rebuildNow(t, url, log)
	want("after a rebuild", []uint64{1}, all, skipped)
	if err := store.Skip(t.Context(), []uint64{3, 4}, true); err != nil {
		t.Errorf("Skip undone = %v", err)
	}
	want("when undone", []uint64{1, 4}, all, both)
}

func TestQuarantinePages(t *testing.T) {
	log := newMemoryLog()
	for range 5 {
		log.publish("chitchat.lobby", "junk")
	}
	store, _ := filled(t, log)
	entries, err := store.ListQuarantine(t.Context(), projections.QuarantineQuery{After: 2, Limit: 2})
	if err != nil || len(entries) != 2 || entries[0].Seq != 3 || entries[1].Seq != 4 {
		t.Errorf("ListQuarantine = %+v, %v, want 3 and 4", entries, err)
	}
}
