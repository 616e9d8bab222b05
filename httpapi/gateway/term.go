package gateway

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

const (
	// renewInterval is how often a gateway shows that it lives, renewTimeout
	// bounds one attempt, and leaseTick is how often it looks whether one is due:
	// after one that failed the next comes soon.
	renewInterval = 5 * time.Second
	renewTimeout  = 2 * time.Second
	leaseTick     = time.Second
	// fenceAfter is when a gateway that could not renew its term closes its
	// sockets: an append that is on the way then has its five seconds before
	// the others take the gateway for dead.
	fenceAfter = 2 * renewInterval
	// cutAfter is when the sockets are cut that were asked to end and have not: a
	// command of theirs waits for the log.
	cutAfter = fenceAfter + 2*time.Second
	// longReplay is how many entries make it worth to ask the tables who is
	// there, before the log is read for it.
	longReplay = 100_000
)

// seed finds where the hub begins to read and with whom present, and returns
// that sequence and the log's end. Whoever is in a channel joined in a term
// that is still in the bucket, so reading from the eldest term's beginning
// finds them all; if that is far back, the tables know it sooner.
func (g *Gateway) seed(ctx context.Context) (start, end uint64, err error) {
	last, err := g.log.Last(ctx)
	if err != nil {
		return 0, 0, err
	}
	terms, err := g.config.Terms.List(ctx)
	if err != nil {
		return 0, 0, err
	}
	eldest := last.Seq
	for _, term := range terms {
		eldest = min(eldest, term.Began)
	}
	recent := last.Seq - min(last.Seq, uint64(g.config.Recent))
	if last.Seq-eldest > longReplay {
		if position, stays, err := g.staysFromTables(ctx); err == nil && position.Seq <= last.Seq && position.Seq >= recent {
			g.hub.seed(position.Seq, stays)
			return position.Seq, last.Seq, g.beginTerm(ctx, last.Seq)
		}
	}
	start = min(eldest, recent)
	g.hub.seed(start, nil)
	if start > 0 {
		g.hub.exactFrom(last.Seq)
	}
	return start, last.Seq, g.beginTerm(ctx, last.Seq)
}

func (g *Gateway) staysFromTables(ctx context.Context) (domain.Position, []domain.Stay, error) {
	if g.config.Tables == nil {
		return domain.Position{}, nil, errNoTables
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	position, stays, err := g.config.Tables.OpenStays(ctx)
	if err == nil && position.Epoch != g.log.Epoch() {
		err = errors.New("the tables are of another log")
	}
	return position, stays, err
}

func (g *Gateway) beginTerm(ctx context.Context, began uint64) error {
	asked := time.Now()
	if err := g.config.Terms.Put(ctx, eventstore.Term{ID: g.term, Began: began}); err != nil {
		return fmt.Errorf("begin term: %w", err)
	}
	g.lease.renew(asked)
	g.began.Store(began + 1)
	return nil
}

// keepTerm renews the gateway's term until ctx ends; then it says that the term
// ended in order. A gateway that could not renew in time fences itself, before
// others may take its people for gone.
func (g *Gateway) keepTerm(ctx context.Context) error {
	ticker := time.NewTicker(leaseTick)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if g.began.Load() > 0 {
				g.tendLease(ctx)
			}
		case <-ctx.Done():
			g.endTerm(ctx)
			return nil
		}
	}
}

// guardLease fences the gateway when its term was last renewed too long ago,
// until ctx ends. It has a goroutine of its own, since an attempt to renew may
// be stuck for longer than it is given: the NATS client lets nobody in while it
// looks for another server.
func (g *Gateway) guardLease(ctx context.Context) error {
	ticker := time.NewTicker(leaseTick)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			age := g.lease.age()
			if age >= fenceAfter {
				g.fence(age)
			}
			if age >= cutAfter {
				g.cutOpen()
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// tendLease fences the gateway when its term was last renewed too long ago, as
// it may have been while the whole process stood still, and renews the term
// when that is due.
func (g *Gateway) tendLease(ctx context.Context) {
	age := g.lease.age()
	if age >= fenceAfter {
		g.fence(age)
	}
	if age < renewInterval {
		return
	}
	asked := time.Now()
	bounded, cancel := context.WithTimeout(ctx, renewTimeout)
	defer cancel()
	if err := g.config.Terms.Put(bounded, g.currentTerm()); err != nil {
		if ctx.Err() == nil {
			g.logger.Warn("renew term", "age", age.String(), "cause", err)
		}
		return
	}
	if g.lease.renew(asked) {
		g.logger.Info("the term is renewed: sockets are taken again", "term", g.term)
	}
}

// fence closes all sockets, whose people go on at another gateway. Until the
// term is renewed no new one is taken.
func (g *Gateway) fence(age time.Duration) {
	if !g.lease.lose() {
		return
	}
	g.stats.leaseLosses.Inc()
	conns := g.snapshot(nil)
	g.logger.Error("the gateway could not renew its term and closes its sockets", "term", g.term, "age", age.String(), "sockets", len(conns))
	g.sessions.doubt()
	for _, c := range conns {
		c.askToEnd()
	}
}

// lease is when the gateway's term was last renewed, and whether that was too
// long ago.
type lease struct {
	mu      sync.Mutex
	renewed time.Time // zero before the term began
	lost    bool
}

func (l *lease) age() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.renewed.IsZero() {
		return 0
	}
	return time.Since(l.renewed)
}

// renew notes that the term was renewed by an attempt that began at a time, and
// reports whether it had been lost and no longer is: one that took too long
// proves too little.
func (l *lease) renew(at time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	lost := l.lost
	l.renewed, l.lost = at, lost && time.Since(at) >= fenceAfter
	return lost && !l.lost
}

// lose notes that the term was not renewed in time, and reports whether that is
// news.
func (l *lease) lose() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	news := !l.lost
	l.lost = true
	return news
}

func (l *lease) isLost() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

func (g *Gateway) currentTerm() eventstore.Term {
	return eventstore.Term{ID: g.term, Began: g.began.Load() - 1, Sockets: g.Sockets()}
}

func (g *Gateway) endTerm(ctx context.Context) {
	if g.began.Load() == 0 {
		return
	}
	term := g.currentTerm()
	term.Stopped = true
	if err := g.config.Terms.Put(context.WithoutCancel(ctx), term); err != nil {
		g.logger.Warn("end term", "cause", err)
	}
}
