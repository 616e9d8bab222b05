package projections

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bits-and-blooms/bloom/v3"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

const (
	// loadBatch bounds a transaction of a load, in events. Twice as many are no
	// faster; three batches are in memory at once.
	loadBatch = 10_000
	// filterBits and filterHashes are those of the Bloom filter of message ids:
	// 32 MiB, whatever the length of the log. Of ten million messages it takes
	// one in 2,700 for one that may have been there, of fifty million one in 13;
	// each is looked up, so that a longer log is slower and not wrong.
	filterBits   = 32 << 23
	filterHashes = 4
)

// loadSettings are for the session that fills tables without an index. A load
// that breaks off is thrown away, so its commits need not be on disk before the
// one that puts it into use. Two indexes are made at a time, which is
// parallel enough.
const loadSettings = `
SET search_path TO %s;
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';
SET max_parallel_maintenance_workers = 0;
SET jit = off;
SET lock_timeout = '10s';
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = '60s'`

// loader fills an empty read model from the first entry of a log, with COPY and
// without the large tables' indexes. It applies what a writer does, with two
// differences. A stay is written when it has ended. And a message whose id may
// have been used before is laid aside as a suspect, to be looked at when the
// index that tells is there. Like a writer it is not safe for concurrent use.
type loader struct {
	conn     *pgx.Conn
	at       domain.Position
	stored   int64 // when the log took the entry there, in ns since 1970
	presence *domain.Presence
	seen     *seenIDs
	suspects int
	batch    int // in events
	last     eventTime
}

// eventTime is when the event with a sequence happened.
type eventTime struct {
	seq uint64
	at  time.Time
}

// later returns the one of the later sequence.
func (t eventTime) later(other eventTime) eventTime {
	if other.seq > t.seq {
		return other
	}
	return t
}

// seenIDs is a set of message keys that never forgets one and may know too many.
type seenIDs struct {
	filter *bloom.BloomFilter
	key    []byte // reused
}

// first implements ids: it can't tell which sequence has a key.
func (s *seenIDs) first(key messageKey, seq uint64) uint64 {
	s.key = append(append(append(s.key[:0], key.userID...), 0), key.id...)
	if s.filter.TestOrAdd(s.key) {
		return 0
	}
	return seq
}

// newLoader returns a loader of the schema, whose empty tables and checkpoint
// there are.
func newLoader(ctx context.Context, conn *pgx.Conn, schema, epoch string) (*loader, error) {
	const suspects = `
CREATE UNLOGGED TABLE suspect (seq bigint NOT NULL, subject text NOT NULL, stored_nanos bigint NOT NULL, users bigint NOT NULL, payload bytea NOT NULL)`
	if _, err := conn.Exec(ctx, fmt.Sprintf(loadSettings, schema)+";"+suspects); err != nil {
		return nil, fmt.Errorf("set up the load: %w", err)
	}
	return &loader{
		conn:     conn,
		at:       domain.Position{Epoch: epoch},
		presence: domain.NewPresence(),
		seen:     &seenIDs{filter: bloom.New(filterBits, filterHashes)},
		batch:    loadBatch,
	}, nil
}

// limit makes the batches smaller, for a test.
func (l *loader) limit(batch int) {
	if batch > 0 {
		l.batch = batch
	}
}

// apply implements applier.
func (l *loader) apply(ctx context.Context, records []eventstore.Record, logSeq uint64) (outcome, error) {
	last := &records[len(records)-1]
	fold := newFold(l.seen, l.presence, len(records))
	for i := range records {
		fold.add(&records[i])
	}
	err := pgx.BeginFunc(ctx, l.conn, func(tx pgx.Tx) error {
		if err := fold.copyRows(ctx, tx); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		fold.writeCounts(batch)
		batch.Queue(`UPDATE checkpoint SET seq = $1, log_seq = $2, updated_at = now(), stored_nanos = $3`,
			last.Seq, max(logSeq, last.Seq), last.Stored.UnixNano())
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		fold.undo()
		return outcome{}, fmt.Errorf("load up to %d: %w", last.Seq, err)
	}
	l.at.Seq, l.stored = last.Seq, last.Stored.UnixNano()
	l.suspects += len(fold.suspects)
	l.last = l.last.later(lastEvent(records, fold.suspects))
	return fold.outcome, nil
}

// lastEvent returns the last event of the records that is no suspect.
func lastEvent(records []eventstore.Record, suspects []suspect) eventTime {
	left := len(suspects)
	for i := len(records) - 1; i >= 0; i-- {
		if left > 0 && suspects[left-1].record == &records[i] {
			left--
			continue
		}
		if event := records[i].Event; event != nil {
			return eventTime{records[i].Seq, event.At()}
		}
	}
	return eventTime{}
}

// copyRows copies what has a row for each entry.
func (f *fold) copyRows(ctx context.Context, tx pgx.Tx) error {
	ended := make([]*stayRow, 0, len(f.stays))
	for _, row := range f.stays {
		if row.leftSeq > 0 {
			ended = append(ended, row)
		}
	}
	for _, table := range []struct {
		name    string
		columns []string
		rows    int
		row     func(int) ([]any, error)
	}{
		{"message", messageColumns, len(f.messages), f.messageRow},
		{"event", []string{"seq", "channel", "type", "at", "payload"}, len(f.events), f.eventRow},
		{"session", sessionColumns, len(ended), func(i int) ([]any, error) { return ended[i].columns(), nil }},
		{"suspect", []string{"seq", "subject", "stored_nanos", "users", "payload"}, len(f.suspects), f.suspectRow},
	} {
		if table.rows == 0 {
			continue
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{table.name}, table.columns, pgx.CopyFromSlice(table.rows, table.row)); err != nil {
			return fmt.Errorf("copy into %s: %w", table.name, err)
		}
	}
	return nil
}

var messageColumns = []string{"channel", "seq", "id", "user_id", "user_name", "user_avatar", "sent_at", "sent_nanos", "text"}

func (f *fold) messageRow(i int) ([]any, error) {
	record := f.messages[i]
	m, _ := record.Event.(*domain.MessagePosted)
	return []any{string(record.Channel), int64(record.Seq), m.ID, m.From.ID, m.From.Name, optional(m.From.Avatar),
		m.SentAt, nanosOf(m.SentAt), m.Text}, nil
}

func (f *fold) eventRow(i int) ([]any, error) {
	record := f.events[i]
	return []any{int64(record.Seq), string(record.Channel), string(record.Event.Type()), record.Event.At(), payloadOf(record)}, nil
}

func (f *fold) suspectRow(i int) ([]any, error) {
	record := f.suspects[i].record
	return []any{int64(record.Seq), record.Subject, record.Stored.UnixNano(), int64(f.suspects[i].users), record.Payload}, nil
}

var sessionColumns = []string{"joined_seq", "channel", "session", "user_id", "user_name", "user_avatar", "term",
	"joined_at", "joined_nanos", "left_seq", "left_at", "reason"}

func (r *stayRow) columns() []any {
	row := []any{int64(r.JoinedSeq), string(r.Channel), r.Session, r.User.ID, r.User.Name, optional(r.User.Avatar), r.Term,
		r.JoinedAt, nanosOf(r.JoinedAt), nil, nil, nil}
	if r.leftSeq > 0 {
		row[9], row[10], row[11] = int64(r.leftSeq), r.leftAt, string(r.reason)
	}
	return row
}

func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// writeOpen copies the stays that have not ended: the end of a load.
func (l *loader) writeOpen(ctx context.Context) error {
	stays := l.presence.Stays()
	slices.SortFunc(stays, func(a, b domain.Stay) int { return cmp.Compare(a.JoinedSeq, b.JoinedSeq) })
	_, err := l.conn.CopyFrom(ctx, pgx.Identifier{"session"}, sessionColumns, pgx.CopyFromSlice(len(stays), func(i int) ([]any, error) {
		return (&stayRow{Stay: stays[i]}).columns(), nil
	}))
	if err != nil {
		return fmt.Errorf("copy the open stays: %w", err)
	}
	return nil
}

// judge looks at the suspects, in their order, when the index of message ids is
// there, and reports each batch of them. Then none is left, and the checkpoint
// has the time of the last event.
func (l *loader) judge(ctx context.Context, applied func(outcome)) error {
	if l.suspects > 0 {
		if _, err := l.conn.Exec(ctx, `CREATE INDEX ON suspect (seq)`); err != nil {
			return fmt.Errorf("order the suspects: %w", err)
		}
	}
	for after, left := uint64(0), l.suspects; left > 0; {
		suspects, err := l.nextSuspects(ctx, after)
		if err != nil {
			return err
		}
		late := &lateApplier{conn: l.conn, users: make(map[uint64]int, len(suspects))}
		records := make([]eventstore.Record, len(suspects))
		for i, s := range suspects {
			records[i], late.users[s.record.Seq] = *s.record, s.users
		}
		if err := apply(ctx, late, records, 0, applied); err != nil {
			return fmt.Errorf("judge the messages after %d: %w", after, err)
		}
		l.last = l.last.later(late.last)
		left -= len(suspects)
		after = records[len(records)-1].Seq
	}
	if _, err := l.conn.Exec(ctx, `DROP TABLE suspect`); err != nil {
		return fmt.Errorf("drop the suspects: %w", err)
	}
	if l.last.seq == 0 {
		return nil
	}
	if _, err := l.conn.Exec(ctx, `UPDATE checkpoint SET event_at = $1`, l.last.at); err != nil {
		return fmt.Errorf("note the last event's time: %w", err)
	}
	return nil
}

func (l *loader) nextSuspects(ctx context.Context, after uint64) ([]suspect, error) {
	rows, _ := l.conn.Query(ctx, `
SELECT seq, subject, stored_nanos, users, payload FROM suspect WHERE seq > $1 ORDER BY seq LIMIT $2`, after, MaxBatch)
	suspects, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (suspect, error) {
		var (
			s       suspect
			seq     uint64
			subject string
			stored  int64
			payload []byte
		)
		err := row.Scan(&seq, &subject, &stored, &s.users, &payload)
		record := eventstore.Decode(subject, seq, time.Unix(0, stored).UTC(), payload)
		s.record = &record
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the suspects: %w", err)
	}
	return suspects, nil
}

// loadTo loads the log up to a sequence that it has, and reports each batch.
// One goroutine gathers the next batch while this one is written.
func (l *loader) loadTo(ctx context.Context, reader Reader, upTo uint64, applied func(outcome)) error {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan []eventstore.Record, 1)
	group.Go(func() error {
		defer close(batches)
		return gather(ctx, reader, l.at.Seq, upTo, l.batch, batches)
	})
	group.Go(func() error {
		for records := range batches {
			if err := apply(ctx, l, records, upTo, applied); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// gather reads from behind one sequence up to another and gives it in batches.
func gather(ctx context.Context, reader Reader, after, upTo uint64, limit int, batches chan<- []eventstore.Record) error {
	var batch []eventstore.Record
	size := 0
	for after < upTo {
		records, err := readNext(ctx, reader, int(min(uint64(limit-len(batch)), upTo-after)))
		if err != nil {
			return fmt.Errorf("read the log behind %d: %w", after, err)
		}
		batch = append(batch, records...)
		after = records[len(records)-1].Seq
		for i := range records {
			size += len(records[i].Payload)
		}
		if len(batch) < limit && size < maxBatchBytes && after < upTo {
			continue
		}
		select {
		case batches <- batch:
			batch, size = make([]eventstore.Record, 0, limit), 0
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
