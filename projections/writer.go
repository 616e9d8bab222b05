package projections

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/migrations"
)

// writerSettings are for a session whose statements all find their rows by key.
// Plans are made once, often while the tables are empty and a scan of them is
// cheapest; it must not stay so. They are made once and not for each length of
// an array, which took longer than their execution. A plan that can't do without
// what is disabled looks so dear that it would be compiled first, for 100 ms. A
// writer that stands still inside a transaction holds up the one that takes
// over, so Postgres ends it soon.
const writerSettings = `
SET search_path TO %s;
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET plan_cache_mode = force_generic_plan;
SET jit = off;
SET lock_timeout = '10s';
SET statement_timeout = '60s';
SET idle_in_transaction_session_timeout = '5s'`

// writer writes one generation over a connection of its own, from one position
// on. It is not safe for concurrent use, and done for after any error but a
// refused statement.
type writer struct {
	conn       *pgx.Conn
	generation int
	state      state
	at         domain.Position // the checkpoint as this writer left it
	stored     int64           // when the log took the entry there, in ns since 1970; 0 before the first
	eventAt    time.Time
	presence   *domain.Presence // who is there at that position; nil until it was read
}

// newWriter returns a writer to the generation, which is to stay in the given
// state, from its checkpoint on.
func newWriter(ctx context.Context, conn *pgx.Conn, generation int, state state) (*writer, error) {
	w := &writer{conn: conn, generation: generation, state: state}
	if _, err := conn.Exec(ctx, fmt.Sprintf(writerSettings, migrations.Schema(generation))); err != nil {
		return nil, fmt.Errorf("set up the session: %w", err)
	}
	var eventAt *time.Time
	err := conn.QueryRow(ctx, `SELECT epoch, seq, stored_nanos, event_at FROM checkpoint`).Scan(&w.at.Epoch, &w.at.Seq, &w.stored, &eventAt)
	if err != nil {
		return nil, fmt.Errorf("read the checkpoint of generation %d: %w", generation, err)
	}
	if eventAt != nil {
		w.eventAt = eventAt.UTC()
	}
	return w, nil
}

func (w *writer) close() { hangUp(w.conn) }

// hangUp ends a connection, whose context may be over, in bounded time.
func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // nothing is lost with it
}

func (w *writer) quarantineCounts(ctx context.Context) (map[QuarantineCode]uint64, error) {
	counts := make(map[QuarantineCode]uint64)
	rows, _ := w.conn.Query(ctx, `
SELECT CASE WHEN q.code <> $1 AND s.seq IS NOT NULL THEN $2 ELSE q.code END, count(*)
FROM quarantine q LEFT JOIN chitchat.skipped s ON s.epoch = $3 AND s.seq = q.seq
GROUP BY 1`, Duplicate, Skipped, w.at.Epoch)
	var (
		code  QuarantineCode
		count uint64
	)
	_, err := pgx.ForEachRow(rows, []any{&code, &count}, func() error {
		counts[code] = count
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count the quarantine: %w", err)
	}
	return counts, nil
}

// apply applies the records to all projections and moves the checkpoint to the
// last of them, in one transaction. logSeq is the log's end as far as known.
// With an error nothing is applied, except that after one of the commit nobody
// knows; the checkpoint tells. The move comes first and is the fence: it waits
// for a writer that is faster, and finds nothing to move when that one is done.
//
// It takes two round trips, which is most of what a batch of one event costs.
// Hence begin and commit travel with the statements, and not in a [pgx.Tx].
func (w *writer) apply(ctx context.Context, records []eventstore.Record, logSeq uint64) (outcome, error) {
	last := &records[len(records)-1]
	next := domain.Position{Epoch: w.at.Epoch, Seq: last.Seq}
	fold, err := w.begin(ctx, records, max(logSeq, next.Seq))
	if err != nil {
		w.rollback(ctx)
		return outcome{}, fmt.Errorf("begin at %s: %w", w.at, err)
	}
	for i := range records {
		fold.add(&records[i])
	}
	writes := &pgx.Batch{}
	fold.write(writes)
	writes.Queue("COMMIT")
	// The end of ctx does not break off a commit: a batch of patience costs
	// nobody anything, an unknown outcome does.
	committing, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyTimeout)
	defer cancel()
	if err := w.conn.SendBatch(committing, writes).Close(); err != nil {
		fold.undo()
		w.rollback(ctx)
		return outcome{}, fmt.Errorf("write up to %s: %w", next, err)
	}
	w.at, w.stored = next, last.Stored.UnixNano()
	return fold.outcome, nil
}

// rollback makes the connection fit for the next transaction after a refused
// statement. After worse it does not matter: the connection is dropped.
func (w *writer) rollback(ctx context.Context) {
	if w.conn.IsClosed() || w.conn.PgConn().TxStatus() == 'I' {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, applyTimeout)
	defer cancel()
	if _, err := w.conn.Exec(bounded, "ROLLBACK"); err != nil {
		w.close()
	}
}

// begin begins the transaction, moves the checkpoint and reads what the fold
// needs, in one round trip.
func (w *writer) begin(ctx context.Context, records []eventstore.Record, logSeq uint64) (*fold, error) {
	ctx, cancel := context.WithTimeout(ctx, applyTimeout)
	defer cancel()
	last := &records[len(records)-1]
	batch := &pgx.Batch{}
	batch.Queue("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
	batch.Queue(moveCheckpoint, w.at.Epoch, w.at.Seq, last.Seq, lastEventAt(records), logSeq, w.generation, w.state, last.Stored.UnixNano()).
		Exec(func(tag pgconn.CommandTag) error {
			if tag.RowsAffected() == 0 {
				return errFenced
			}
			return nil
		})
	first := make(usedIDs)
	first.queue(batch, records)
	if w.presence == nil {
		batch.Queue(selectOpen).Query(func(rows pgx.Rows) error {
			open, err := pgx.CollectRows(rows, scanStay)
			w.presence = domain.NewPresence(open...)
			return err
		})
	}
	if err := w.conn.SendBatch(ctx, batch).Close(); err != nil {
		w.presence = nil
		return nil, err
	}
	return newFold(first, w.presence, len(records)), nil
}

// usedIDs are the sequences that have the keys of a batch, as the tables know
// them.
type usedIDs map[messageKey]uint64

// queue asks for the keys of the records.
func (u usedIDs) queue(batch *pgx.Batch, records []eventstore.Record) {
	userIDs, ids := messageKeys(records)
	if len(ids) == 0 {
		return
	}
	batch.Queue(selectFirst, userIDs, ids).Query(func(rows pgx.Rows) error {
		var key messageKey
		var seq uint64
		_, err := pgx.ForEachRow(rows, []any{&key.userID, &key.id, &seq}, func() error {
			u[key] = seq
			return nil
		})
		return err
	})
}

func (u usedIDs) first(key messageKey, seq uint64) uint64 {
	if first, found := u[key]; found {
		return first
	}
	u[key] = seq
	return seq
}

func scanStay(row pgx.CollectableRow) (domain.Stay, error) {
	var (
		s     domain.Stay
		nanos int16
	)
	err := row.Scan(&s.Channel, &s.Session, &s.User.ID, &s.User.Name, &s.User.Avatar, &s.Term, &s.JoinedSeq, &s.JoinedAt, &nanos)
	s.JoinedAt = exactly(s.JoinedAt, nanos)
	return s, err
}

// exactly returns the time that was stored in two parts.
func exactly(t time.Time, nanos int16) time.Time { return t.UTC().Add(time.Duration(nanos)) }

// lastEventAt returns when the last event of the records happened, or nil when
// none of them is one.
func lastEventAt(records []eventstore.Record) *time.Time {
	for i := len(records) - 1; i >= 0; i-- {
		if event := records[i].Event; event != nil {
			at := event.At()
			return &at
		}
	}
	return nil
}
