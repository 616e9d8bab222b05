package projections

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/domain"
)

// QuarantineCode is the kind of reason why an entry of the log was not applied.
type QuarantineCode string

const (
	// Invalid is an entry that is no event: not JSON, an unknown type, U+0000.
	Invalid QuarantineCode = "invalid"
	// Refused is an event that Postgres does not take.
	Refused QuarantineCode = "refused"
	// Duplicate is a message whose sender had used its id before. It is no
	// fault: nothing is lost, and it is here so that each entry of the log is
	// either applied or accounted for.
	Duplicate QuarantineCode = "duplicate"
	// Skipped is no reason but what [Store.QuarantineCounts] counts those under,
	// whatever their code, that an operator has looked at; see [Store.Skip]. No
	// entry has it.
	Skipped QuarantineCode = "skipped"
)

// ErrNotQuarantined says that an entry is not in the quarantine.
var ErrNotQuarantined = errors.New("it is not in the quarantine")

// maxQuarantinedBytes bounds what is kept of an entry's payload, in bytes. More
// is no event by [domain.MaxEventBytes], and the log has all of it.
const maxQuarantinedBytes = domain.MaxEventBytes

// Quarantined is an entry of the log that was not applied.
type Quarantined struct {
	Seq     uint64
	Subject string
	Code    QuarantineCode
	// Reason is for operators: it may show what Postgres said.
	Reason string
	// Payload is the entry's beginning, up to 64 KiB, of PayloadBytes.
	Payload      []byte
	PayloadBytes int64
	// Stored is when the log took the entry.
	Stored time.Time
	// Since is when a projector put it here, and Skipped when an operator
	// wanted to hear no more of it; zero when none did. Both are by the
	// database's clock, and no part of what the log says.
	Since, Skipped time.Time
}

// QuarantineQuery says which entries to read.
type QuarantineQuery struct {
	// After is a sequence, itself excluded.
	After uint64
	// Limit is how many at most.
	Limit int
	// All includes what needs nobody's look: duplicates, and what was skipped.
	All bool
}

const selectQuarantine = `
SELECT seq, subject, code, reason, payload, payload_bytes, stored_at, quarantined_at, skipped_at
FROM chitchat.quarantine`

// Quarantine returns the quarantined entries after the given sequence, by
// sequence, limit at most. Errors are [ErrUnavailable] or the context's.
func (s *Store) Quarantine(ctx context.Context, after uint64, limit int) ([]Quarantined, error) {
	return s.ListQuarantine(ctx, QuarantineQuery{After: after, Limit: limit, All: true})
}

// ListQuarantine returns quarantined entries by sequence. Errors are
// [ErrUnavailable] or the context's.
func (s *Store) ListQuarantine(ctx context.Context, query QuarantineQuery) ([]Quarantined, error) {
	return collect(ctx, s, "read quarantine", scanQuarantined, selectQuarantine+`
WHERE seq > $1 AND ($2 OR code <> $3 AND skipped_at IS NULL)
ORDER BY seq LIMIT $4`, min(query.After, math.MaxInt64), query.All, Duplicate, query.Limit)
}

// QuarantinedAt returns the quarantined entry of the sequence. Errors are
// [ErrNotQuarantined], [ErrUnavailable] or the context's.
func (s *Store) QuarantinedAt(ctx context.Context, seq uint64) (Quarantined, error) {
	found, err := collect(ctx, s, "read quarantine", scanQuarantined, selectQuarantine+` WHERE seq = $1`, min(seq, math.MaxInt64))
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("sequence %d: %w", seq, ErrNotQuarantined)
	}
	if err != nil {
		return Quarantined{}, err
	}
	return found[0], nil
}

func scanQuarantined(row pgx.CollectableRow) (Quarantined, error) {
	var (
		q       Quarantined
		skipped *time.Time
	)
	err := row.Scan(&q.Seq, &q.Subject, &q.Code, &q.Reason, &q.Payload, &q.PayloadBytes, &q.Stored, &q.Since, &skipped)
	if skipped != nil {
		q.Skipped = *skipped
	}
	return q, err
}

// Skip notes that an operator has looked at these entries and wants to hear no
// more of them, through all rebuilds; undo takes that back. They stay in the
// quarantine. Errors are [ErrNotQuarantined] when one of them is not there,
// which leaves all as they were, [ErrUnavailable] or the context's.
func (s *Store) Skip(ctx context.Context, seqs []uint64, undo bool) error {
	change := `INSERT INTO chitchat.skipped (epoch, seq) SELECT epoch, seq FROM found WHERE complete ON CONFLICT DO NOTHING`
	if undo {
		change = `DELETE FROM chitchat.skipped s USING found f WHERE f.complete AND s.epoch = f.epoch AND s.seq = f.seq`
	}
	wanted := slices.Compact(slices.Sorted(slices.Values(seqs)))
	found, err := collect(ctx, s, "skip quarantined entries", pgx.RowTo[uint64], `
WITH found AS MATERIALIZED (
  SELECT c.epoch, q.seq, count(*) OVER () = cardinality($1::bigint[]) AS complete
  FROM chitchat.quarantine q CROSS JOIN chitchat.checkpoint c
  WHERE q.seq = ANY ($1)
), changed AS (`+change+`)
SELECT seq FROM found ORDER BY seq`, bigints(wanted))
	if err != nil {
		return err
	}
	for _, seq := range wanted {
		if !slices.Contains(found, seq) {
			return fmt.Errorf("sequence %d: %w", seq, ErrNotQuarantined)
		}
	}
	return nil
}

// bigints are the sequences as SQL can hold them, which has no larger ones.
func bigints(seqs []uint64) []int64 {
	all := make([]int64, len(seqs))
	for i, seq := range seqs {
		all[i] = int64(min(seq, math.MaxInt64))
	}
	return all
}

// QuarantineCounts returns how many entries are quarantined, of each kind. Those
// that need a look are the [Invalid] and the [Refused]; what was skipped of them
// is counted by itself, as [Skipped]. Errors are [ErrUnavailable] or the
// context's.
func (s *Store) QuarantineCounts(ctx context.Context) (map[QuarantineCode]uint64, error) {
	type count struct {
		Code  QuarantineCode
		Count uint64
	}
	rows, err := collect(ctx, s, "count quarantine", pgx.RowToStructByPos[count], `
SELECT CASE WHEN code <> $1 AND skipped_at IS NOT NULL THEN $2 ELSE code END, count(*)
FROM chitchat.quarantine GROUP BY 1`, Duplicate, Skipped)
	if err != nil {
		return nil, err
	}
	counts := make(map[QuarantineCode]uint64, len(rows))
	for _, row := range rows {
		counts[row.Code] = row.Count
	}
	return counts, nil
}
