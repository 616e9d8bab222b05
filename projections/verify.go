package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/migrations"
)

// PhaseCompare compares the tables. It is the second of a verification, behind
// PhaseLoad, and has no measure.
const PhaseCompare Phase = "compare"

const (
	// shadowSchema is where the log is folded into to be compared.
	shadowSchema = "chitchat_shadow"
	// verifyLock is the advisory lock of whoever verifies.
	verifyLock = 0x63686976
)

// ErrVerifying says that somebody else verifies the read model now.
var ErrVerifying = errors.New("another verification is under way: wait for its end, or end it")

// ErrReplaced says that the live generation changed so that nothing can be said
// of it.
var ErrReplaced = errors.New("the read model was thrown away meanwhile: verify again")

// VerifyOptions tune [Verify].
type VerifyOptions struct {
	// Progress is called often, by one goroutine, when it is not nil. It must
	// not block.
	Progress func(Progress)

	batch int // of the load; loadBatch when 0
}

// Verification is what a comparison of the tables with the log found.
type Verification struct {
	Generation int
	// Position is up to where both were compared, LogEnd where the log ended.
	// All of it was read.
	Position domain.Position
	LogEnd   uint64
	Tables   []TableCheck
	Took     time.Duration
}

// TableCheck is what was found in one table.
type TableCheck struct {
	Table string
	// Rows is how many the log makes.
	Rows uint64
	// Blocks is how many blocks of rows differ, Looked how many of these were
	// looked at row by row, those of the lowest sequences. Differing counts the
	// rows that differ in them.
	Blocks, Looked, Differing uint64
	// From is the first sequence that a difference was found at; 0 when there
	// is none, or the rows have no sequence.
	From uint64
	// Differences are some of them, those of the lowest sequences first.
	Differences []Difference
}

// Difference is a row that is not as the log says.
type Difference struct {
	// Key names the row, Seq is its sequence in the log, or the last one that
	// changed it.
	Key string
	Seq uint64
	// Want is what the log says and Have what the table says, of the columns
	// that differ. A row that is missing has no Have, one too many no Want.
	Want, Have map[string]any
}

// Equal reports whether the tables say what the log says.
func (v Verification) Equal() bool {
	return !slices.ContainsFunc(v.Tables, func(t TableCheck) bool { return t.Blocks > 0 })
}

// From returns the first sequence at which the tables differ, or 0 when they
// don't, or in nothing that has a sequence.
func (v Verification) From() uint64 {
	var from uint64
	for _, table := range v.Tables {
		if table.From > 0 && (from == 0 || table.From < from) {
			from = table.From
		}
	}
	return from
}

// verification folds the log into a shadow and compares.
type verification struct {
	url      string
	log      source
	progress func(Progress)
	batch    int
	shadow   *pgx.Conn // holds the lock, and the shadow is written over it
	live     *pgx.Conn // is in one snapshot from when the shadow is nearly there
	result   Verification
}

// Verify reads the whole log, folds it into tables of its own up to the
// sequence that the live ones have, and compares these row by row. The live
// projector goes on meanwhile: what is compared is one snapshot. Memory does not
// grow with the log; the database needs room for another read model. Errors are
// [ErrVerifying], [ErrReplaced], a [*PositionError] or [*ModelError] when the
// two do not belong together, those of the log's reader, which finds a log with
// holes, and the database's.
func Verify[R Reader](ctx context.Context, url string, log Log[R], opts VerifyOptions) (Verification, error) {
	began := time.Now()
	v := &verification{url: url, log: sourceOf(log), progress: opts.Progress, batch: opts.batch}
	if v.progress == nil {
		v.progress = func(Progress) {}
	}
	for _, conn := range []**pgx.Conn{&v.shadow, &v.live} {
		made, err := dial(ctx, url)
		if err != nil {
			return Verification{}, databaseError(err)
		}
		defer hangUp(made)
		*conn = made
	}
	if err := v.run(ctx); err != nil {
		return Verification{}, err
	}
	v.result.Took = time.Since(began)
	return v.result, nil
}

func (v *verification) run(ctx context.Context) error {
	var alone bool
	if err := v.shadow.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, verifyLock).Scan(&alone); err != nil {
		return fmt.Errorf("lock the verification: %w", err)
	}
	if !alone {
		return ErrVerifying
	}
	_, at, last, err := v.liveCheckpoint(ctx)
	if err != nil {
		return err
	}
	defer v.drop(ctx)
	loader, err := v.createShadow(ctx, last.Epoch)
	if err != nil {
		return err
	}
	if err := v.load(ctx, loader, at.Seq); err != nil {
		return err
	}
	return v.compareSnapshot(ctx, loader)
}

// liveCheckpoint returns the live generation, how far it is, having compared
// that with the log, and the log's end.
func (v *verification) liveCheckpoint(ctx context.Context) (current generation, at, last domain.Position, err error) {
	if current, err = findOwn(ctx, v.live); err != nil {
		return generation{}, at, last, err
	}
	at, last, err = readCheckpoint(ctx, v.live, v.log, current)
	return current, at, last, err
}

// createShadow makes the empty shadow, instead of one that was left.
func (v *verification) createShadow(ctx context.Context, epoch string) (*loader, error) {
	model := strings.ReplaceAll(migrations.CreateModel(shadowSchema), "CREATE TABLE", "CREATE UNLOGGED TABLE")
	err := pgx.BeginFunc(ctx, v.shadow, func(tx pgx.Tx) error {
		return createModel(ctx, tx, `DROP SCHEMA IF EXISTS `+shadowSchema+` CASCADE;`+model, epoch)
	})
	if err != nil {
		return nil, fmt.Errorf("make the shadow: %w", err)
	}
	loader, err := newLoader(ctx, v.shadow, shadowSchema, epoch)
	if err != nil {
		return nil, err
	}
	loader.limit(v.batch)
	return loader, nil
}

func (v *verification) drop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), prepareTimeout)
	defer cancel()
	if v.shadow.IsClosed() {
		return // the next one drops it
	}
	_, _ = v.shadow.Exec(ctx, `DROP SCHEMA IF EXISTS `+shadowSchema+` CASCADE`) // else the next one drops it
}

func (v *verification) load(ctx context.Context, loader *loader, upTo uint64) error {
	reader := v.log.read(loader.at.Seq)
	defer reader.Close()
	return loader.loadTo(ctx, reader, upTo, func(outcome) {
		v.progress(Progress{Phase: PhaseLoad, Seq: loader.at.Seq, End: upTo})
	})
}

// compareSnapshot takes a snapshot of the live tables, brings the shadow to the
// same sequence and compares.
func (v *verification) compareSnapshot(ctx context.Context, loader *loader) error {
	if _, err := v.live.Exec(ctx, `SET jit = off; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`); err != nil {
		return fmt.Errorf("take a snapshot: %w", err)
	}
	current, at, last, err := v.liveCheckpoint(ctx)
	if err != nil {
		return err
	}
	if at.Epoch != loader.at.Epoch || at.Seq < loader.at.Seq {
		return ErrReplaced
	}
	v.result.Generation, v.result.Position, v.result.LogEnd = current.Number, at, last.Seq
	if err := v.load(ctx, loader, at.Seq); err != nil {
		return err
	}
	if err := v.finish(ctx, loader); err != nil {
		return err
	}
	v.progress(Progress{Phase: PhaseCompare})
	for i := range comparisons {
		check, err := v.compare(ctx, &comparisons[i], migrations.Schema(current.Number))
		if err != nil {
			return fmt.Errorf("compare table %s: %w", comparisons[i].table, err)
		}
		v.result.Tables = append(v.result.Tables, check)
	}
	return v.readRest(ctx, at.Seq, last.Seq)
}

// finish writes what the load laid aside.
func (v *verification) finish(ctx context.Context, loader *loader) error {
	if err := loader.writeOpen(ctx); err != nil {
		return err
	}
	if loader.suspects > 0 {
		if _, err := v.shadow.Exec(ctx, `CREATE INDEX ON message (user_id, id)`); err != nil {
			return fmt.Errorf("make an index of ids: %w", err)
		}
	}
	return loader.judge(ctx, func(outcome) {})
}

// readRest reads what the tables do not have yet: a hole in it is an error.
func (v *verification) readRest(ctx context.Context, after, upTo uint64) error {
	reader := v.log.read(after)
	defer reader.Close()
	for after < upTo {
		records, err := readNext(ctx, reader, loadBatch)
		if err != nil {
			return fmt.Errorf("read the log behind %d: %w", after, err)
		}
		after = records[len(records)-1].Seq
	}
	return nil
}
