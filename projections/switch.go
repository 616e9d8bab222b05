package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/migrations"
)

const (
	// switchLockTimeout bounds how long the switch waits for who reads a view,
	// at a time: readers who come then wait behind it as long.
	switchLockTimeout = "100ms"
	// switchPause is between two tries of the switch, and between two looks for
	// old snapshots.
	switchPause = 200 * time.Millisecond
	// switchPatience bounds all tries. An analyst's query may take 30 s.
	switchPatience = 10 * time.Minute
	// switchTimeout bounds one try of the switch, in which the live projector
	// stands still. A try is some lock timeouts and an instant's events.
	switchTimeout = 10 * time.Second
	// closeEnough is the lag, in entries, at which the live projector is made to
	// wait for the rest.
	closeEnough = 100
)

// ErrNoFormer says that there is no generation to go back to.
var ErrNoFormer = errors.New("there is no former generation: it was dropped, or there never was one")

// ErrSwitchBlocked says that the views could not be replaced, because somebody
// read them all the time.
var ErrSwitchBlocked = errors.New("the switch did not come about")

// RollBack brings the former generation up to the log's end and puts it back
// into the place of the live one, which becomes the former. Errors are those of
// [Rebuild], [ErrNoFormer], a [*ModelError] when another program made it, and a
// [*PositionError] when it is of another log.
func RollBack[R Reader](ctx context.Context, url string, log Log[R], opts RebuildOptions) (Rebuilt, error) {
	return withRebuild(ctx, url, sourceOf(log), opts, (*rebuild).rollBack)
}

func (r *rebuild) rollBack(ctx context.Context) error {
	back, found, err := findGeneration(ctx, r.conn, former)
	switch {
	case err != nil:
		return err
	case !found:
		return ErrNoFormer
	case back.ModelVersion != ModelVersion:
		return &ModelError{Generation: back.Number, Have: back.ModelVersion, Want: ModelVersion}
	}
	r.rebuilt.Generation = back.Number
	_, err = r.conn.Exec(ctx, `UPDATE `+migrations.Schema(back.Number)+`.checkpoint SET frozen = false`)
	if err != nil {
		return fmt.Errorf("thaw generation %d: %w", back.Number, err)
	}
	return r.putIntoUse(ctx, back.Number, former)
}

// DropFormer drops the generations that are no longer in use, and returns them.
// Errors are [ErrUnavailable].
func DropFormer(ctx context.Context, url string) (dropped []int, err error) {
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	conn, err := dial(ctx, url)
	if err != nil {
		return nil, databaseError(err)
	}
	defer hangUp(conn)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := lockGenerations(ctx, tx); err != nil {
			return err
		}
		dropped, err = dropGenerations(ctx, tx, former, 0)
		return err
	})
	if err != nil {
		return nil, databaseError(err)
	}
	return dropped, nil
}

// putIntoUse brings the generation, which is in the given state, up to the
// log's end and makes the views show it.
func (r *rebuild) putIntoUse(ctx context.Context, number int, from state) error {
	conn, err := dial(ctx, r.url)
	if err != nil {
		return err
	}
	w, err := newWriter(ctx, conn, number, from)
	if err != nil {
		hangUp(conn)
		return err
	}
	defer w.close()
	follower, err := r.follow(ctx, w)
	if err != nil {
		return err
	}
	defer follower.reader.Close()
	r.enter(PhaseCatchUp, 0)
	if err := r.catchUp(ctx, follower); err != nil {
		return err
	}
	r.enter(PhaseSwitch, 0)
	if err := r.switchPatiently(ctx, follower); err != nil {
		return err
	}
	r.rebuilt.Seq = w.at.Seq
	r.leave()
	r.dropOlder(ctx)
	return nil
}

// follower applies the log to a generation that nobody sees yet.
type follower struct {
	writer *writer
	reader Reader
	count  func(outcome)
}

func (r *rebuild) follow(ctx context.Context, w *writer) (*follower, error) {
	last, err := r.log.last(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the log for its end: %w", err)
	}
	reader, err := r.log.behind(ctx, w.at, w.stored, last)
	if err != nil {
		return nil, err
	}
	return &follower{writer: w, reader: reader, count: r.count}, nil
}

// to applies the log up to the sequence at least, which it must have.
func (f *follower) to(ctx context.Context, seq uint64) error {
	for f.writer.at.Seq < seq {
		records, err := readNext(ctx, f.reader, MaxBatch)
		if err != nil {
			return fmt.Errorf("read the log behind %s: %w", f.writer.at, err)
		}
		for len(records) > 0 {
			n := prefix(records)
			if err := apply(ctx, f.writer, records[:n], seq, f.count); err != nil {
				return err
			}
			records = records[n:]
		}
	}
	return nil
}

// catchUp applies the log until little is left of it.
func (r *rebuild) catchUp(ctx context.Context, f *follower) error {
	for {
		last, err := r.log.last(ctx)
		if err != nil {
			return fmt.Errorf("ask the log for its end: %w", err)
		}
		if r.phase == PhaseCatchUp {
			r.report(Progress{Phase: PhaseCatchUp, Seq: f.writer.at.Seq, End: last.Seq})
		}
		if last.Seq <= f.writer.at.Seq+closeEnough {
			return f.to(ctx, last.Seq)
		}
		if err := f.to(ctx, last.Seq); err != nil {
			return err
		}
	}
}

// switchPatiently tries the switch until it comes about. It leaves readers and
// the live projector in peace between the tries, and keeps up with the log.
func (r *rebuild) switchPatiently(ctx context.Context, f *follower) error {
	deadline := time.Now().Add(r.patience())
	older, err := r.snapshots(ctx, f.writer.conn.PgConn().PID())
	if err != nil {
		return err
	}
	for {
		if older, err = r.stillThere(ctx, older); err != nil {
			return err
		}
		waits := "queries that read the views"
		if len(older) == 0 {
			err := r.switchTo(ctx, f)
			if !lockTimedOut(err) {
				return err
			}
		} else {
			waits = "transactions that began before the tables were complete, and must end: process " + strings.Join(older, ", ")
		}
		r.report(Progress{Phase: PhaseSwitch, Seq: f.writer.at.Seq, Waits: waits})
		if time.Now().After(deadline) {
			return fmt.Errorf("%w in %v: it waits for %s", ErrSwitchBlocked, r.patience(), waits)
		}
		if !pause(ctx, switchPause) {
			return context.Cause(ctx)
		}
		if err := r.catchUp(ctx, f); err != nil {
			return err
		}
	}
}

func (r *rebuild) patience() time.Duration {
	if r.opts.patience > 0 {
		return r.opts.patience
	}
	return switchPatience
}

// lockTimedOut reports whether err says that a lock was not given in time, or
// would never be.
func lockTimedOut(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && (pgErr.Code == "55P03" || pgErr.Code == "40P01")
}

// snapshots returns who reads with a snapshot of now or before, as process and
// begin of the transaction; but for the writer's. To a transaction with one
// snapshot for all its statements the new tables would be as they were then,
// without a row at the worst. Others' transactions are seen without their begin
// by a user who may not look at them; then the process stands for them all.
func (r *rebuild) snapshots(ctx context.Context, writer uint32) ([]string, error) {
	return r.transactions(ctx, `AND pid <> $1`, writer)
}

// stillThere returns those of the snapshots that are not over.
func (r *rebuild) stillThere(ctx context.Context, snapshots []string) ([]string, error) {
	if len(snapshots) == 0 {
		return nil, nil
	}
	return r.transactions(ctx, `AND pid || coalesce(' of ' || xact_start, '') = ANY ($1)`, snapshots)
}

func (r *rebuild) transactions(ctx context.Context, which string, args ...any) ([]string, error) {
	rows, _ := r.conn.Query(ctx, `
SELECT pid || coalesce(' of ' || xact_start, '')
FROM pg_stat_activity
WHERE datname = current_database() AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
  AND backend_type IS DISTINCT FROM 'autovacuum worker' `+which, args...)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look for old snapshots: %w", err)
	}
	return found, nil
}

// switchTo takes the live generation out of use and makes the views show the
// follower's, in one transaction. The live projector stands still meanwhile, so
// that the new views are never behind what the old ones have shown. Once begun
// it is not given up because ctx ends: who asked would not know what is so.
func (r *rebuild) switchTo(ctx context.Context, f *follower) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), switchTimeout)
	defer cancel()
	err := pgx.BeginFunc(bounded, r.conn, func(tx pgx.Tx) error { return r.switchIn(bounded, tx, f) })
	if err == nil || !r.conn.IsClosed() {
		return err
	}
	// The connection is gone, and perhaps the commit came about.
	bounded, cancel = context.WithTimeout(context.WithoutCancel(ctx), switchTimeout)
	defer cancel()
	conn, lost := dial(bounded, r.url)
	if lost != nil {
		return err
	}
	defer hangUp(conn)
	if now, found, lost := findGeneration(bounded, conn, live); lost == nil && found && now.Number == f.writer.generation {
		return nil
	}
	return err
}

func (r *rebuild) switchIn(ctx context.Context, tx pgx.Tx, f *follower) error {
	if _, err := tx.Exec(ctx, `SET LOCAL synchronous_commit = on; SET LOCAL idle_in_transaction_session_timeout = '60s'`); err != nil {
		return fmt.Errorf("set up the switch: %w", err)
	}
	if err := lockGenerations(ctx, tx); err != nil {
		return err
	}
	current, found, err := findGeneration(ctx, tx, live)
	if err != nil {
		return err
	}
	if found {
		if err := r.retire(ctx, tx, current, f); err != nil {
			return err
		}
	}
	tag, err := tx.Exec(ctx, `
UPDATE chitchat.generation SET state = $1, switched_at = now() WHERE number = $2 AND state = $3`,
		live, f.writer.generation, f.writer.state)
	if err == nil && tag.RowsAffected() == 0 {
		err = errFenced
	}
	if err != nil {
		return fmt.Errorf("put generation %d into use: %w", f.writer.generation, err)
	}
	return showGeneration(ctx, tx, f.writer.generation, switchLockTimeout)
}

// retire freezes the live generation where it is, and brings the other as far.
func (r *rebuild) retire(ctx context.Context, tx pgx.Tx, current generation, f *follower) error {
	table := migrations.Schema(current.Number) + `.checkpoint`
	stop := `UPDATE ` + table + ` SET frozen = true RETURNING epoch, seq`
	if current.ModelVersion != ModelVersion { // of which epoch and seq are all that is known
		stop = `SELECT epoch, seq FROM ` + table + ` FOR UPDATE`
	}
	var at domain.Position
	err := tx.QueryRow(ctx, stop).Scan(&at.Epoch, &at.Seq)
	if err != nil {
		return fmt.Errorf("stop generation %d: %w", current.Number, err)
	}
	if at.Epoch == f.writer.at.Epoch {
		if err := f.to(ctx, at.Seq); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE chitchat.generation SET state = $1 WHERE number = $2`, former, current.Number); err != nil {
		return fmt.Errorf("take generation %d out of use: %w", current.Number, err)
	}
	r.rebuilt.Former = current.Number
	return nil
}

// dropOlder drops the generations before the former one. What can't be dropped
// now, because somebody still reads it, the next rebuild drops.
func (r *rebuild) dropOlder(ctx context.Context) {
	err := pgx.BeginFunc(ctx, r.conn, func(tx pgx.Tx) (err error) {
		if err := lockGenerations(ctx, tx); err != nil {
			return err
		}
		r.rebuilt.Dropped, err = dropGenerations(ctx, tx, former, r.rebuilt.Former)
		return err
	})
	if err != nil {
		r.rebuilt.Dropped = nil
		r.logger.WarnContext(ctx, "older generations are still there", "cause", err)
	}
}
