package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/migrations"
)

// Reader reads the log in order.
type Reader interface {
	// Next blocks for the first entry, then gives what is ready, limit at most.
	Next(ctx context.Context, limit int) ([]eventstore.Record, error)
	// Fault is what Next is waiting to pass, or nil. Any goroutine may ask.
	Fault() error
	Close()
}

// Log is the log as the projector needs it. *eventstore.Log is one.
type Log[R Reader] interface {
	Epoch() string
	Last(ctx context.Context) (domain.Position, error)
	NewReader(after uint64) R
}

// source is a [Log] without its reader's type.
type source struct {
	epoch func() string
	last  func(ctx context.Context) (domain.Position, error)
	read  func(after uint64) Reader
}

func sourceOf[R Reader](log Log[R]) source {
	return source{
		epoch: log.Epoch,
		last:  log.Last,
		read:  func(after uint64) Reader { return log.NewReader(after) },
	}
}

// behind returns a reader behind the checkpoint at, whose entry the log took at
// stored, when that is so; last is the log's end. Else the error is a
// [*PositionError]: a log that lost its end, as one from a backup, and has grown
// again has another entry there, which a sequence alone does not show.
func (s source) behind(ctx context.Context, at domain.Position, stored int64, last domain.Position) (Reader, error) {
	if at.Epoch != last.Epoch || at.Seq > last.Seq {
		return nil, &PositionError{Checkpoint: at, Log: last}
	}
	reader := s.read(at.Seq - min(at.Seq, 1))
	if at.Seq == 0 {
		return reader, nil
	}
	records, err := readNext(ctx, reader, 1)
	if err != nil {
		reader.Close()
		return nil, fmt.Errorf("read the log at %s: %w", at, err)
	}
	first := records[0]
	if first.Seq == at.Seq && first.Stored.UnixNano() == stored {
		return reader, nil
	}
	reader.Close()
	return nil, &PositionError{
		Checkpoint: at,
		Log:        domain.Position{Epoch: at.Epoch, Seq: max(first.Seq, last.Seq)},
		Applied:    time.Unix(0, stored).UTC(),
		Stored:     first.Stored.UTC(),
	}
}

// readCheckpoint returns how far the generation is, having compared that with
// the log, and the log's end. The columns that it reads are those of every
// model.
func readCheckpoint(ctx context.Context, conn *pgx.Conn, log source, of generation) (at, last domain.Position, err error) {
	var stored int64
	err = conn.QueryRow(ctx, `SELECT epoch, seq, stored_nanos FROM `+migrations.Schema(of.Number)+`.checkpoint`).Scan(&at.Epoch, &at.Seq, &stored)
	if err != nil {
		return at, last, fmt.Errorf("read the checkpoint of generation %d: %w", of.Number, err)
	}
	if last, err = log.last(ctx); err != nil {
		return at, last, fmt.Errorf("ask the log for its end: %w", err)
	}
	reader, err := log.behind(ctx, at, stored, last)
	if err != nil {
		return at, last, err
	}
	reader.Close()
	return at, last, nil
}

// logPatience bounds the wait for an entry that the log has, as one of a
// restart of its server takes.
const logPatience = time.Minute

// readNext is the reader's Next for who knows that there is more to come.
func readNext(ctx context.Context, reader Reader, limit int) ([]eventstore.Record, error) {
	bounded, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	records, err := reader.Next(bounded, limit)
	if err != nil && ctx.Err() == nil && bounded.Err() != nil {
		return nil, fmt.Errorf("the log gave nothing for %v: %w", logPatience, cmp.Or(reader.Fault(), err))
	}
	return records, err
}

// applier applies records in one transaction. With an error nothing is applied,
// and after one that Postgres refuses the applier is fit for the next.
type applier interface {
	apply(ctx context.Context, records []eventstore.Record, logSeq uint64) (outcome, error)
}

// apply applies the records in one transaction. When Postgres refuses what they
// say it applies each half by itself, down to the one record that is to blame,
// and that goes to the quarantine. It calls applied behind each transaction.
func apply(ctx context.Context, to applier, records []eventstore.Record, logSeq uint64, applied func(outcome)) error {
	done, err := to.apply(ctx, records, logSeq)
	var cause *pgconn.PgError
	switch {
	case err == nil:
		applied(done)
		return nil
	case !refused(err) || !errors.As(err, &cause):
		return err
	case len(records) > 1:
		half := len(records) / 2
		if err := apply(ctx, to, records[:half], logSeq, applied); err != nil {
			return err
		}
		return apply(ctx, to, records[half:], logSeq, applied)
	}
	record := records[0]
	record.Event, record.Err = nil, &refusal{cause}
	if done, err = to.apply(ctx, []eventstore.Record{record}, logSeq); err != nil {
		return fmt.Errorf("quarantine sequence %d: %w", record.Seq, err)
	}
	applied(done)
	return nil
}
