package projections

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/migrations"
)

// StartOver throws the read model away and makes an empty one for the log of
// the epoch, which the next projector fills from its first entry. All of it is
// one transaction; the views of chat stay, with their grants and with what
// others have built on them. It returns the new generation. The database must
// be migrated, and no projector may run. Errors are as those of a projector:
// [ErrUnavailable] for what passes.
func StartOver(ctx context.Context, url, epoch string) (generation int, err error) {
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	conn, err := dial(ctx, url)
	if err != nil {
		return 0, databaseError(err)
	}
	defer hangUp(conn)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		generation, err = replaceAll(ctx, tx, epoch)
		return err
	})
	if err != nil {
		return 0, databaseError(fmt.Errorf("start over: %w", err))
	}
	return generation, nil
}

// replaceAll makes an empty live generation, shows it, and drops all others.
func replaceAll(ctx context.Context, tx pgx.Tx, epoch string) (int, error) {
	if err := lockGenerations(ctx, tx); err != nil {
		return 0, err
	}
	rows, _ := tx.Query(ctx, `UPDATE chitchat.generation SET state = 'former' RETURNING number`)
	former, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return 0, fmt.Errorf("take the generations out of use: %w", err)
	}
	made, err := createGeneration(ctx, tx, epoch)
	if err != nil {
		return 0, err
	}
	if err := showGeneration(ctx, tx, made.Number); err != nil {
		return 0, err
	}
	for _, number := range former {
		if _, err := tx.Exec(ctx, `DROP SCHEMA IF EXISTS `+migrations.Schema(number)+` CASCADE`); err != nil {
			return 0, fmt.Errorf("drop generation %d: %w", number, err)
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM chitchat.generation WHERE number = ANY ($1)`, former); err != nil {
		return 0, fmt.Errorf("forget the former generations: %w", err)
	}
	return made.Number, nil
}
