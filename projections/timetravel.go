package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/domain"
)

// clockSkew is how far servers' clocks are taken to differ at most: what one of
// them dates farther off says nothing about where in the log a time is.
const clockSkew = time.Minute

// Moment is a place in the past of the log: behind a sequence, or at a time.
//
// Behind a sequence, everything at or before it has happened, and nothing else.
//
// A time is turned into such a sequence by the events' own times, which come
// from several servers' clocks. It is the highest sequence of the events within
// [clockSkew] of the last one that happened at that time or before; but when an
// event dated within clockSkew after the time stands before that in the log, the
// sequence before the first such event: nothing is shown that was dated later.
// Of each side at most [clockWindow] events are looked at, the nearest. A time
// that no event comes after is the end of what is applied, one that none comes
// before is sequence 0. So one event with a wild date, from a program whose
// clock is wrong, moves the times around that date and no others.
type Moment struct {
	// Time is the time, when it is not zero.
	Time time.Time
	// Seq is the sequence, when Time is zero.
	Seq uint64
}

// momentLayouts are the forms of a time but RFC 3339, which has an offset.
var momentLayouts = []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"}

// errNoMoment says what a moment looks like.
var errNoMoment = errors.New("it is neither a sequence, like 812, nor a time, like 2026-01-31T12:00:00Z or 2026-01-31 12:00")

// ParseMoment returns the moment that the text names: digits alone are a
// sequence, else it is a time, in RFC 3339 or like 2026-01-31 12:00, which is
// then one of the zone. The error says what it may be.
func ParseMoment(text string, zone *time.Location) (Moment, error) {
	if seq, err := strconv.ParseUint(text, 10, 63); err == nil { // 63 bits: SQL has no larger ones
		return Moment{Seq: seq}, nil
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return Moment{Time: at}, nil
	}
	for _, layout := range momentLayouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return Moment{Time: at}, nil
		}
	}
	return Moment{}, errNoMoment
}

// BeyondError says that a moment's sequence is behind what is applied. When the
// log had it as a projector last saw it, it is [ErrUnavailable]: it passes.
type BeyondError struct {
	// Seq was asked for, Applied is the last one that the tables have, and
	// LogSeq the log's last one as far as they know.
	Seq, Applied, LogSeq uint64
}

// Error says how far the tables and the log are.
func (e *BeyondError) Error() string {
	if e.Seq <= e.LogSeq {
		return fmt.Sprintf("sequence %d is not applied yet: the tables have %d, the log %d", e.Seq, e.Applied, e.LogSeq)
	}
	return fmt.Sprintf("sequence %d is beyond the log, which ends at %d as far as the tables know", e.Seq, e.LogSeq)
}

// Is makes an error that passes [ErrUnavailable].
func (e *BeyondError) Is(target error) bool { return target == ErrUnavailable && e.Seq <= e.LogSeq }

// Past is a channel as it was at a moment.
type Past struct {
	// At is the moment's sequence. A moment that was given as a time is asked
	// for by it from then on, so that the pages belong together.
	At uint64
	// Messages of At or before, with the position at which all of this is true:
	// what was applied when it was read.
	MessagePage
	// Users are those who were present, in the order in which they came.
	Users []Present
}

// PastRoster is who was in a channel at a moment.
type PastRoster struct {
	// At is the moment's sequence.
	At uint64
	Roster
}

// The row of the moment comes first, with what is applied; those of messages
// and stays follow: one statement, one snapshot.
const (
	withMoment = `
WITH moment AS MATERIALIZED (
  SELECT f.epoch, f.applied_seq, f.log_seq, CASE
    WHEN $2::timestamptz IS NULL THEN $3::bigint
    WHEN NOT EXISTS (SELECT FROM chat.events WHERE at > $2) THEN f.applied_seq
    ELSE least(
      (SELECT min(seq) - 1 FROM (
        SELECT seq FROM chat.events WHERE at > $2 AND at <= $2 + $4::interval ORDER BY at LIMIT $5) AS early),
      coalesce((SELECT max(seq) FROM (
        SELECT seq FROM chat.events
        WHERE at <= $2 AND at >= (SELECT at FROM chat.events WHERE at <= $2 ORDER BY at DESC LIMIT 1) - $4::interval
        ORDER BY at DESC LIMIT $5) AS late), 0))
    END AS seq
  FROM chat.freshness f
)
SELECT 'moment' AS kind, epoch, applied_seq, log_seq, seq, '' AS id, '' AS user_id, '' AS user_name, '' AS user_avatar,
       'epoch'::timestamptz AS at, 0::smallint AS nanos, '' AS text
FROM moment`
	pastStays = `
UNION ALL
SELECT 'stay', '', 0, 0, joined_seq, session, user_id, user_name, coalesce(user_avatar, ''), joined_at, joined_nanos, term
FROM chat.sessions
WHERE channel = $1 AND joined_seq <= (SELECT seq FROM moment) AND (left_seq IS NULL OR left_seq > (SELECT seq FROM moment))`
	pastMessages = `
UNION ALL
SELECT 'message', '', 0, 0, p.seq, p.id, p.user_id, p.user_name, coalesce(p.user_avatar, ''), p.sent_at, p.sent_nanos, p.text
FROM (
  SELECT seq, id, user_id, user_name, user_avatar, sent_at, sent_nanos, text FROM chat.messages
  WHERE channel = $1 AND seq <= (SELECT seq FROM moment) AND seq < $6 AND seq > $7`
	pastBack    = withMoment + pastStays + pastMessages + ` ORDER BY seq DESC LIMIT $8) p`
	pastForward = withMoment + pastStays + pastMessages + ` ORDER BY seq LIMIT $8) p`
	pastPeople  = withMoment + pastStays
)

// MessagesAt returns the channel as it was at the moment: a page of its
// messages, of those that query asks for, and who was present. A StartTime is
// taken for the beginning of time: reading begins at the oldest message. Errors
// are a [*BeyondError] when the moment's sequence is not applied,
// [ErrUnavailable] or the context's.
func (s *Store) MessagesAt(ctx context.Context, channel domain.Channel, moment Moment, query MessageQuery) (Past, error) {
	limit, before, sql := query.limit(), query.Before, pastBack
	if before == 0 {
		before = math.MaxInt64
	}
	forward := query.After > 0 || query.StartTime != nil
	if forward {
		sql = pastForward
	}
	past, err := s.past(ctx, sql, moment, string(channel), min(before, math.MaxInt64), min(query.After, math.MaxInt64), limit+1)
	if err != nil {
		return Past{}, err
	}
	messages := make([]Message, 0, len(past.messages))
	for _, row := range past.messages {
		messages = append(messages, row.message())
	}
	page := MessagePage{Position: past.position}.cut(messages, limit, !forward)
	return Past{At: past.at, MessagePage: page, Users: present(past.stays)}, nil
}

// PeopleAt returns who was in the channel at the moment, each user once, as
// they were called when their newest session of then began. Errors are those of
// [Store.MessagesAt].
func (s *Store) PeopleAt(ctx context.Context, channel domain.Channel, moment Moment) (PastRoster, error) {
	past, err := s.past(ctx, pastPeople, moment, string(channel))
	if err != nil {
		return PastRoster{}, err
	}
	return PastRoster{At: past.at, Roster: Roster{Users: present(past.stays), Position: past.position}}, nil
}

// pastRow is a row of the statements above.
type pastRow struct {
	Kind, Epoch                  string
	Applied, LogSeq, Seq         uint64
	ID, UserID, UserName, Avatar string
	At                           time.Time
	Nanos                        int16
	Text                         string
}

func (r *pastRow) message() Message {
	return Message{Seq: r.Seq, MessagePosted: domain.MessagePosted{
		Header: domain.Header{From: r.user(), SentAt: exactly(r.At, r.Nanos)},
		ID:     r.ID,
		Text:   r.Text,
	}}
}

func (r *pastRow) user() domain.User {
	return domain.User{ID: r.UserID, Name: r.UserName, Avatar: r.Avatar}
}

// pastRows are the rows of one answer, in the order of the log.
type pastRows struct {
	at              uint64
	position        domain.Position
	messages, stays []pastRow
}

// past runs one of the statements above, whose arguments behind those of the
// moment are more.
func (s *Store) past(ctx context.Context, sql string, moment Moment, channel string, more ...any) (pastRows, error) {
	var at *time.Time
	if !moment.Time.IsZero() {
		at = &moment.Time
	}
	args := append([]any{channel, at, min(moment.Seq, math.MaxInt64), clockSkew, clockWindow}, more...)
	rows, err := collect(ctx, s, "read the past", pgx.RowToStructByPos[pastRow], sql, args...)
	if err != nil {
		return pastRows{}, err
	}
	slices.SortStableFunc(rows, func(a, b pastRow) int { return cmp.Compare(a.Seq, b.Seq) })
	var past pastRows
	found := false
	for _, row := range rows {
		switch row.Kind {
		case "message":
			past.messages = append(past.messages, row)
		case "stay":
			past.stays = append(past.stays, row)
		default:
			found, past.at, past.position = true, row.Seq, domain.Position{Epoch: row.Epoch, Seq: row.Applied}
			if row.Seq > row.Applied {
				err = &BeyondError{Seq: row.Seq, Applied: row.Applied, LogSeq: row.LogSeq}
			}
		}
	}
	switch {
	case !found:
		return pastRows{}, errNoModel
	case err == nil && at == nil:
		err = s.of(past.position.Epoch)
	}
	if err != nil {
		return pastRows{}, fmt.Errorf("read the past: %w", err)
	}
	return past, nil
}

// cut takes the one message too many away, which says that there are more in the
// direction of reading. They are in the log's order.
func (p MessagePage) cut(messages []Message, limit int, back bool) MessagePage {
	p.Messages = messages
	if p.HasMore = len(messages) > limit; !p.HasMore {
		return p
	}
	if back {
		p.Messages = messages[1:]
	} else {
		p.Messages = messages[:limit]
	}
	return p
}

// present folds the stays, which are in the order in which they began, into the
// users.
func present(stays []pastRow) []Present {
	users, places := []Present{}, make(map[string]int)
	for _, stay := range stays {
		place, found := places[stay.UserID]
		if !found {
			place = len(users)
			places[stay.UserID] = place
			users = append(users, Present{})
		}
		users[place].User = stay.user()
		users[place].Sessions = append(users[place].Sessions, stay.ID)
	}
	return users
}
