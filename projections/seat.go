package projections

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// seatLock is the advisory lock of the projector that works. It spares
	// double work and nothing else: the checkpoint is the fence.
	seatLock = 0x63687365
	// standEvery is how often a projector on standby looks whether the one that
	// works is still there.
	standEvery = time.Second
	// staleAfter is when the one that works is taken for gone although its
	// connection holds the lock: it, or its machine, may stand still. It notes
	// that it looks every noteEvery.
	staleAfter = 6 * time.Second
	// seatTimeout bounds a question about the seat.
	seatTimeout = 2 * time.Second
)

// seat is the right to work, as long as its connection holds the lock. One that
// was taken from a projector that stands still holds none.
type seat struct {
	conn *pgx.Conn
}

// take waits until this projector is to work, on standby while another one
// does. It returns the seat that it is given when that still stands. Errors are
// the context's, or the database's, which pass.
func (p *Projector) take(ctx context.Context, held *seat) (*seat, error) {
	if held.stands(ctx) {
		return held, nil
	}
	held.leave()
	p.progress.update(func(s *Status) { s.Leading = false })
	conn, err := dial(ctx, p.store.url)
	if err != nil {
		return nil, err
	}
	s := &seat{conn: conn}
	for {
		free, err := s.free(ctx)
		switch {
		case err != nil:
			s.leave()
			p.progress.update(func(s *Status) { s.Standby = false })
			return nil, err
		case free:
			p.progress.update(func(s *Status) { s.Leading, s.Standby = true, false })
			p.logger.InfoContext(ctx, "this projector works")
			return s, nil
		}
		if p.progress.standBy() {
			p.logger.InfoContext(ctx, "another projector works; this one stands by")
		}
		if !pause(ctx, standEvery) {
			s.leave()
			return nil, ctx.Err()
		}
	}
}

// free takes the lock and reports whether it was free, or is held by a
// projector that stands still.
func (s *seat) free(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, seatTimeout)
	defer cancel()
	var locked bool
	if err := s.conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, seatLock).Scan(&locked); err != nil {
		return false, fmt.Errorf("ask for the projector's seat: %w", err)
	}
	if locked {
		return true, nil
	}
	var stale bool
	err := s.conn.QueryRow(ctx, `SELECT looked_at < now() - $1::interval FROM chitchat.checkpoint`, staleAfter).Scan(&stale)
	if isAbsent(err) { // the one that has the lock is about to make it
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whether the projector works: %w", err)
	}
	return stale, nil
}

// stands reports whether the seat's connection is still there, and with it the
// lock.
func (s *seat) stands(ctx context.Context) bool {
	if s == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, seatTimeout)
	defer cancel()
	return s.conn.Ping(ctx) == nil
}

// leave gives the seat back.
func (s *seat) leave() {
	if s != nil {
		hangUp(s.conn)
	}
}
