package projections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/migrations"
)

// ModelVersion is the version of the read model: of its tables, its indexes and
// what is written to them. A generation of another version is not written to,
// but replaced by a rebuild.
const ModelVersion = "2"

// state is where a generation is in its life.
type state string

const (
	live     state = "live"
	building state = "building"
	former   state = "former"
)

const (
	// generationLock is the advisory lock under which generations are made. It
	// spares an error when two begin at once; the constraints decide.
	generationLock = 0x63686967
	// ddlLockTimeout bounds how long new views may hold up those who read the
	// old ones while they wait for a long query to end, and how long a writer
	// waits for anybody's lock while it begins.
	ddlLockTimeout = "2s"
	// prepareTimeout bounds the making of a generation and of a writer to it,
	// and migrateTimeout the migration before, which may wait 30 s for another.
	prepareTimeout = 30 * time.Second
	migrateTimeout = 2 * time.Minute
)

type generation struct {
	Number       int
	ModelVersion string
	ViewsVersion int
}

// GenerationInfo is a generation of the read model, as an operator sees it.
type GenerationInfo struct {
	Number int
	// State is live, building (of a rebuild that runs or was broken off) or
	// former.
	State string
	// ModelVersion is that of the program that made it; see [ModelVersion].
	ModelVersion string
	// SwitchedAt is when it was put into use, or made when it never was.
	SwitchedAt time.Time
}

// Generations returns all generations by their numbers. Errors are
// [ErrUnavailable] or the context's.
func (s *Store) Generations(ctx context.Context) ([]GenerationInfo, error) {
	return collect(ctx, s, "read the generations", pgx.RowToStructByPos[GenerationInfo],
		`SELECT number, state, model_version, coalesce(switched_at, created_at) FROM chitchat.generation ORDER BY number`)
}

// openWriter connects, brings the database up to date and returns a writer to
// the live generation, which it makes when there is none.
func (p *Projector) openWriter(ctx context.Context) (*writer, error) {
	conn, err := dial(ctx, p.store.url)
	if err != nil {
		return nil, err
	}
	w, err := p.prepare(ctx, conn)
	if err != nil {
		hangUp(conn)
		return nil, err
	}
	return w, nil
}

func (p *Projector) prepare(ctx context.Context, conn *pgx.Conn) (*writer, error) {
	if err := p.migrate(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	current, err := p.ensureLive(ctx, conn)
	if err != nil {
		return nil, err
	}
	p.progress.update(func(s *Status) { s.Generation = current.Number })
	if current.ModelVersion != ModelVersion {
		return nil, &ModelError{Generation: current.Number, Have: current.ModelVersion, Want: ModelVersion}
	}
	w, err := newWriter(ctx, conn, current.Number, live)
	if err != nil {
		return nil, err
	}
	counts, err := w.quarantineCounts(ctx)
	if err != nil {
		return nil, err
	}
	p.progress.update(func(s *Status) {
		s.Applied, s.AppliedAt = w.at, w.eventAt
		s.count(counts)
	})
	return w, nil
}

// migrate brings the database up to date, once unless what it made is found to
// be gone.
func (p *Projector) migrate(ctx context.Context) error {
	if p.migrated {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	applied, err := migrations.Up(ctx, p.store.url)
	for _, step := range applied {
		p.logger.InfoContext(ctx, "database migrated", "step", step.Name, "took", step.Took.Round(time.Millisecond).String(), "notices", step.Notices)
	}
	if err != nil {
		return err
	}
	p.migrated = true
	return nil
}

// ensureLive returns the live generation. It makes the first one, and replaces
// views that are older than this program's.
func (p *Projector) ensureLive(ctx context.Context, conn *pgx.Conn) (generation, error) {
	current, found, err := findGeneration(ctx, conn, live)
	if err != nil {
		return generation{}, err
	}
	if found && current.ViewsVersion >= migrations.ViewsVersion {
		return current, nil
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := lockGenerations(ctx, tx); err != nil {
			return err
		}
		if current, found, err = findGeneration(ctx, tx, live); err != nil {
			return err
		}
		if !found {
			if current, err = createLive(ctx, tx, p.log.epoch()); err != nil {
				return err
			}
			p.logger.InfoContext(ctx, "read model made", "generation", current.Number)
		}
		// Views of another model's columns can't show its tables.
		if current.ModelVersion != ModelVersion || current.ViewsVersion >= migrations.ViewsVersion {
			return nil
		}
		return showGeneration(ctx, tx, current.Number, ddlLockTimeout)
	})
	return current, err
}

func lockGenerations(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, generationLock); err != nil {
		return fmt.Errorf("lock the generations: %w", err)
	}
	return nil
}

// querier is a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// findGeneration returns the newest generation in the state, and whether there
// is one.
func findGeneration(ctx context.Context, q querier, in state) (generation, bool, error) {
	rows, _ := q.Query(ctx, `
SELECT number, model_version, views_version FROM chitchat.generation WHERE state = $1 ORDER BY number DESC LIMIT 1`, in)
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[generation])
	if errors.Is(err, pgx.ErrNoRows) {
		return generation{}, false, nil
	}
	if err != nil {
		return generation{}, false, fmt.Errorf("read the %s generation: %w", in, err)
	}
	return found, true, nil
}

// findOwn returns the live generation, which must be there and of this
// program's model. Errors are [ErrUnavailable], a [*ModelError] or the
// database's.
func findOwn(ctx context.Context, q querier) (generation, error) {
	current, found, err := findGeneration(ctx, q, live)
	switch {
	case err != nil:
		return generation{}, databaseError(err)
	case !found:
		return generation{}, errNoModel
	case current.ModelVersion != ModelVersion:
		return generation{}, &ModelError{Generation: current.Number, Have: current.ModelVersion, Want: ModelVersion}
	}
	return current, nil
}

// createLive makes an empty live generation at the beginning of the log.
func createLive(ctx context.Context, tx pgx.Tx, epoch string) (generation, error) {
	made, err := createGeneration(ctx, tx, epoch, live)
	if err != nil {
		return generation{}, err
	}
	if _, err := tx.Exec(ctx, migrations.Indexes()); err != nil {
		return generation{}, fmt.Errorf("make the indexes of generation %d: %w", made.Number, err)
	}
	return made, nil
}

// createGeneration makes an empty generation at the beginning of the log, whose
// large tables have no index.
func createGeneration(ctx context.Context, tx pgx.Tx, epoch string, in state) (generation, error) {
	rows, _ := tx.Query(ctx, `
INSERT INTO chitchat.generation (number, model_version, epoch, state, switched_at)
SELECT coalesce(max(number), 0) + 1, $1, $2, $3, now() FROM chitchat.generation
RETURNING number, model_version, views_version`, ModelVersion, epoch, in)
	made, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[generation])
	if err != nil {
		return generation{}, fmt.Errorf("add a generation: %w", err)
	}
	return made, createModel(ctx, tx, migrations.CreateModel(migrations.Schema(made.Number)), epoch)
}

// createModel makes the tables of a read model and its checkpoint.
func createModel(ctx context.Context, tx pgx.Tx, model, epoch string) error {
	if _, err := tx.Exec(ctx, model); err != nil {
		return fmt.Errorf("make the tables: %w", err)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO checkpoint (epoch, seq, stored_nanos, log_seq) VALUES ($1, 0, 0, 0)`, epoch); err != nil {
		return fmt.Errorf("begin the checkpoint: %w", err)
	}
	return nil
}

// dropGenerations drops the generations in the state, but for one, and returns
// them.
func dropGenerations(ctx context.Context, tx pgx.Tx, in state, but int) ([]int, error) {
	rows, _ := tx.Query(ctx, `DELETE FROM chitchat.generation WHERE state = $1 AND number <> $2 RETURNING number`, in, but)
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return nil, fmt.Errorf("forget the %s generations: %w", in, err)
	}
	for _, number := range numbers {
		if _, err := tx.Exec(ctx, `DROP SCHEMA IF EXISTS `+migrations.Schema(number)+` CASCADE`); err != nil {
			return nil, fmt.Errorf("drop generation %d: %w", number, err)
		}
	}
	return numbers, nil
}

// showGeneration makes the views of chat show the generation. It waits as long
// as lockTimeout says for those who read the old views, each.
func showGeneration(ctx context.Context, tx pgx.Tx, number int, lockTimeout string) error {
	_, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '`+lockTimeout+`';`+migrations.Views(number))
	if err != nil {
		return fmt.Errorf("show generation %d: %w", number, err)
	}
	_, err = tx.Exec(ctx, `UPDATE chitchat.generation SET views_version = $1 WHERE number = $2`, migrations.ViewsVersion, number)
	if err != nil {
		return fmt.Errorf("note the version of the views: %w", err)
	}
	return nil
}
