package gateway_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi/gateway"
)

// abandoned is a log and a bucket of terms whose gateways a test lets live and
// die. It is all in memory, so that its clock may be a test's.
type abandoned struct {
	mu    sync.Mutex
	terms map[string]eventstore.Term
	stays []domain.Stay
	left  []string // reason, session and time of each leave
	upTo  uint64   // what StaysOf was last asked for
}

func (a *abandoned) Last(context.Context) (domain.Position, error) {
	return domain.Position{Epoch: "aaaabbbbcccc", Seq: 77}, nil
}

func (a *abandoned) Append(_ context.Context, _ domain.Channel, _ string, event domain.Event) (eventstore.Appended, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	leave := event.(*domain.SessionLeft)
	a.left = append(a.left, string(leave.Reason)+" "+leave.Session+" "+leave.Term)
	a.stays = slices.DeleteFunc(a.stays, func(s domain.Stay) bool { return s.Session == leave.Session })
	return eventstore.Appended{Seq: 78}, nil
}

func (a *abandoned) Put(_ context.Context, term eventstore.Term) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	term.Revision = a.terms[term.ID].Revision + 1
	term.Renewed = time.Now()
	a.terms[term.ID] = term
	return nil
}

func (a *abandoned) Remove(_ context.Context, term eventstore.Term) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.terms[term.ID].Revision != term.Revision {
		return errors.New("the term lives")
	}
	delete(a.terms, term.ID)
	return nil
}

func (a *abandoned) List(context.Context) ([]eventstore.Term, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var terms []eventstore.Term
	for _, term := range a.terms {
		terms = append(terms, term)
	}
	return terms, nil
}

func (a *abandoned) StaysOf(_ context.Context, term string, upTo uint64) ([]domain.Stay, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.upTo = upTo
	var stays []domain.Stay
	for _, stay := range a.stays {
		if stay.Term == term {
			stays = append(stays, stay)
		}
	}
	return stays, nil
}

func (a *abandoned) held(context.Context) ([]string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var terms []string
	for _, stay := range a.stays {
		terms = append(terms, stay.Term)
	}
	return terms, nil
}

func (a *abandoned) leaves() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(slices.Values(a.left))
}

func TestSweeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &abandoned{terms: make(map[string]eventstore.Term)}
		for _, term := range []string{"dead", "stopped", "alive", "own", "unnoted"} {
			a.stays = append(a.stays, domain.Stay{Channel: "lobby", Session: "of-" + term, User: person("ada"), Term: term, JoinedSeq: 9, JoinedAt: time.Now()})
		}
		for _, term := range []eventstore.Term{{ID: "dead"}, {ID: "stopped", Stopped: true}, {ID: "alive"}, {ID: "own"}} {
			_ = a.Put(t.Context(), term)
		}
		registry := prometheus.NewRegistry()
		sweeper := gateway.NewSweeper(gateway.SweeperConfig{
			Log: a, Terms: a, Stays: a, Held: a.held, Own: "own", LeaveGrace: 10 * time.Second, Registerer: registry,
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- sweeper.Run(ctx) }()

		for range 30 { // seconds, in which one gateway shows that it lives
			_ = a.Put(ctx, eventstore.Term{ID: "alive"})
			time.Sleep(time.Second) // of the bubble's clock
		}
		synctest.Wait()
		want := []string{"closed of-stopped stopped", "lost of-dead dead", "lost of-unnoted unnoted"}
		if diff := cmp.Diff(want, a.leaves()); diff != "" {
			t.Errorf("leaves after 30 s (-want +got):\n%s", diff)
		}
		if a.upTo != 77 {
			t.Errorf("the stays were asked up to %d, want 77: all that the log has", a.upTo)
		}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, family := range families {
			for _, metric := range family.GetMetric() {
				series := family.GetName()
				for _, label := range metric.GetLabel() {
					series += " " + label.GetValue()
				}
				got[series] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
			}
		}
		moved := map[string]float64{
			"chitchat_gateway_leases":                      1, // its own shows no sign of life here
			"chitchat_gateway_swept_sessions_total lost":   2,
			"chitchat_gateway_swept_sessions_total closed": 1,
		}
		if diff := cmp.Diff(moved, got); diff != "" {
			t.Errorf("metrics (-want +got):\n%s", diff)
		}
		if len(a.terms) != 2 {
			t.Errorf("terms = %v, want alive and own alone", a.terms)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

// Nobody is swept by who is not to sweep, nor at once by who is to again.
func TestSweeperThatIsNotDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &abandoned{terms: make(map[string]eventstore.Term)}
		a.stays = []domain.Stay{{Channel: "lobby", Session: "s", User: person("ada"), Term: "dead", JoinedSeq: 9}}
		_ = a.Put(t.Context(), eventstore.Term{ID: "dead"})
		var due sync.Mutex // held while it is not due
		due.Lock()
		sweeper := gateway.NewSweeper(gateway.SweeperConfig{Log: a, Terms: a, Stays: a, Due: func() bool {
			free := due.TryLock()
			if free {
				due.Unlock()
			}
			return free
		}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- sweeper.Run(ctx) }()
		time.Sleep(time.Minute) // of the bubble's clock
		due.Unlock()
		time.Sleep(6 * time.Second) // of the bubble's clock, as the next
		synctest.Wait()
		if got := a.leaves(); len(got) != 0 {
			t.Errorf("leaves = %v, want none before the term was seen to be silent", got)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if got := a.leaves(); len(got) != 1 {
			t.Errorf("leaves = %v, want one", got)
		}
		cancel()
		<-done
	})
}
