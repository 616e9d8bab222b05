package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

const (
	// renewInterval is how often a gateway shows that it lives.
	renewInterval = 5 * time.Second
	// termDead is for how long a gateway must not have shown so to be taken for
	// dead: three times the interval. With two rounds of the sweep it makes at
	// most 25 s from a crash to the last of its people gone.
	termDead = 3 * renewInterval
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
	if err := g.config.Terms.Put(ctx, eventstore.Term{ID: g.term, Began: began}); err != nil {
		return fmt.Errorf("begin term: %w", err)
	}
	g.began.Store(began + 1)
	return nil
}

// keepTerm renews the gateway's term until ctx ends; then it says that the term
// ended in order.
func (g *Gateway) keepTerm(ctx context.Context) error {
	return g.every(ctx, renewInterval, func() {
		if err := g.config.Terms.Put(ctx, g.currentTerm()); err != nil {
			g.logger.Warn("renew term", "cause", err)
		}
	}, g.endTerm)
}

// sweepTerms ends the sessions of terms whose gateway is gone until ctx ends. It
// has a goroutine of its own, since a long sweep must not keep us from showing
// that we live.
func (g *Gateway) sweepTerms(ctx context.Context) error {
	seen := make(map[string]sighting)
	return g.every(ctx, renewInterval, func() {
		if err := g.sweep(ctx, seen); err != nil && ctx.Err() == nil {
			g.logger.Warn("sweep", "cause", err)
		}
	}, func(context.Context) {})
}

// every calls do at the interval, once the gateway serves, and last at the end.
func (g *Gateway) every(ctx context.Context, interval time.Duration, do func(), last func(context.Context)) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if g.ready.Load() {
				do()
			}
		case <-ctx.Done():
			last(ctx)
			return nil
		}
	}
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

// sighting is when a term's sign of life was first seen, by our own clock: the
// server's and ours may differ.
type sighting struct {
	revision uint64
	at       time.Time
}

// sweep ends the sessions of dead terms that nobody took over. Any gateway may
// do it, at the same time too: a second leave ends nothing.
func (g *Gateway) sweep(ctx context.Context, seen map[string]sighting) error {
	terms, err := g.config.Terms.List(ctx)
	if err != nil {
		return err
	}
	end, err := g.log.Last(ctx)
	if err != nil {
		return err
	}
	// Who was dead before this moment appends nothing more; once the hub has
	// read up to here, it knows all sessions of theirs.
	wait, cancel := context.WithTimeout(ctx, renewInterval)
	defer cancel()
	if err := g.hub.waitFor(wait, end.Seq); err != nil {
		return err
	}
	listed := make(map[string]bool, len(terms))
	for _, term := range terms {
		listed[term.ID] = true
		last, known := seen[term.ID]
		if !known || last.revision != term.Revision {
			last = sighting{revision: term.Revision, at: time.Now()}
			seen[term.ID] = last
		}
		if term.ID == g.term || time.Since(last.at) < g.patience(term) {
			continue
		}
		if err := g.sweepTerm(ctx, term); err != nil {
			return err
		}
	}
	maps.DeleteFunc(seen, func(id string, _ sighting) bool { return !listed[id] })
	return nil
}

// patience is how long after its last sign a term's sessions stay.
func (g *Gateway) patience(term eventstore.Term) time.Duration {
	if term.Stopped {
		return g.config.LeaveGrace
	}
	return max(termDead, g.config.LeaveGrace)
}

func (g *Gateway) sweepTerm(ctx context.Context, term eventstore.Term) error {
	reason := domain.ReasonLost
	if term.Stopped {
		reason = domain.ReasonClosed
	}
	swept := 0
	for _, stay := range g.hub.staysOf(term.ID) {
		at := term.Renewed.UTC() // it was there then; what came after nobody saw
		if stay.JoinedAt.After(at) {
			at = stay.JoinedAt
		}
		leave := &domain.SessionLeft{
			Header:  domain.Header{From: stay.User, SentAt: at},
			Session: stay.Session,
			Term:    term.ID,
			Reason:  reason,
		}
		key := fmt.Sprintf("sweep/%s/%s/%d", term.ID, stay.Session, stay.JoinedSeq)
		if _, err := g.log.Append(ctx, stay.Channel, key, leave); err != nil {
			return err
		}
		if swept++; ctx.Err() != nil {
			return ctx.Err()
		}
	}
	g.logger.Info("swept the sessions of a gateway that is gone", "term", term.ID, "stopped", term.Stopped, "sessions", swept)
	return g.config.Terms.Remove(ctx, term)
}

// staysOf returns the stays that a term holds.
func (h *hub) staysOf(term string) []domain.Stay {
	h.mu.Lock()
	defer h.mu.Unlock()
	var stays []domain.Stay
	for _, stay := range h.presence.Stays() {
		if stay.Term == term {
			stays = append(stays, stay)
		}
	}
	return stays
}
