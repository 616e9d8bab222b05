package eventstore_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/natstest"
)

func openTerms(t *testing.T, log *eventstore.Log) *eventstore.Terms {
	t.Helper()
	terms, err := log.Terms(t.Context())
	if err != nil {
		t.Fatalf("Terms = %v", err)
	}
	return terms
}

// wantTerms checks the terms that are there, but for the time of their renewal.
func wantTerms(t *testing.T, terms *eventstore.Terms, want ...eventstore.Term) []eventstore.Term {
	t.Helper()
	got, err := terms.List(t.Context())
	if err != nil {
		t.Fatalf("List = %v", err)
	}
	slices.SortFunc(got, func(a, b eventstore.Term) int { return cmp.Compare(a.ID, b.ID) })
	if d := diff.Diff(want, got, cmpopts.IgnoreFields(eventstore.Term{}, "Renewed", "Revision"), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("List (-want +got):\n%s", d)
	}
	return got
}

func putTerm(t *testing.T, terms *eventstore.Terms, term eventstore.Term) {
	t.Helper()
	if err := terms.Put(t.Context(), term); err != nil {
		t.Fatalf("Put = %v", err)
	}
}

func TestTerms(t *testing.T) {
	w := setup(t)
	terms := openTerms(t, w.log)
	wantTerms(t, terms)

	putTerm(t, terms, eventstore.Term{ID: "t-1", Began: 812})
	putTerm(t, terms, eventstore.Term{ID: "t-2", Began: 900, Sockets: 3})
	before := wantTerms(t, terms, eventstore.Term{ID: "t-1", Began: 812}, eventstore.Term{ID: "t-2", Began: 900, Sockets: 3})

	putTerm(t, terms, eventstore.Term{ID: "t-1", Began: 812, Sockets: 7})
	after := wantTerms(t, terms, eventstore.Term{ID: "t-1", Began: 812, Sockets: 7}, eventstore.Term{ID: "t-2", Began: 900, Sockets: 3})
	if !after[0].Renewed.After(before[0].Renewed) || !after[1].Renewed.Equal(before[1].Renewed) || time.Since(after[0].Renewed) > patience {
		t.Errorf("renewed at %v and %v, was %v and %v, want the first later", after[0].Renewed, after[1].Renewed, before[0].Renewed, before[1].Renewed)
	}

	putTerm(t, terms, eventstore.Term{ID: "t-1", Began: 812, Stopped: true})
	if err := terms.Remove(t.Context(), after[0]); err == nil {
		t.Error("Remove of a term that has shown itself since = nil, want an error")
	}
	now := wantTerms(t, terms, eventstore.Term{ID: "t-1", Began: 812, Stopped: true}, eventstore.Term{ID: "t-2", Began: 900, Sockets: 3})
	if err := terms.Remove(t.Context(), now[0]); err != nil {
		t.Errorf("Remove = %v, want nil", err)
	}
	wantTerms(t, terms, eventstore.Term{ID: "t-2", Began: 900, Sockets: 3})
	if got := last(t, w.log); got != 0 {
		t.Errorf("the log ends at %d, want it untouched", got)
	}
}

func TestTermsOutliveTheServer(t *testing.T) {
	w := setup(t)
	putTerm(t, openTerms(t, w.log), eventstore.Term{ID: "t-1", Began: 5})
	if err := w.server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantTerms(t, openTerms(t, open(t, natstest.Connect(t, w.server))), eventstore.Term{ID: "t-1", Began: 5})
}

func TestManyTermsAreListed(t *testing.T) {
	terms := openTerms(t, setup(t).log)
	var want []eventstore.Term
	for i := range 300 {
		term := eventstore.Term{ID: fmt.Sprintf("t-%03d", i), Began: uint64(i)}
		putTerm(t, terms, term)
		want = append(want, term)
	}
	wantTerms(t, terms, want...)
}

func TestTermsRefuse(t *testing.T) {
	w := setup(t)
	terms := openTerms(t, w.log)
	for _, id := range []string{"", "a b", "a*", ".a"} {
		if err := terms.Put(t.Context(), eventstore.Term{ID: id}); err == nil {
			t.Errorf("Put(%q) = nil, want an error", id)
		}
	}
	put(t, w.js, "$KV.chitchat-gateways.t-1", "no JSON")
	got, err := terms.List(t.Context())
	if err != nil || len(got) != 1 || got[0].ID != "t-1" || got[0].Revision == 0 {
		t.Errorf("List = %+v, %v, want t-1: whoever sweeps may not take a part for all", got, err)
	}
	if err := terms.Remove(t.Context(), got[0]); err != nil {
		t.Errorf("Remove = %v", err)
	}
}
