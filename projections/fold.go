package projections

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

// messageKey is what makes a message the same one.
type messageKey struct{ userID, id string }

// refusal is why Postgres does not take an event. What it says is the same
// whichever statement was to write it.
type refusal struct{ cause *pgconn.PgError }

func (r *refusal) Error() string {
	return fmt.Sprintf("Postgres refuses it: %s (SQLSTATE %s)", r.cause.Message, r.cause.Code)
}

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

// dayKey is a channel's day.
type dayKey struct {
	channel string
	day     int64 // since 1970-01-01, in UTC
}

// secondsPerDay are those of a day of UTC, which has no leap seconds in Go.
const secondsPerDay = 24 * 60 * 60

func dayOf(channel string, at time.Time) dayKey {
	return dayKey{channel, at.Unix() / secondsPerDay} // events are of 1970 or later
}

func (k dayKey) date() time.Time { return time.Unix(k.day*secondsPerDay, 0).UTC() }

func (k dayKey) compare(other dayKey) int {
	return cmp.Or(cmp.Compare(k.channel, other.channel), cmp.Compare(k.day, other.day))
}

// dayTally is what a batch adds to a channel's day.
type dayTally struct {
	messages, joins int64
	peak            int64 // the most users at any of its events
	senders         map[string]struct{}
}

// ids knows which message keys the log used before.
type ids interface {
	// first returns the sequence that has the key, which is seq itself when
	// nobody used it before. It is 0 when that can't be told yet.
	first(key messageKey, seq uint64) uint64
}

// suspect is a message that may be a duplicate, to be looked at again when that
// can be told.
type suspect struct {
	record *eventstore.Record
	users  int // in its channel at that moment
}

// fold is what a batch of records says, as the rows to write. It is made in the
// log's order, from the records, who was there before and which ids were used.
type fold struct {
	ids      ids
	presence *domain.Presence // goes on from batch to batch
	changes  []domain.Change  // what this batch did to presence

	events   []*eventstore.Record
	messages []*eventstore.Record
	stays    []*stayRow
	byJoin   map[uint64]*stayRow
	users    map[string]*tally
	channels map[string]*tally
	days     map[dayKey]*dayTally

	suspects    []suspect
	quarantined []Quarantined
	outcome     outcome
}

// outcome is what a transaction did, for the status.
type outcome struct {
	events, quarantined, duplicates int
	at                              time.Time // of the last event
	rejected                        []rejected
}

// maxNamed bounds how many entries of a batch the log names that go to the
// quarantine: a program that writes junk writes thousands.
const maxNamed = 10

// rejected is an entry that goes to the quarantine, for the log.
type rejected struct {
	seq     uint64
	channel string // empty when its subject names none
	code    QuarantineCode
	reason  string
}

// messageKeys returns the keys of all messages in the records.
func messageKeys(records []eventstore.Record) (userIDs, ids []string) {
	for i := range records {
		if e, ok := records[i].Event.(*domain.MessagePosted); ok {
			userIDs, ids = append(userIDs, e.From.ID), append(ids, e.ID)
		}
	}
	return userIDs, ids
}

// newFold returns the fold of a batch of so many records.
func newFold(ids ids, presence *domain.Presence, records int) *fold {
	return &fold{
		ids:      ids,
		presence: presence,
		events:   make([]*eventstore.Record, 0, records),
		messages: make([]*eventstore.Record, 0, records),
		byJoin:   make(map[uint64]*stayRow),
		users:    make(map[string]*tally),
		channels: make(map[string]*tally),
		days:     make(map[dayKey]*dayTally),
	}
}

// add takes the next entry of the log. It keeps the record.
func (f *fold) add(record *eventstore.Record) {
	if record.Err != nil || record.Event == nil {
		f.reject(record)
		return
	}
	users := f.presence.Users(record.Channel)
	if message, ok := record.Event.(*domain.MessagePosted); ok {
		f.addMessage(record, message, users)
		return
	}
	change := f.presence.Apply(record.Channel, record.Seq, record.Event)
	f.stay(record, change)
	f.take(record, max(users, f.presence.Users(record.Channel)), change.Opened)
}

// addLate takes a message whose successors were taken before. users is how many
// were in its channel at that moment.
func (f *fold) addLate(record *eventstore.Record, users int) {
	if message, ok := record.Event.(*domain.MessagePosted); ok && record.Err == nil {
		f.addMessage(record, message, users)
		return
	}
	f.reject(record)
}

func (f *fold) addMessage(record *eventstore.Record, message *domain.MessagePosted, users int) {
	switch first := f.ids.first(messageKey{message.From.ID, message.ID}, record.Seq); first {
	case record.Seq:
		f.take(record, users, false)
	case 0:
		f.suspects = append(f.suspects, suspect{record, users})
	default:
		f.drop(record, first)
	}
}

// undo takes back what the batch did to who is there. The batch was not
// written, and the fold is done for.
func (f *fold) undo() {
	for _, change := range slices.Backward(f.changes) {
		f.presence.Undo(change)
	}
}

// take counts an event which is to be applied. users is how many were in its
// channel with it, at most.
func (f *fold) take(record *eventstore.Record, users int, opened bool) {
	message, isMessage := record.Event.(*domain.MessagePosted)
	f.events = append(f.events, record)
	if isMessage {
		f.messages = append(f.messages, record)
	}
	channel := string(record.Channel)
	f.count(f.users, record.Event.By().ID, record, isMessage, opened)
	f.count(f.channels, channel, record, isMessage, opened)
	f.outcome.events++
	f.outcome.at = record.Event.At()

	key := dayOf(channel, record.Event.At())
	day := f.days[key]
	if day == nil {
		day = &dayTally{senders: make(map[string]struct{})}
		f.days[key] = day
	}
	day.peak = max(day.peak, int64(users))
	if opened {
		day.joins++
	}
	if isMessage {
		day.messages++
		day.senders[message.From.ID] = struct{}{}
	}
}

// reject puts an entry that is no event, or is refused, into quarantine.
func (f *fold) reject(record *eventstore.Record) {
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
	if len(f.outcome.rejected) < maxNamed {
		f.outcome.rejected = append(f.outcome.rejected, rejected{record.Seq, string(record.Channel), code, reason})
	}
}

// drop leaves out a message whose sender has used its id before, at first.
func (f *fold) drop(record *eventstore.Record, first uint64) {
	f.quarantine(record, Duplicate, fmt.Sprintf("duplicate of sequence %d", first))
	f.outcome.duplicates++
}

func (f *fold) quarantine(record *eventstore.Record, code QuarantineCode, reason string) {
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
func (f *fold) stay(record *eventstore.Record, change domain.Change) {
	if !change.Opened && !change.Moved && !change.Closed {
		return
	}
	f.changes = append(f.changes, change)
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

func (f *fold) count(tallies map[string]*tally, key string, record *eventstore.Record, message, opened bool) {
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
