package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

const (
	// termDead is for how long a gateway must not have shown that it lives to be
	// taken for dead: three times the interval. With two rounds of the sweep it
	// makes at most 25 s from a crash to the first of its people gone.
	termDead = 3 * renewInterval
	// maxSweeps bounds the leaves under way of one sweep: at a thousand a second
	// the people of a large gateway are gone within some seconds, and messages
	// don't wait behind them.
	maxSweeps = 64
	// sweepTimeout bounds the wait until all is known that a dead term's gateway
	// has appended.
	sweepTimeout = renewInterval
)

// Stays knows who is where.
type Stays interface {
	// StaysOf returns the stays that a term holds, once all of the log up to the
	// sequence is known.
	StaysOf(ctx context.Context, term string, upTo uint64) ([]domain.Stay, error)
}

// SweepLog is what a sweeper needs of [eventstore.Log].
type SweepLog interface {
	Last(ctx context.Context) (domain.Position, error)
	Append(ctx context.Context, channel domain.Channel, key string, event domain.Event) (eventstore.Appended, error)
}

// SweeperConfig is what a sweeper is made of.
type SweeperConfig struct {
	Log   SweepLog
	Terms Terms
	Stays Stays
	// Held returns the terms that hold stays, so that those are found, too, whose
	// term nobody has noted: a log that was put back may have such. Nil means not
	// to look for them.
	Held func(ctx context.Context) ([]string, error)
	// LeaveGrace is how long the sessions of a gateway that stopped in order may
	// take to come back.
	LeaveGrace time.Duration
	// Own is the term that the sweeper's own gateway keeps; it is left alone.
	Own string
	// Due reports whether to sweep now; nil means always.
	Due func() bool
	// Registerer takes the metrics; nil means none.
	Registerer prometheus.Registerer
	Logger     *slog.Logger
}

// Sweeper ends the sessions of gateways that are gone. Any number of them may
// run: a leave has one key, and a second one ends nothing.
type Sweeper struct {
	config SweeperConfig
	stats  *sweepStats
	// seen is when each term was first seen as it is now, and looked when the
	// last round ended; both are for Run alone.
	seen   map[string]sighting
	looked time.Time
}

// sighting is when a term's sign of life was first seen, by our own clock: the
// server's and ours may differ.
type sighting struct {
	revision uint64
	at       time.Time
}

// NewSweeper returns a sweeper, which sweeps once Run runs.
func NewSweeper(config SweeperConfig) *Sweeper {
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	if config.Due == nil {
		config.Due = func() bool { return true }
	}
	return &Sweeper{config: config, stats: newSweepStats(config.Registerer), seen: make(map[string]sighting)}
}

// Run sweeps until ctx ends; then it returns nil. What fails is tried again in
// the next round.
func (s *Sweeper) Run(ctx context.Context) error {
	ticker := time.NewTicker(renewInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
		if !s.config.Due() {
			clear(s.seen) // what was seen long ago proves nothing later
			s.stats.leases.Set(0)
		} else if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.config.Logger.Warn("sweep", "cause", err)
			s.forgive()
		}
		s.looked = time.Now()
	}
}

// forgive takes the time since the last round out of all silences: while we saw
// nothing, others could not show that they live either.
func (s *Sweeper) forgive() {
	blind := time.Since(s.looked)
	for id, last := range s.seen {
		last.at = last.at.Add(blind)
		s.seen[id] = last
	}
}

// sweep ends the sessions of dead terms that nobody took over.
func (s *Sweeper) sweep(ctx context.Context) error {
	terms, err := s.listTerms(ctx)
	if err != nil {
		return err
	}
	// Who is dead by now appends nothing more.
	end, err := s.config.Log.Last(ctx)
	if err != nil {
		return err
	}
	listed := make(map[string]bool, len(terms))
	alive := 0
	var faults []error // one term that can't be swept does not keep the others
	for _, term := range terms {
		listed[term.ID] = true
		silent := s.silence(term)
		if !term.Stopped && silent < termDead {
			alive++
		}
		if term.ID == s.config.Own || silent < s.patience(term) {
			continue
		}
		if err := s.sweepTerm(ctx, term, end.Seq); err != nil {
			faults = append(faults, fmt.Errorf("term %s: %w", term.ID, err))
		}
	}
	s.stats.leases.Set(float64(alive))
	maps.DeleteFunc(s.seen, func(id string, _ sighting) bool { return !listed[id] })
	return errors.Join(faults...)
}

// listTerms returns the terms that are noted, and those that are not and hold
// stays all the same.
func (s *Sweeper) listTerms(ctx context.Context) ([]eventstore.Term, error) {
	terms, err := s.config.Terms.List(ctx)
	if err != nil || s.config.Held == nil {
		return terms, err
	}
	held, err := s.config.Held(ctx)
	if err != nil {
		return nil, err
	}
	noted := make(map[string]bool, len(terms))
	for _, term := range terms {
		noted[term.ID] = true
	}
	for _, id := range held {
		if !noted[id] {
			terms = append(terms, eventstore.Term{ID: id})
		}
	}
	return terms, nil
}

// silence returns for how long the term has been as it is.
func (s *Sweeper) silence(term eventstore.Term) time.Duration {
	last, known := s.seen[term.ID]
	if !known || last.revision != term.Revision {
		last = sighting{revision: term.Revision, at: time.Now()}
		s.seen[term.ID] = last
	}
	return time.Since(last.at)
}

// patience is how long after its last sign a term's sessions stay.
func (s *Sweeper) patience(term eventstore.Term) time.Duration {
	if term.Stopped {
		return s.config.LeaveGrace
	}
	return max(termDead, s.config.LeaveGrace)
}

// sweepTerm ends the sessions that a dead term holds once all is known that its
// gateway has appended, and forgets the term.
func (s *Sweeper) sweepTerm(ctx context.Context, term eventstore.Term, upTo uint64) error {
	bounded, cancel := context.WithTimeout(ctx, sweepTimeout)
	stays, err := s.config.Stays.StaysOf(bounded, term.ID, upTo)
	cancel()
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(maxSweeps)
	for _, stay := range stays {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error { return s.endStay(ctx, term, stay) })
	}
	if err := errors.Join(group.Wait(), ctx.Err()); err != nil {
		return err
	}
	s.config.Logger.Info("swept the sessions of a gateway that is gone", "term", term.ID, "stopped", term.Stopped, "sessions", len(stays))
	if term.Revision == 0 {
		return nil // nobody has noted it
	}
	return s.config.Terms.Remove(ctx, term)
}

func (s *Sweeper) endStay(ctx context.Context, term eventstore.Term, stay domain.Stay) error {
	reason, at := domain.ReasonLost, term.Renewed.UTC() // it was there then; what came after nobody saw
	if term.Stopped {
		reason = domain.ReasonClosed
	}
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
	appended, err := s.config.Log.Append(ctx, stay.Channel, key, leave)
	if err == nil && !appended.Duplicate { // another sweeper was faster
		s.stats.swept.WithLabelValues(string(reason)).Inc()
	}
	return err
}

// hubStays are the stays that a gateway's hub has folded.
type hubStays struct{ *hub }

// StaysOf returns the stays that a term holds.
func (h hubStays) StaysOf(ctx context.Context, term string, upTo uint64) ([]domain.Stay, error) {
	if err := h.waitFor(ctx, upTo); err != nil {
		return nil, err
	}
	return h.staysOf(term), nil
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
