package projections

import (
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/domain"
)

// The projector's statements. Each takes a batch as one array a column. unnest
// stands in the select list, where all arrays advance together and nothing is
// stored on the way: in FROM, each would fill a buffer that takes longer to get
// and give back than a small batch takes to write. Tables are named without a
// schema: the session's search_path is the generation's.
const (
	moveCheckpoint = `
UPDATE checkpoint
SET seq = $3, event_at = coalesce($4, event_at), log_seq = greatest(log_seq, $5), updated_at = now(), stored_nanos = $8,
    waiting_since = CASE WHEN greatest(log_seq, $5) > $3 THEN now() END
WHERE epoch = $1 AND seq = $2
  AND EXISTS (SELECT FROM chitchat.generation WHERE number = $6 AND state = $7)`

	selectFirst = `
SELECT m.user_id, m.id, m.seq
FROM (
  SELECT unnest($1::text[]) AS user_id, unnest($2::text[]) AS id
) AS k
JOIN message m ON m.user_id = k.user_id AND m.id = k.id`

	selectOpen = `
SELECT s.channel, s.session, s.user_id, s.user_name, coalesce(s.user_avatar, ''), s.term, s.joined_seq, s.joined_at, s.joined_nanos
FROM (
  SELECT unnest($1::text[]) AS channel, unnest($2::text[]) AS session
) AS k
JOIN session s ON s.channel = k.channel AND s.session = k.session
WHERE s.left_seq IS NULL`

	insertMessages = `
INSERT INTO message (channel, seq, id, user_id, user_name, user_avatar, sent_at, sent_nanos, text)
SELECT channel, seq, id, user_id, user_name, nullif(user_avatar, ''), sent_at, sent_nanos, text
FROM (
  SELECT unnest($1::text[]) AS channel, unnest($2::bigint[]) AS seq, unnest($3::text[]) AS id,
         unnest($4::text[]) AS user_id, unnest($5::text[]) AS user_name, unnest($6::text[]) AS user_avatar,
         unnest($7::timestamptz[]) AS sent_at, unnest($8::smallint[]) AS sent_nanos, unnest($9::text[]) AS text
) AS m`

	updateStays = `
UPDATE session s
SET term = c.term,
    left_seq = nullif(c.left_seq, 0),
    left_at = CASE WHEN c.left_seq > 0 THEN c.left_at END,
    reason = nullif(c.reason, '')
FROM (
  SELECT unnest($1::bigint[]) AS joined_seq, unnest($2::text[]) AS term, unnest($3::bigint[]) AS left_seq,
         unnest($4::timestamptz[]) AS left_at, unnest($5::text[]) AS reason
) AS c
WHERE s.joined_seq = c.joined_seq`

	insertStays = `
INSERT INTO session (joined_seq, term, left_seq, left_at, reason, channel, session, user_id, user_name, user_avatar, joined_at, joined_nanos)
SELECT joined_seq, term, nullif(left_seq, 0), CASE WHEN left_seq > 0 THEN left_at END, nullif(reason, ''),
       channel, session, user_id, user_name, nullif(user_avatar, ''), joined_at, joined_nanos
FROM (
  SELECT unnest($1::bigint[]) AS joined_seq, unnest($2::text[]) AS term, unnest($3::bigint[]) AS left_seq,
         unnest($4::timestamptz[]) AS left_at, unnest($5::text[]) AS reason, unnest($6::text[]) AS channel,
         unnest($7::text[]) AS session, unnest($8::text[]) AS user_id, unnest($9::text[]) AS user_name,
         unnest($10::text[]) AS user_avatar, unnest($11::timestamptz[]) AS joined_at,
         unnest($12::smallint[]) AS joined_nanos
) AS s`

	upsertPersons = `
INSERT INTO person AS p (user_id, first_seq, first_seen_at, last_seq, last_seen_at, messages, stays, user_name, user_avatar)
SELECT user_id, first_seq, first_at, last_seq, last_at, messages, stays, user_name, nullif(user_avatar, '')
FROM (
  SELECT unnest($1::text[]) AS user_id, unnest($2::bigint[]) AS first_seq, unnest($3::timestamptz[]) AS first_at,
         unnest($4::bigint[]) AS last_seq, unnest($5::timestamptz[]) AS last_at, unnest($6::bigint[]) AS messages,
         unnest($7::bigint[]) AS stays, unnest($8::text[]) AS user_name, unnest($9::text[]) AS user_avatar
) AS t
ON CONFLICT (user_id) DO UPDATE
SET user_name = excluded.user_name, user_avatar = excluded.user_avatar,
    last_seq = excluded.last_seq, last_seen_at = excluded.last_seen_at,
    messages = p.messages + excluded.messages, stays = p.stays + excluded.stays`

	upsertChannels = `
INSERT INTO channel AS c (channel, first_seq, first_seen_at, last_seq, last_seen_at, messages, stays)
SELECT channel, first_seq, first_at, last_seq, last_at, messages, stays
FROM (
  SELECT unnest($1::text[]) AS channel, unnest($2::bigint[]) AS first_seq, unnest($3::timestamptz[]) AS first_at,
         unnest($4::bigint[]) AS last_seq, unnest($5::timestamptz[]) AS last_at, unnest($6::bigint[]) AS messages,
         unnest($7::bigint[]) AS stays
) AS t
ON CONFLICT (channel) DO UPDATE
SET last_seq = excluded.last_seq, last_seen_at = excluded.last_seen_at,
    messages = c.messages + excluded.messages, stays = c.stays + excluded.stays`

	insertQuarantine = `
INSERT INTO quarantine (seq, subject, code, reason, payload, payload_bytes, stored_at)
SELECT seq, subject, code, reason, payload, payload_bytes, stored_at
FROM (
  SELECT unnest($1::bigint[]) AS seq, unnest($2::text[]) AS subject, unnest($3::text[]) AS code,
         unnest($4::text[]) AS reason, unnest($5::bytea[]) AS payload, unnest($6::bigint[]) AS payload_bytes,
         unnest($7::timestamptz[]) AS stored_at
) AS q`
)

// write queues the statements that bring the fold into the tables. Stays that
// end come before those that begin: a session is in a channel once at a time.
func (f *fold) write(batch *pgx.Batch) {
	f.writeStays(batch)
	f.writeMessages(batch)
	if len(f.users) > 0 {
		f.writeTallies(batch)
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
		record := &f.messages[i]
		message, _ := record.Event.(*domain.MessagePosted)
		channels[i], seqs[i] = string(record.Channel), int64(record.Seq)
		ids[i], texts[i] = message.ID, message.Text
		userIDs[i], names[i], avatars[i] = message.From.ID, message.From.Name, message.From.Avatar
		sentAts[i] = message.SentAt
		nanos[i] = nanosOf(message.SentAt)
	}
	batch.Queue(insertMessages, channels, seqs, ids, userIDs, names, avatars, sentAts, nanos, texts)
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
