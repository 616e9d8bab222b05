package gateway_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi"
	"github.com/faustman/chitchat/httpapi/gateway"
)

// cutTerms are terms that can't be reached while cut is set.
type cutTerms struct {
	gateway.Terms
	cut atomic.Bool
}

func (c *cutTerms) Put(ctx context.Context, term eventstore.Term) error {
	if c.cut.Load() {
		return errors.New("cut off")
	}
	return c.Terms.Put(ctx, term)
}

func TestGatewayThatCannotRenewItsTermFencesItself(t *testing.T) {
	w := setup(t)
	terms := &cutTerms{Terms: w.terms}
	registry := prometheus.NewRegistry()
	n := w.start(func(c *gateway.Config) { c.Terms, c.Registerer = terms, registry })
	seen := func(name string) float64 {
		t.Helper()
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range families {
			if family.GetName() == name {
				return family.GetMetric()[0].GetGauge().GetValue() + family.GetMetric()[0].GetCounter().GetValue()
			}
		}
		t.Fatalf("there is no metric %s", name)
		return 0
	}
	ada := n.v1("ada", "lobby", nil)

	terms.cut.Store(true)
	n.RenewedAgo(6 * time.Second)
	n.TendLease(t.Context())
	if got := n.Ready(); len(got) != 0 {
		t.Fatalf("Ready = %v, want none: the term is not that old", got)
	}
	n.RenewedAgo(10 * time.Second)
	n.TendLease(t.Context())
	if code := ada.closed(); code != httpapi.CloseRestart {
		t.Errorf("close code = %d, want %d", code, httpapi.CloseRestart)
	}
	if fenced, losses := seen("chitchat_gateway_fenced"), seen("chitchat_gateway_lease_losses_total"); fenced != 1 || losses != 1 {
		t.Errorf("fenced %v, losses %v, want 1 and 1", fenced, losses)
	}
	if got := strings.Join(n.Ready(), ""); !strings.Contains(got, "could not show that it lives") {
		t.Errorf("Ready = %q, want that it could not show that it lives", got)
	}
	if _, _, err := n.dial("ada", "lobby", nil, nil, nil); err == nil {
		t.Error("a socket was taken by a gateway that is fenced")
	}

	terms.cut.Store(false)
	n.TendLease(t.Context())
	if got := n.Ready(); len(got) != 0 {
		t.Errorf("Ready = %v, want none once the term is renewed", got)
	}
	if fenced := seen("chitchat_gateway_fenced"); fenced != 0 {
		t.Errorf("fenced %v, want 0 once the term is renewed", fenced)
	}
	n.v1("ada", "lobby", options{"session": ada.session})
}

// stuckTerms are terms whose answer does not come, not even when its caller gives up: a client that looks for another
// server lets nobody in meanwhile.
type stuckTerms struct {
	gateway.Terms
	stuck   atomic.Bool
	waiting chan struct{} // told of each that waits
	release chan struct{} // closed at the end
}

func (s *stuckTerms) Put(ctx context.Context, term eventstore.Term) error {
	if s.stuck.Load() {
		s.waiting <- struct{}{}
		<-s.release
		return errors.New("too late")
	}
	return s.Terms.Put(ctx, term)
}

func TestGatewayFencesItselfWhileItsRenewalIsStuck(t *testing.T) {
	w := setup(t)
	terms := &stuckTerms{Terms: w.terms, waiting: make(chan struct{}), release: make(chan struct{})}
	n := w.start(func(c *gateway.Config) { c.Terms = terms })
	t.Cleanup(func() {
		terms.stuck.Store(false)
		close(terms.release)
	})
	ada := n.v1("ada", "lobby", nil)

	terms.stuck.Store(true)
	n.RenewedAgo(6 * time.Second)
	select {
	case <-terms.waiting:
	case <-time.After(patience):
		t.Fatalf("the term was not renewed within %v", patience)
	}
	n.RenewedAgo(10 * time.Second)
	if code := ada.closed(); code != httpapi.CloseRestart {
		t.Errorf("close code = %d, want %d", code, httpapi.CloseRestart)
	}
}

// A gateway that was cut off does not know which of its sessions went on
// elsewhere. It appends no leave for one that did.
func TestFencedGatewayEndsNoSessionThatMoved(t *testing.T) {
	w := setup(t)
	terms := &cutTerms{Terms: w.terms}
	var behind atomic.Bool // the first gateway hears nothing of the log's end
	slow := &cutLog{Log: w.log, cut: &behind}
	short := func(c *gateway.Config) { c.LeaveGrace = 50 * time.Millisecond }
	first := w.start(short, func(c *gateway.Config) { c.Terms, c.Log = terms, slow })
	second := w.start(short)
	ada := first.v1("ada", "lobby", nil)
	watcher := second.v1("ben", "lobby", nil)

	terms.cut.Store(true)
	behind.Store(true)
	first.RenewedAgo(10 * time.Second)
	first.TendLease(t.Context())
	if code := ada.closed(); code != httpapi.CloseRestart {
		t.Fatalf("close code = %d, want %d", code, httpapi.CloseRestart)
	}
	second.v1("ada", "lobby", options{"session": ada.session})
	eventually(t, "the first asks whose the session is", func() bool { return slow.asked.Load() > 0 })
	behind.Store(false)
	eventually(t, "the first knows", func() bool { return first.Sessions() == 0 })
	last := watcher.send("last", "the end of the test", "")
	events, err := w.log.History(t.Context(), "lobby", 0, last.Seq, eventstore.Bounds{Scan: 1000, Events: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range events {
		if record.Event.Type() == domain.TypeLeave {
			t.Errorf("sequence %d is a leave: %+v", record.Seq, record.Event)
		}
	}
}

// cutLog is a log whose end can't be asked for while cut is set.
type cutLog struct {
	gateway.Log
	cut   *atomic.Bool
	asked atomic.Int32 // how often while it was
}

func (c *cutLog) Last(ctx context.Context) (domain.Position, error) {
	if c.cut.Load() {
		c.asked.Add(1)
		return domain.Position{}, errors.New("cut off")
	}
	return c.Log.Last(ctx)
}

// A session that a sweeper ended while it had no socket is over: whoever comes
// back with it is seen to join.
func TestSessionThatWasSweptJoinsAgain(t *testing.T) {
	w := setup(t)
	n := w.start()
	watcher := n.v1("ben", "lobby", nil)
	ada := n.v1("ada", "lobby", nil)
	join := watcher.until(func(f frame) bool { return f.Type == "join" && f.Session == ada.session })
	_ = ada.Close() // the grace period begins
	eventually(t, "the socket is gone", func() bool { return n.Sockets() == 1 })
	_, err := w.log.Append(t.Context(), "lobby", "sweep", &domain.SessionLeft{
		Header: domain.Header{From: join[len(join)-1].From, SentAt: time.Now().UTC()}, Session: ada.session, Reason: domain.ReasonLost,
	})
	if err != nil {
		t.Fatal(err)
	}
	watcher.until(func(f frame) bool { return f.Type == "leave" && f.Session == ada.session })
	n.v1("ada", "lobby", options{"session": ada.session})
	watcher.until(func(f frame) bool { return f.Type == "join" && f.Session == ada.session })
}
