package projections

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

// beginner is a connection, or a transaction that takes a savepoint.
type beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// lateApplier applies messages behind their successors, and leaves the
// checkpoint alone. What it writes is what they would have written in their
// place. It can't do so with joins and leaves, which others build on.
type lateApplier struct {
	conn  beginner
	users map[uint64]int // in the channel of the message with that sequence, at that moment
	last  eventTime      // of those that were not refused
}

// apply implements applier.
func (l *lateApplier) apply(ctx context.Context, records []eventstore.Record, _ uint64) (outcome, error) {
	var fold *fold
	err := pgx.BeginFunc(ctx, l.conn, func(tx pgx.Tx) error {
		used, questions := make(usedIDs), &pgx.Batch{}
		used.queue(questions, records)
		if err := tx.SendBatch(ctx, questions).Close(); err != nil {
			return fmt.Errorf("look the ids up: %w", err)
		}
		fold = newFold(used, domain.NewPresence(), len(records))
		for i := range records {
			fold.addLate(&records[i], l.users[records[i].Seq])
		}
		writes := &pgx.Batch{}
		fold.write(writes)
		return tx.SendBatch(ctx, writes).Close()
	})
	if err != nil {
		return outcome{}, err
	}
	l.last = l.last.later(lastEvent(records, nil))
	return fold.outcome, nil
}
