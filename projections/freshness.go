package projections

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/domain"
)

// errNoModel says that the views are there and no generation behind them is.
var errNoModel = errAbsent

// Freshness says how fresh the read model is, as the database knows it.
type Freshness struct {
	Generation int
	// Applied is the last entry of the log that the views show.
	Applied domain.Position
	// AppliedAt is when the last event up to there happened; zero before the
	// first.
	AppliedAt time.Time
	// LogSeq is the log's last sequence as a projector saw it at LookedAt.
	LogSeq uint64
	// Lag is how many entries wait, Behind for how long some did without the
	// views having moved. That none waits is proof only if LookedAt is recent.
	Lag       uint64
	Behind    time.Duration
	UpdatedAt time.Time // when the views last moved
	LookedAt  time.Time
}

// Freshness returns the one row of chat.freshness. Errors are [ErrUnavailable]
// or the context's.
func (s *Store) Freshness(ctx context.Context) (Freshness, error) {
	rows, err := collect(ctx, s, "read freshness", scanFreshness,
		`SELECT generation, epoch, applied_seq, coalesce(applied_at, 'epoch'), applied_at IS NOT NULL,
		        log_seq, lag, lag_seconds, updated_at, looked_at
		 FROM chat.freshness`)
	if err != nil {
		return Freshness{}, err
	}
	if len(rows) == 0 {
		return Freshness{}, errNoModel
	}
	return rows[0], nil
}

// noteEnd notes the log's end in the live generation, when that is of its
// epoch. It leaves alone what the projector compares and sets.
func (s *Store) noteEnd(ctx context.Context, end domain.Position) error {
	ctx, cancel := context.WithTimeout(ctx, watchEvery)
	defer cancel()
	_, err := s.pool.Exec(ctx, `
UPDATE chitchat.checkpoint
SET log_seq = greatest(seq, $2), looked_at = now(),
    waiting_since = CASE WHEN seq < $2 THEN coalesce(waiting_since, now()) END
WHERE epoch = $1`, end.Epoch, end.Seq)
	if err != nil {
		return fmt.Errorf("note the log's end: %w", err)
	}
	return nil
}

func scanFreshness(row pgx.CollectableRow) (Freshness, error) {
	var (
		f      Freshness
		began  bool
		behind float64
	)
	err := row.Scan(&f.Generation, &f.Applied.Epoch, &f.Applied.Seq, &f.AppliedAt, &began,
		&f.LogSeq, &f.Lag, &behind, &f.UpdatedAt, &f.LookedAt)
	if !began {
		f.AppliedAt = time.Time{}
	}
	f.Behind = time.Duration(behind * float64(time.Second))
	return f, err
}
