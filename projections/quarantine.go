package projections

import (
	"context"
	"math"
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
)

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
}

// Quarantine returns the quarantined entries after the given sequence, by
// sequence, limit at most. Errors are [ErrUnavailable] or the context's.
func (s *Store) Quarantine(ctx context.Context, after uint64, limit int) ([]Quarantined, error) {
	return collect(ctx, s, "read quarantine", func(row pgx.CollectableRow) (Quarantined, error) {
		var q Quarantined
		err := row.Scan(&q.Seq, &q.Subject, &q.Code, &q.Reason, &q.Payload, &q.PayloadBytes, &q.Stored)
		return q, err
	}, `SELECT seq, subject, code, reason, payload, payload_bytes, stored_at
	    FROM chitchat.quarantine WHERE seq > $1 ORDER BY seq LIMIT $2`,
		min(after, math.MaxInt64), limit)
}

// QuarantineCounts returns how many entries are quarantined, of each kind.
// Errors are [ErrUnavailable] or the context's.
func (s *Store) QuarantineCounts(ctx context.Context) (map[QuarantineCode]uint64, error) {
	type count struct {
		Code  QuarantineCode
		Count uint64
	}
	rows, err := collect(ctx, s, "count quarantine", pgx.RowToStructByPos[count],
		`SELECT code, count(*) FROM chitchat.quarantine GROUP BY code`)
	if err != nil {
		return nil, err
	}
	counts := make(map[QuarantineCode]uint64, len(rows))
	for _, row := range rows {
		counts[row.Code] = row.Count
	}
	return counts, nil
}
