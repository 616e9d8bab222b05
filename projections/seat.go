package projections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// seatLock is the advisory lock of the projector that works. It spares
	// double work and nothing else: the checkpoint is the fence.
	seatLock = 0x63687365
	// standEvery is how often the projector that works shows on the seat's
	// connection that it lives, and how often the others look.
	standEvery = time.Second
	// staleAfter is when the one that works is taken for gone although its
	// connection is there: it, or its machine, may stand still. Between two
	// attempts, which are up to maxRetry apart, it shows nothing.
	staleAfter = maxRetry + 2*standEvery
	// seatTimeout bounds a question about the seat.
	seatTimeout = 2 * time.Second
)

// errUnseated says that the seat's connection is gone: another projector has
// ended it, or Postgres.
var errUnseated = errors.New("the projector's seat is lost")

// seat is the right to work, for as long as its connection is there and holds
// the lock.
type seat struct {
	conn *pgx.Conn
	key  int64 // of the lock
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
	s := &seat{conn: conn, key: p.seat}
	if err := p.await(ctx, s); err != nil {
		s.leave()
		p.progress.update(func(s *Status) { s.Standby = false })
		return nil, err
	}
	p.progress.update(func(s *Status) { s.Leading, s.Standby = true, false })
	p.logger.InfoContext(ctx, "this projector works")
	return s, nil
}

// await waits until the seat has the lock.
func (p *Projector) await(ctx context.Context, s *seat) error {
	for {
		locked, err := s.lock(ctx)
		if err != nil || locked {
			return err
		}
		if p.progress.standBy() {
			p.logger.InfoContext(ctx, "another projector works; this one stands by")
		}
		if ended, err := s.endStale(ctx); err != nil {
			return err
		} else if ended {
			p.logger.WarnContext(ctx, "the projector that works stands still; this one takes over")
		}
		if !pause(ctx, standEvery) {
			return ctx.Err()
		}
	}
}

// lock takes the lock and reports whether it was free.
func (s *seat) lock(ctx context.Context) (locked bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, seatTimeout)
	defer cancel()
	if err := s.conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, s.key).Scan(&locked); err != nil {
		return false, fmt.Errorf("ask for the projector's seat: %w", err)
	}
	return locked, nil
}

// endStale ends the connection that holds the lock when nobody has shown on it
// for long that they live, and reports whether there was one.
func (s *seat) endStale(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, seatTimeout)
	defer cancel()
	ended, err := s.conn.Exec(ctx, `
SELECT pg_terminate_backend(a.pid)
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = $1::bigint::oid AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND a.state_change < now() - $2::interval`, s.key, staleAfter)
	if err != nil {
		return false, fmt.Errorf("look whether the projector works: %w", err)
	}
	return ended.RowsAffected() > 0, nil
}

// work applies the log until anything fails or the seat is lost, which it shows
// meanwhile that somebody lives on it.
func (p *Projector) work(ctx context.Context, s *seat) error {
	seated, lose := context.WithCancelCause(ctx)
	guarded := make(chan struct{})
	go func() {
		defer close(guarded)
		for pause(seated, standEvery) {
			if !s.stands(seated) {
				lose(errUnseated)
			}
		}
	}()
	err := p.attemptOrRenew(seated)
	lose(nil)
	<-guarded
	if cause := context.Cause(seated); ctx.Err() == nil && errors.Is(cause, errUnseated) {
		return errUnseated
	}
	return err
}

// stands reports whether the seat's connection is still there, and with it the
// lock, and shows there that this projector lives.
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
