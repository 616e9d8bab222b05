package projections

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/domain"
)

const (
	// pollEvery is how often the checkpoint is looked at while somebody waits
	// for it. A read of one row is 50 µs.
	pollEvery = 5 * time.Millisecond
	// maxWaiting bounds how many wait at once. Each holds a request open.
	maxWaiting = 4096
)

// gate is where those wait who need a sequence to be applied. One of the
// waiters polls for all; a projector in this process opens it sooner.
type gate struct {
	poller chan struct{} // capacity 1: held by the waiter that polls

	mu      sync.Mutex
	waiting map[*waiter]struct{} // guarded by mu
}

type waiter struct {
	seq  uint64
	done chan struct{} // closed by note, which alone does so
}

func newGate() *gate {
	return &gate{
		poller:  make(chan struct{}, 1),
		waiting: make(map[*waiter]struct{}),
	}
}

// enter registers a waiter, or returns nil when there are too many.
func (g *gate) enter(seq uint64) *waiter {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) >= maxWaiting {
		return nil
	}
	w := &waiter{seq: seq, done: make(chan struct{})}
	g.waiting[w] = struct{}{}
	return w
}

func (g *gate) leave(w *waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.waiting, w)
}

// note lets through those whom the live model, having applied seq, can serve.
func (g *gate) note(seq uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for w := range g.waiting {
		if w.seq <= seq {
			close(w.done)
			delete(g.waiting, w)
		}
	}
}

// WaitApplied returns when the live read model has applied seq. The caller
// bounds the wait with ctx. Errors are the context's, or [ErrUnavailable] when
// the database can't be asked, its tables are of another epoch, or too many
// wait already.
func (s *Store) WaitApplied(ctx context.Context, seq uint64) error {
	w := s.gate.enter(seq)
	if w == nil {
		return fmt.Errorf("wait for sequence %d: %w: %d requests wait already", seq, ErrUnavailable, maxWaiting)
	}
	defer s.gate.leave(w)
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for sequence %d: %w", seq, context.Cause(ctx))
	case s.gate.poller <- struct{}{}:
		defer func() { <-s.gate.poller }()
		return s.poll(ctx, w)
	}
}

// poll reads the checkpoint for all who wait until w is served.
func (s *Store) poll(ctx context.Context, w *waiter) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		rows, err := collect(ctx, s, "wait for the read model", pgx.RowToStructByPos[domain.Position],
			`SELECT epoch, applied_seq FROM chat.freshness`)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			if err := s.of(rows[0].Epoch); err != nil {
				return fmt.Errorf("wait for sequence %d: %w", w.seq, err)
			}
			s.gate.note(rows[0].Seq)
		}
		select {
		case <-w.done:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("wait for sequence %d: %w", w.seq, context.Cause(ctx))
		case <-tick.C:
		}
	}
}
