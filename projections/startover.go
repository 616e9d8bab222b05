package projections

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
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
	_, err := tx.Exec(ctx, `UPDATE chitchat.generation SET state = 'former'`)
	if err != nil {
		return 0, fmt.Errorf("take the generations out of use: %w", err)
	}
	made, err := createLive(ctx, tx, epoch)
	if err != nil {
		return 0, err
	}
	if err := showGeneration(ctx, tx, made.Number, ddlLockTimeout); err != nil {
		return 0, err
	}
	if _, err := dropGenerations(ctx, tx, former, made.Number); err != nil {
		return 0, err
	}
	return made.Number, nil
}
