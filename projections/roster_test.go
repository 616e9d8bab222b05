package projections_test

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/projections"
)

func TestPeople(t *testing.T) {
	log := newMemoryLog()
	renamed := john
	renamed.Name, renamed.Avatar = "Aegon", ""
	log.post("lobby", joins(arya, 0, "a1", "t1"))
	log.post("lobby", joins(john, 1, "j1", "t1"))
	log.post("lobby", joins(renamed, 2, "j2", "t1"))
	log.post("den", joins(john, 3, "j1", "t1"))
	log.post("lobby", joins(arya, 4, "a2", "t1"))
	log.post("lobby", leaves(arya, 5, "a1", "t1"))
	log.post("lobby", leaves(arya, 5, "a2", "t1"))
	store, p := filled(t, log)

	roster, err := store.People(t.Context(), "lobby")
	if err != nil {
		t.Fatalf("People: %v", err)
	}
	want := projections.Roster{
		Users:    []projections.Present{{User: renamed, Sessions: []string{"j1", "j2"}, Terms: []string{"t1", "t1"}}},
		Position: domain.Position{Epoch: log.epoch, Seq: 7},
	}
	if diff := gocmp.Diff(want, roster); diff != "" {
		t.Errorf("People (-want +got):\n%s", diff)
	}

	log.post("lobby", joins(arya, 6, "a1", "t2")) // the same session comes back
	caughtUp(t, p, log)
	roster, err = store.People(t.Context(), "lobby")
	if err != nil || len(roster.Users) != 2 || roster.Users[1].ID != arya.ID {
		t.Errorf("People = %+v, %v, want arya after john", roster, err)
	}
}

func TestOpenStaysAreThoseOfTheFold(t *testing.T) {
	log, fold := newMemoryLog(), domain.NewPresence()
	events := []domain.Event{
		joins(john, 0, "s1", "t1"), joins(arya, 1, "s2", "t1"), joins(john, 2, "s1", "t2"), joins(arya, 3, "s1", "t1"),
		leaves(john, 4, "s1", "t1"), leaves(arya, 5, "s2", ""), joins(arya, 6, "s2", "t3"), says(arya, 7, "m1"),
	}
	for _, event := range events {
		fold.Apply("lobby", log.post("lobby", event), event)
	}
	store, _ := filled(t, log)
	position, stays, err := store.OpenStays(t.Context())
	if err != nil || position.Seq != uint64(len(events)) {
		t.Fatalf("OpenStays = %v, %v, want all %d applied", position, err, len(events))
	}
	want := fold.Stays()
	slices.SortFunc(want, func(a, b domain.Stay) int { return cmp.Compare(a.JoinedSeq, b.JoinedSeq) })
	if diff := gocmp.Diff(want, stays); diff != "" {
		t.Errorf("OpenStays (-fold +got):\n%s", diff)
	}
}
