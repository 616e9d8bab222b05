package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/faustman/chitchat/migrations"
)

// Phase is a part of a rebuild.
type Phase string

// The phases of a rebuild, in their order.
const (
	// PhaseLoad reads the log as far as it went when the rebuild began. It has
	// a measure, the sequence; those after it don't.
	PhaseLoad Phase = "load"
	// PhaseIndex makes the indexes.
	PhaseIndex Phase = "index"
	// PhaseCatchUp applies what was appended meanwhile.
	PhaseCatchUp Phase = "catch up"
	// PhaseSwitch waits until nobody reads the old views, and replaces them.
	PhaseSwitch Phase = "switch"
)

// Progress is how far a rebuild has come.
type Progress struct {
	Phase Phase
	// Seq is the last sequence that was applied, End the one at which the phase
	// ends, as far as known.
	Seq, End uint64
	// Waits says for whom the switch waits, or is empty.
	Waits string
}

// RebuildOptions tune [Rebuild] and [RollBack].
type RebuildOptions struct {
	// Progress is called often, by one goroutine, when it is not nil. It must
	// not block.
	Progress func(Progress)
	// Logger is slog.Default() when nil.
	Logger *slog.Logger

	patience time.Duration // with the switch; switchPatience when 0
	batch    int           // of the load; loadBatch when 0
}

// Rebuilt is what a rebuild or a rollback did.
type Rebuilt struct {
	// Generation is the live one now, Former the one before it, which is kept;
	// 0 when there was none.
	Generation, Former int
	// Seq is the last sequence that the generation had at the switch.
	Seq uint64
	// Events, Quarantined and Duplicates count what was read from the log.
	Events, Quarantined, Duplicates uint64
	// Dropped are the older generations that are no longer there.
	Dropped []int
	// Took has the time of each phase.
	Took map[Phase]time.Duration
}

// ErrRebuilding says that somebody else rebuilds the read model now.
var ErrRebuilding = errors.New("another rebuild is under way: wait for its end, or end it")

// rebuildLock is the advisory lock of whoever builds a generation. It is lost
// with its connection, and so with its rebuild.
const rebuildLock = 0x63686972

// rebuild builds a generation beside the live one and puts it into its place.
type rebuild struct {
	url     string
	log     source
	opts    RebuildOptions
	logger  *slog.Logger
	conn    *pgx.Conn // holds the lock
	phase   Phase
	began   time.Time // of the phase
	rebuilt Rebuilt
}

// Rebuild builds the read model anew from the first entry of the log, in a
// generation beside the live one, which goes on meanwhile. When it has caught
// up, the views of chat show it, from one moment to the next. The former
// generation stays until the next rebuild or [DropFormer]; [RollBack] goes back
// to it. With an error, or when ctx ends, the live generation is as it was, and
// what was built is thrown away by the next rebuild, which begins anew. Errors
// are [ErrRebuilding], [ErrSwitchBlocked], a [*PositionError] when the live
// generation is of another log, [ErrUnavailable] when the database can't be
// reached at first, those of the log's reader and the database's.
func Rebuild[R Reader](ctx context.Context, url string, log Log[R], opts RebuildOptions) (Rebuilt, error) {
	return withRebuild(ctx, url, sourceOf(log), opts, (*rebuild).run)
}

func withRebuild(ctx context.Context, url string, log source, opts RebuildOptions, do func(*rebuild, context.Context) error) (Rebuilt, error) {
	r := &rebuild{url: url, log: log, opts: opts, logger: opts.Logger, rebuilt: Rebuilt{Took: make(map[Phase]time.Duration)}}
	if r.logger == nil {
		r.logger = slog.Default()
	}
	if _, err := migrations.Up(ctx, url); err != nil {
		return Rebuilt{}, databaseError(fmt.Errorf("migrate: %w", err))
	}
	conn, err := dial(ctx, url)
	if err != nil {
		return Rebuilt{}, databaseError(err)
	}
	defer hangUp(conn)
	var alone bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, rebuildLock).Scan(&alone); err != nil {
		return Rebuilt{}, databaseError(fmt.Errorf("lock the rebuild: %w", err))
	}
	if !alone {
		return Rebuilt{}, ErrRebuilding
	}
	r.conn = conn
	if err := do(r, ctx); err != nil {
		return Rebuilt{}, err
	}
	return r.rebuilt, nil
}

func (r *rebuild) run(ctx context.Context) error {
	if err := r.belongs(ctx); err != nil {
		return err
	}
	last, err := r.log.last(ctx)
	if err != nil {
		return fmt.Errorf("ask the log for its end: %w", err)
	}
	made, err := r.create(ctx, last.Epoch)
	if err != nil {
		return err
	}
	if err := r.fill(ctx, made, last.Seq); err != nil {
		return err
	}
	return r.putIntoUse(ctx, made.Number, building)
}

// belongs tells whether the live generation, if there is one, was built from
// this log. It is the operator's to say that another log is the truth now.
func (r *rebuild) belongs(ctx context.Context) error {
	current, found, err := findGeneration(ctx, r.conn, live)
	if err != nil || !found {
		return err
	}
	_, _, err = readCheckpoint(ctx, r.conn, r.log, current)
	return err
}

// create makes the empty generation, and drops what an earlier rebuild left.
func (r *rebuild) create(ctx context.Context, epoch string) (made generation, err error) {
	err = pgx.BeginFunc(ctx, r.conn, func(tx pgx.Tx) error {
		if err := lockGenerations(ctx, tx); err != nil {
			return err
		}
		left, err := dropGenerations(ctx, tx, building, 0)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			r.logger.InfoContext(ctx, "an unfinished rebuild was thrown away, and this one begins anew", "generations", left)
		}
		made, err = createGeneration(ctx, tx, epoch, building)
		return err
	})
	if err != nil {
		return generation{}, fmt.Errorf("make the next generation: %w", err)
	}
	r.rebuilt.Generation = made.Number
	return made, nil
}

// fill loads the log up to a sequence and makes the indexes.
func (r *rebuild) fill(ctx context.Context, made generation, upTo uint64) error {
	r.enter(PhaseLoad, upTo)
	loader, err := newLoader(ctx, r.conn, migrations.Schema(made.Number), r.log.epoch())
	if err != nil {
		return err
	}
	loader.limit(r.opts.batch)
	reader := r.log.read(0)
	defer reader.Close()
	err = loader.loadTo(ctx, reader, upTo, func(done outcome) {
		r.count(done)
		r.report(Progress{Phase: PhaseLoad, Seq: loader.at.Seq, End: upTo})
	})
	if err != nil {
		return err
	}
	if err := loader.writeOpen(ctx); err != nil {
		return err
	}
	r.enter(PhaseIndex, upTo)
	if err := r.index(ctx, migrations.Schema(made.Number)); err != nil {
		return err
	}
	if err := loader.judge(ctx, r.count); err != nil {
		return err
	}
	_, err = r.conn.Exec(ctx, `ANALYZE message, event, session, person, channel, daily, daily_sender`)
	if err != nil {
		return fmt.Errorf("look at the tables for the planner: %w", err)
	}
	return nil
}

// index makes the indexes, two at a time.
func (r *rebuild) index(ctx context.Context, schema string) error {
	statements := migrations.IndexesOf("message", "event", "session")
	left := make(chan string, len(statements))
	for _, statement := range statements {
		left <- statement
	}
	close(left)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return makeIndexes(ctx, r.conn, left) })
	group.Go(func() error {
		conn, err := dial(ctx, r.url)
		if err != nil {
			return err
		}
		defer hangUp(conn)
		if _, err := conn.Exec(ctx, fmt.Sprintf(loadSettings, schema)); err != nil {
			return fmt.Errorf("set up the session: %w", err)
		}
		return makeIndexes(ctx, conn, left)
	})
	return group.Wait()
}

// makeIndexes makes those that are left.
func makeIndexes(ctx context.Context, conn *pgx.Conn, left <-chan string) error {
	for statement := range left {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// enter begins a phase that ends at the sequence.
func (r *rebuild) enter(phase Phase, end uint64) {
	r.leave()
	r.phase, r.began = phase, time.Now()
	r.report(Progress{Phase: phase, End: end})
}

// leave ends the phase.
func (r *rebuild) leave() {
	if r.phase != "" {
		r.rebuilt.Took[r.phase] += time.Since(r.began)
	}
}

func (r *rebuild) report(p Progress) {
	if r.opts.Progress != nil {
		r.opts.Progress(p)
	}
}

func (r *rebuild) count(done outcome) {
	r.rebuilt.Events += uint64(done.events)
	r.rebuilt.Quarantined += uint64(done.quarantined)
	r.rebuilt.Duplicates += uint64(done.duplicates)
}
