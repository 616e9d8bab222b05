package projections

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/migrations"
)

// RetryError says why an entry stays in the quarantine. Nothing was changed.
type RetryError struct {
	Seq uint64
	// Reason may show what Postgres said.
	Reason string
}

// Error names the entry and the reason.
func (e *RetryError) Error() string {
	return fmt.Sprintf("sequence %d stays in the quarantine: %s", e.Seq, e.Reason)
}

// Retried is what became of an entry of the quarantine.
type Retried struct {
	// Message is what was applied, in Channel.
	Message *domain.MessagePosted
	Channel domain.Channel
	// Duplicate says that it was not, since its sender had used its id before:
	// it is in the quarantine as a duplicate now.
	Duplicate bool
}

// Retry reads a quarantined entry again from the log, by the rules of today. A
// message that is one now, and that Postgres takes, is applied to the live
// generation behind its successors, with the very rows that a rebuild would
// give. Joins and leaves can't be: what came later builds on them.
//
// It may run beside a projector, which waits for it, and whose status counts
// the entry as quarantined until it looks again, within five seconds. Errors
// are [ErrNotQuarantined], a [*RetryError], a [*PositionError] or a
// [*ModelError] when the tables are not those of the log or of this program,
// [ErrUnavailable], those of the log's reader and the database's. With any of
// them nothing was changed.
func Retry[R Reader](ctx context.Context, url string, log Log[R], seq uint64) (Retried, error) {
	conn, err := dial(ctx, url)
	if err != nil {
		return Retried{}, databaseError(err)
	}
	defer hangUp(conn)
	r := &retry{conn: conn, log: sourceOf(log), seq: seq}
	return r.run(ctx)
}

// retry is one try.
type retry struct {
	conn *pgx.Conn
	log  source
	seq  uint64
}

func (r *retry) run(ctx context.Context) (Retried, error) {
	if err := r.attach(ctx); err != nil {
		return Retried{}, err
	}
	entry, err := r.entry(ctx)
	if err != nil {
		return Retried{}, err
	}
	record, err := r.decode(ctx, entry)
	if err != nil {
		return Retried{}, err
	}
	message, ok := record.Event.(*domain.MessagePosted)
	if !ok {
		return Retried{}, r.stays("it is a %s, and what came after it builds on who was there: run `chitchat rebuild`, which applies it in its place", record.Event.Type())
	}
	// Once begun it is not given up because ctx ends: who asked would not know
	// what is so.
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyTimeout)
	defer cancel()
	var done outcome
	err = pgx.BeginFunc(bounded, r.conn, func(tx pgx.Tx) error {
		done, err = r.apply(bounded, tx, record, message)
		return err
	})
	var (
		cause *pgconn.PgError
		stays *RetryError
	)
	switch {
	case errors.As(err, &stays), errors.Is(err, ErrNotQuarantined):
		return Retried{}, err
	case refused(err) && errors.As(err, &cause):
		return Retried{}, r.stays("%s", (&refusal{cause}).Error())
	case err != nil:
		return Retried{}, databaseError(err)
	}
	return Retried{Message: message, Channel: record.Channel, Duplicate: done.duplicates > 0}, nil
}

func (r *retry) stays(format string, args ...any) error {
	return &RetryError{Seq: r.seq, Reason: fmt.Sprintf(format, args...)}
}

// attach turns the connection to the live generation.
func (r *retry) attach(ctx context.Context) error {
	current, err := findOwn(ctx, r.conn)
	if err != nil {
		return err
	}
	if _, err := r.conn.Exec(ctx, fmt.Sprintf(writerSettings, migrations.Schema(current.Number))); err != nil {
		return databaseError(fmt.Errorf("set up the session: %w", err))
	}
	return nil
}

// entry returns what the quarantine has of the entry.
func (r *retry) entry(ctx context.Context) (Quarantined, error) {
	q := Quarantined{Seq: r.seq}
	err := r.conn.QueryRow(ctx, `SELECT code, reason, stored_at FROM quarantine WHERE seq = $1`, bigints([]uint64{r.seq})[0]).
		Scan(&q.Code, &q.Reason, &q.Stored)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Quarantined{}, fmt.Errorf("sequence %d: %w", r.seq, ErrNotQuarantined)
	case err != nil:
		return Quarantined{}, databaseError(fmt.Errorf("read the quarantine: %w", err))
	case q.Code == Duplicate:
		return Quarantined{}, r.stays("it is a %s, and nothing of it is lost", q.Reason)
	}
	return q, nil
}

// decode reads the entry from the log, which has all of it, and decodes it.
func (r *retry) decode(ctx context.Context, entry Quarantined) (eventstore.Record, error) {
	last, err := r.log.last(ctx)
	if err != nil {
		return eventstore.Record{}, fmt.Errorf("ask the log for its end: %w", err)
	}
	var at domain.Position
	if err := r.conn.QueryRow(ctx, `SELECT epoch, seq FROM checkpoint`).Scan(&at.Epoch, &at.Seq); err != nil {
		return eventstore.Record{}, databaseError(fmt.Errorf("read the checkpoint: %w", err))
	}
	if at.Epoch != last.Epoch || r.seq > last.Seq {
		return eventstore.Record{}, &PositionError{Checkpoint: at, Log: last}
	}
	reader := r.log.read(r.seq - 1)
	defer reader.Close()
	records, err := readNext(ctx, reader, 1)
	if err != nil {
		return eventstore.Record{}, fmt.Errorf("read the log at %d: %w", r.seq, err)
	}
	read := records[0]
	if read.Seq != r.seq || read.Stored.UnixMicro() != entry.Stored.UnixMicro() {
		return eventstore.Record{}, &PositionError{
			Checkpoint: domain.Position{Epoch: at.Epoch, Seq: r.seq}, Log: last,
			Applied: entry.Stored.UTC(), Stored: read.Stored.UTC(),
		}
	}
	record := eventstore.Decode(read.Subject, read.Seq, read.Stored, read.Payload)
	var rule *domain.Error
	switch {
	case errors.As(record.Err, &rule):
		return eventstore.Record{}, r.stays("it is still no event: %s", rule.Message)
	case record.Err != nil || record.Event == nil:
		return eventstore.Record{}, r.stays("it is still no event: %v", record.Err)
	}
	return record, nil
}

// apply applies the message in place of its row in the quarantine. The lock of
// the checkpoint comes first, as it does for the projector.
func (r *retry) apply(ctx context.Context, tx pgx.Tx, record eventstore.Record, message *domain.MessagePosted) (outcome, error) {
	var epoch string
	var applied uint64
	err := tx.QueryRow(ctx, `SELECT epoch, seq FROM checkpoint WHERE NOT frozen FOR UPDATE`).Scan(&epoch, &applied)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && (epoch != r.log.epoch() || applied < r.seq):
		return outcome{}, errFenced
	case err != nil:
		return outcome{}, fmt.Errorf("lock the checkpoint: %w", err)
	}
	tag, err := tx.Exec(ctx, `DELETE FROM quarantine WHERE seq = $1`, r.seq)
	switch {
	case err != nil:
		return outcome{}, fmt.Errorf("take it out of the quarantine: %w", err)
	case tag.RowsAffected() == 0:
		return outcome{}, fmt.Errorf("sequence %d: %w", r.seq, ErrNotQuarantined)
	}
	users, err := r.surroundings(ctx, tx, record, message)
	if err != nil {
		return outcome{}, err
	}
	done, err := (&lateApplier{conn: tx, users: map[uint64]int{r.seq: users}}).apply(ctx, []eventstore.Record{record}, 0)
	if err != nil {
		return outcome{}, err
	}
	// The checkpoint has the time of the last event that it knows to be one.
	_, err = tx.Exec(ctx, `
UPDATE checkpoint SET event_at = $2
WHERE NOT EXISTS (SELECT FROM event WHERE seq > $1) AND NOT EXISTS (SELECT FROM quarantine WHERE seq > $1 AND code = $3)`,
		r.seq, message.SentAt, Duplicate)
	if err != nil {
		return outcome{}, fmt.Errorf("note the time of the last event: %w", err)
	}
	return done, nil
}

// surroundings returns how many users were in the message's channel. It fails
// when a later message has the same id, and was the first one until now.
func (r *retry) surroundings(ctx context.Context, tx pgx.Tx, record eventstore.Record, message *domain.MessagePosted) (users int, err error) {
	var later uint64
	err = tx.QueryRow(ctx, `
SELECT (SELECT count(DISTINCT user_id) FROM session
        WHERE channel = $1 AND joined_seq < $2 AND (left_seq IS NULL OR left_seq > $2)),
       coalesce((SELECT seq FROM message WHERE user_id = $3 AND id = $4 AND seq > $2), 0)`,
		string(record.Channel), r.seq, message.From.ID, message.ID).Scan(&users, &later)
	if err != nil {
		return 0, fmt.Errorf("look at what surrounds it: %w", err)
	}
	if later > 0 {
		return 0, r.stays("sequence %d has the same id of the same user, and would become its duplicate: run `chitchat rebuild`, which applies the first of the two", later)
	}
	return users, nil
}
