package projections

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

// messageKey is what makes a message the same one.
type messageKey struct{ userID, id string }

// sessionKey is a session's place in a channel.
type sessionKey struct{ channel, session string }

// refusal is why Postgres does not take an event.
type refusal struct{ cause error }

func (r *refusal) Error() string { return r.cause.Error() }

// stayRow is a row of table session that a batch made or changed.
type stayRow struct {
	domain.Stay
	known   bool   // it was there before the batch
	leftSeq uint64 // 0 while the stay lasts
	leftAt  time.Time
	reason  domain.Reason
}

// tally is what a batch adds to a user's row or a channel's.
type tally struct {
	key                string
	user               domain.User // as of the last event; unused for a channel
	firstSeq, lastSeq  uint64
	firstAt, lastAt    time.Time
	messages, sessions int64
}

// fold is what a batch of records says, as the rows to write. It is made in the
// log's order, from the records and what the tables held before.
type fold struct {
	first    map[messageKey]uint64 // the sequence that has the key
	presence *domain.Presence
	messages []eventstore.Record
	stays    []*stayRow
	byJoin   map[uint64]*stayRow
	users    map[string]*tally
	channels map[string]*tally

	quarantined []Quarantined
	outcome     outcome
}

// outcome is what a transaction did, for the status.
type outcome struct {
	events, quarantined, duplicates int
	at                              time.Time // of the last event
	reason                          string    // of the first in quarantine
}

// keysOf returns what the fold needs to know before it: which messages and
// which sessions the records are about.
func keysOf(records []eventstore.Record) (messages []messageKey, sessions []sessionKey) {
	for i := range records {
		channel := string(records[i].Channel)
		switch e := records[i].Event.(type) {
		case *domain.MessagePosted:
			messages = append(messages, messageKey{e.From.ID, e.ID})
		case *domain.SessionJoined:
			sessions = append(sessions, sessionKey{channel, e.Session})
		case *domain.SessionLeft:
			sessions = append(sessions, sessionKey{channel, e.Session})
		}
	}
	slices.SortFunc(sessions, func(a, b sessionKey) int {
		return cmp.Or(cmp.Compare(a.channel, b.channel), cmp.Compare(a.session, b.session))
	})
	return messages, slices.Compact(sessions)
}

// newFold begins with what the tables hold about the keys of the batch.
func newFold(first map[messageKey]uint64, open []domain.Stay) *fold {
	return &fold{
		first:    first,
		presence: domain.NewPresence(open...),
		byJoin:   make(map[uint64]*stayRow),
		users:    make(map[string]*tally),
		channels: make(map[string]*tally),
	}
}

func (f *fold) add(record eventstore.Record) {
	if record.Err != nil || record.Event == nil {
		f.reject(record)
		return
	}
	message, isMessage := record.Event.(*domain.MessagePosted)
	if isMessage {
		key := messageKey{message.From.ID, message.ID}
		if first, found := f.first[key]; found {
			f.drop(record, first)
			return
		}
		f.first[key] = record.Seq
		f.messages = append(f.messages, record)
	}
	change := f.presence.Apply(record.Channel, record.Seq, record.Event)
	f.stay(record, change)
	f.count(f.users, record.Event.By().ID, record, isMessage, change.Opened)
	f.count(f.channels, string(record.Channel), record, isMessage, change.Opened)
	f.outcome.events++
	f.outcome.at = record.Event.At()
}

// reject puts an entry that is no event, or is refused, into quarantine.
func (f *fold) reject(record eventstore.Record) {
	code, reason := Invalid, "it is no event"
	var refusal *refusal
	if errors.As(record.Err, &refusal) {
		code = Refused
	}
	var rule *domain.Error
	switch {
	case errors.As(record.Err, &rule):
		reason = rule.Message
	case record.Err != nil:
		reason = record.Err.Error()
	}
	f.quarantine(record, code, reason)
	f.outcome.quarantined++
	if f.outcome.reason == "" {
		f.outcome.reason = fmt.Sprintf("sequence %d: %s", record.Seq, reason)
	}
}

// drop leaves out a message whose sender has used its id before, at first.
func (f *fold) drop(record eventstore.Record, first uint64) {
	f.quarantine(record, Duplicate, fmt.Sprintf("duplicate of sequence %d", first))
	f.outcome.duplicates++
}

func (f *fold) quarantine(record eventstore.Record, code QuarantineCode, reason string) {
	f.quarantined = append(f.quarantined, Quarantined{
		Seq:          record.Seq,
		Subject:      plain(record.Subject),
		Code:         code,
		Reason:       plain(reason),
		Payload:      record.Payload[:min(len(record.Payload), maxQuarantinedBytes)],
		PayloadBytes: int64(len(record.Payload)),
		Stored:       record.Stored,
	})
}

// stay takes over what the event did to a session.
func (f *fold) stay(record eventstore.Record, change domain.Change) {
	if !change.Opened && !change.Moved && !change.Closed {
		return
	}
	row := f.byJoin[change.Stay.JoinedSeq]
	if row == nil {
		row = &stayRow{known: !change.Opened}
		f.byJoin[change.Stay.JoinedSeq] = row
		f.stays = append(f.stays, row)
	}
	row.Stay = change.Stay
	if left, ok := record.Event.(*domain.SessionLeft); ok {
		row.leftSeq, row.leftAt, row.reason = record.Seq, left.SentAt, left.Reason
	}
}

func (f *fold) count(tallies map[string]*tally, key string, record eventstore.Record, message, opened bool) {
	t := tallies[key]
	if t == nil {
		t = &tally{key: key, firstSeq: record.Seq, firstAt: record.Event.At()}
		tallies[key] = t
	}
	t.user = record.Event.By()
	t.lastSeq, t.lastAt = record.Seq, record.Event.At()
	if message {
		t.messages++
	}
	if opened {
		t.sessions++
	}
}

// sorted returns the tallies by key, so that all writers take row locks in one
// order.
func sorted(tallies map[string]*tally) []*tally {
	all := make([]*tally, 0, len(tallies))
	for _, t := range tallies {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *tally) int { return cmp.Compare(a.key, b.key) })
	return all
}
