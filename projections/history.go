package projections

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/domain"
)

const (
	// DefaultPage is how many messages a page has when nobody says.
	DefaultPage = 50
	// MaxPage bounds a page, in messages. The contract names it.
	MaxPage = 200
	// clockWindow is how many messages, by time, are looked at to find the
	// first of a time by sequence: servers' clocks differ a little, so the
	// first by time need not be the first in the log.
	clockWindow = 1000
)

// Message is a message as the log has it, with its sequence.
type Message struct {
	Seq uint64
	domain.MessagePosted
}

// MessageQuery says which messages of a channel to read. After and StartTime
// are lower bounds: with either, reading begins there and goes on to newer
// messages, until Before. Without, it begins at Before, or at the newest
// message, and goes back.
type MessageQuery struct {
	// Limit is how many at most; 0 is [DefaultPage], more than [MaxPage] is
	// MaxPage.
	Limit int
	// Before and After are sequences, themselves excluded; 0 is no bound.
	Before, After uint64
	// StartTime leaves out what was sent before it; nil is no bound. It looks
	// for the place in the log where that time begins, and a message whose
	// server's clock was far ahead of the others' may stand before that place.
	StartTime *time.Time
}

// MessagePage is a part of a channel's history.
type MessagePage struct {
	// Messages are in the order of the log, oldest first.
	Messages []Message
	// Position is what was applied when the page was read: a socket that
	// resumes after it continues exactly there.
	Position domain.Position
	// HasMore says that there are more in the direction of reading.
	HasMore bool
}

// The position comes with each row, and as a row of its own when there is no
// message: one statement, one snapshot.
const (
	selectPage = `
SELECT f.epoch, f.applied_seq, coalesce(m.seq, 0), coalesce(m.id, ''), coalesce(m.user_id, ''), coalesce(m.user_name, ''),
       coalesce(m.user_avatar, ''), coalesce(m.sent_at, 'epoch'), coalesce(m.sent_nanos, 0), coalesce(m.text, '')
FROM chat.freshness f LEFT JOIN LATERAL (
  SELECT seq, id, user_id, user_name, user_avatar, sent_at, sent_nanos, text
  FROM chat.messages WHERE channel = $1 AND seq < $2`
	pageBack    = selectPage + ` ORDER BY seq DESC LIMIT $3) m ON true ORDER BY m.seq DESC`
	pageForward = selectPage + ` AND seq > $4 ORDER BY seq LIMIT $3) m ON true ORDER BY m.seq`
	pageFrom    = selectPage + ` AND seq > $4 AND sent_at >= $5 AND seq >= (
    SELECT min(seq) FROM (SELECT seq FROM chat.messages WHERE sent_at >= $5 ORDER BY sent_at LIMIT $6) AS early
  ) ORDER BY seq LIMIT $3) m ON true ORDER BY m.seq`
)

// Messages returns a page of the channel's history; a channel that nobody has
// used is empty. Errors are [ErrUnavailable] or the context's.
func (s *Store) Messages(ctx context.Context, channel domain.Channel, query MessageQuery) (MessagePage, error) {
	limit := query.limit()
	before := query.Before
	if before == 0 {
		before = math.MaxInt64
	}
	args := []any{string(channel), before, limit + 1}
	sql, back := pageBack, false
	switch {
	case query.StartTime != nil:
		sql, args = pageFrom, append(args, query.After, *query.StartTime, clockWindow)
	case query.After > 0:
		sql, args = pageForward, append(args, query.After)
	default:
		back = true
	}
	scan := newMessageScan()
	messages, err := collect(ctx, s, "read messages", scan.row, sql, args...)
	if err != nil {
		return MessagePage{}, err
	}
	return MessagePage{Position: scan.position}.finish(messages, limit, back)
}

func (q MessageQuery) limit() int {
	switch {
	case q.Limit <= 0:
		return DefaultPage
	case q.Limit > MaxPage:
		return MaxPage
	}
	return q.Limit
}

// messageScan reads the rows of a page into one place, again and again: an
// allocation a column less.
type messageScan struct {
	position domain.Position
	message  Message
	nanos    int16
	into     []any
}

func newMessageScan() *messageScan {
	s := new(messageScan)
	m := &s.message
	s.into = []any{&s.position.Epoch, &s.position.Seq, &m.Seq, &m.ID, &m.From.ID, &m.From.Name,
		&m.From.Avatar, &m.SentAt, &s.nanos, &m.Text}
	return s
}

func (s *messageScan) row(row pgx.CollectableRow) (Message, error) {
	if err := row.Scan(s.into...); err != nil {
		return Message{}, err
	}
	s.into[0], s.into[1] = nil, nil // the position is the same in each row
	message := s.message
	message.SentAt = exactly(message.SentAt, s.nanos)
	return message, nil
}

// finish takes the one message too many away, which says that there are more,
// and brings the rest into the log's order.
func (p MessagePage) finish(messages []Message, limit int, back bool) (MessagePage, error) {
	if len(messages) == 0 {
		return MessagePage{}, errNoModel
	}
	if messages[0].Seq == 0 {
		messages = messages[:0]
	}
	if p.HasMore = len(messages) > limit; p.HasMore {
		messages = messages[:limit]
	}
	if back {
		slices.Reverse(messages)
	}
	p.Messages = messages
	return p, nil
}

// FindMessage returns the sequence of the message that the user sent under the
// id, and whether there is one. Errors are [ErrUnavailable] or the context's.
func (s *Store) FindMessage(ctx context.Context, userID, id string) (seq uint64, found bool, err error) {
	rows, err := collect(ctx, s, "find message", pgx.RowToStructByPos[domain.Position],
		`SELECT f.epoch, coalesce(m.seq, 0)
		 FROM chat.freshness f LEFT JOIN chat.messages m ON m.user_id = $1 AND m.id = $2`, userID, id)
	if err != nil {
		return 0, false, err
	}
	if len(rows) == 0 {
		return 0, false, errNoModel
	}
	if err := s.of(rows[0].Epoch); err != nil {
		return 0, false, fmt.Errorf("find message: %w", err)
	}
	return rows[0].Seq, rows[0].Seq > 0, nil
}
