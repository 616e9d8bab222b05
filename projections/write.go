package projections

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

// write queues the statements that bring the fold into the tables. Stays that
// end come before those that begin: a session is in a channel once at a time.
func (f *fold) write(batch *pgx.Batch) {
	f.writeStays(batch)
	f.writeMessages(batch)
	f.writeEvents(batch)
	f.writeCounts(batch)
}

// writeCounts queues the statements for all that is counted, and for the
// quarantine.
func (f *fold) writeCounts(batch *pgx.Batch) {
	if len(f.users) > 0 {
		f.writeTallies(batch)
		f.writeDays(batch)
	}
	if len(f.quarantined) > 0 {
		f.writeQuarantine(batch)
	}
}

// stayColumns are the arrays of updateStays, and with the second half those of
// insertStays.
type stayColumns struct {
	joinedSeq, leftSeq                             []int64
	term, reason                                   []string
	leftAt                                         []time.Time
	channel, session, userID, userName, userAvatar []string
	joinedAt                                       []time.Time
	joinedNanos                                    []int16
}

func (c *stayColumns) add(row *stayRow) {
	c.joinedSeq = append(c.joinedSeq, int64(row.JoinedSeq))
	c.leftSeq = append(c.leftSeq, int64(row.leftSeq))
	c.term = append(c.term, row.Term)
	c.reason = append(c.reason, string(row.reason))
	c.leftAt = append(c.leftAt, row.leftAt)
	c.channel = append(c.channel, string(row.Channel))
	c.session = append(c.session, row.Session)
	c.userID = append(c.userID, row.User.ID)
	c.userName = append(c.userName, row.User.Name)
	c.userAvatar = append(c.userAvatar, row.User.Avatar)
	c.joinedAt = append(c.joinedAt, row.JoinedAt)
	c.joinedNanos = append(c.joinedNanos, nanosOf(row.JoinedAt))
}

func (f *fold) writeStays(batch *pgx.Batch) {
	var changed, begun stayColumns
	for _, row := range f.stays {
		if row.known {
			changed.add(row)
		} else {
			begun.add(row)
		}
	}
	if c := &changed; len(c.joinedSeq) > 0 {
		batch.Queue(updateStays, c.joinedSeq, c.term, c.leftSeq, c.leftAt, c.reason)
	}
	if c := &begun; len(c.joinedSeq) > 0 {
		batch.Queue(insertStays, c.joinedSeq, c.term, c.leftSeq, c.leftAt, c.reason,
			c.channel, c.session, c.userID, c.userName, c.userAvatar, c.joinedAt, c.joinedNanos)
	}
}

func (f *fold) writeMessages(batch *pgx.Batch) {
	n := len(f.messages)
	if n == 0 {
		return
	}
	text := make([]string, 6*n) // the six text columns, one after the other
	channels, ids, userIDs := text[:n], text[n:2*n], text[2*n:3*n]
	names, avatars, texts := text[3*n:4*n], text[4*n:5*n], text[5*n:]
	seqs, nanos, sentAts := make([]int64, n), make([]int16, n), make([]time.Time, n)
	for i := range f.messages {
		record := f.messages[i]
		message, _ := record.Event.(*domain.MessagePosted)
		channels[i], seqs[i] = string(record.Channel), int64(record.Seq)
		ids[i], texts[i] = message.ID, message.Text
		userIDs[i], names[i], avatars[i] = message.From.ID, message.From.Name, message.From.Avatar
		sentAts[i] = message.SentAt
		nanos[i] = nanosOf(message.SentAt)
	}
	batch.Queue(insertMessages, channels, seqs, ids, userIDs, names, avatars, sentAts, nanos, texts)
}

func (f *fold) writeEvents(batch *pgx.Batch) {
	n := len(f.events)
	if n == 0 {
		return
	}
	var (
		seqs                      = make([]int64, n)
		channels, types, payloads = make([]string, n), make([]string, n), make([]string, n)
		ats                       = make([]time.Time, n)
	)
	for i := range f.events {
		record := f.events[i]
		seqs[i], channels[i] = int64(record.Seq), string(record.Channel)
		types[i], ats[i] = string(record.Event.Type()), record.Event.At()
		payloads[i] = string(payloadOf(record))
	}
	batch.Queue(insertEvents, seqs, channels, types, ats, payloads)
}

// payloadOf returns the event's JSON as the log has it. What another program
// wrote with escapes is written anew: jsonb refuses some that JSON allows.
func payloadOf(record *eventstore.Record) []byte {
	if bytes.Contains(record.Payload, []byte(`\u`)) {
		return domain.Encode(record.Event)
	}
	return record.Payload
}

// nanosOf returns the part of a time that timestamptz can't hold.
func nanosOf(t time.Time) int16 { return int16(t.Nanosecond() % int(time.Microsecond)) }

// tallyColumns are the arrays of upsertChannels, and with names and avatars
// those of upsertPersons.
type tallyColumns struct {
	keys, names, avatars                 []string
	firstSeqs, lastSeqs, messages, stays []int64
	firstAts, lastAts                    []time.Time
}

func columnsOf(tallies map[string]*tally) tallyColumns {
	var c tallyColumns
	for _, t := range sorted(tallies) {
		c.keys = append(c.keys, t.key)
		c.names = append(c.names, t.user.Name)
		c.avatars = append(c.avatars, t.user.Avatar)
		c.firstSeqs = append(c.firstSeqs, int64(t.firstSeq))
		c.lastSeqs = append(c.lastSeqs, int64(t.lastSeq))
		c.firstAts = append(c.firstAts, t.firstAt)
		c.lastAts = append(c.lastAts, t.lastAt)
		c.messages = append(c.messages, t.messages)
		c.stays = append(c.stays, t.sessions)
	}
	return c
}

func (f *fold) writeTallies(batch *pgx.Batch) {
	c := columnsOf(f.users)
	batch.Queue(upsertPersons, c.keys, c.firstSeqs, c.firstAts, c.lastSeqs, c.lastAts, c.messages, c.stays, c.names, c.avatars)
	c = columnsOf(f.channels)
	batch.Queue(upsertChannels, c.keys, c.firstSeqs, c.firstAts, c.lastSeqs, c.lastAts, c.messages, c.stays)
}

func (f *fold) writeDays(batch *pgx.Batch) {
	var (
		channels, senderChannels, senders []string
		days, senderDays                  []time.Time
		messages, joins, peaks            []int64
	)
	for _, key := range slices.SortedFunc(maps.Keys(f.days), dayKey.compare) {
		t, day := f.days[key], key.date()
		channels, days = append(channels, key.channel), append(days, day)
		messages, joins, peaks = append(messages, t.messages), append(joins, t.joins), append(peaks, t.peak)
		for _, sender := range slices.Sorted(maps.Keys(t.senders)) {
			senderChannels, senderDays, senders = append(senderChannels, key.channel), append(senderDays, day), append(senders, sender)
		}
	}
	batch.Queue(upsertDays, senderChannels, senderDays, senders, channels, days, messages, joins, peaks)
}

func (f *fold) writeQuarantine(batch *pgx.Batch) {
	n := len(f.quarantined)
	var (
		seqs, sizes              = make([]int64, n), make([]int64, n)
		subjects, codes, reasons = make([]string, n), make([]string, n), make([]string, n)
		payloads                 = make([][]byte, n)
		storedAts                = make([]time.Time, n)
	)
	for i, q := range f.quarantined {
		seqs[i], sizes[i] = int64(q.Seq), q.PayloadBytes
		subjects[i], codes[i], reasons[i] = q.Subject, string(q.Code), q.Reason
		payloads[i], storedAts[i] = q.Payload, q.Stored
	}
	batch.Queue(insertQuarantine, seqs, subjects, codes, reasons, payloads, sizes, storedAts)
}
