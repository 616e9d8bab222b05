package projections

// The projector's statements. Each takes a batch as one array a column. unnest
// stands in the select list, where all arrays advance together and nothing is
// stored on the way: in FROM, each would fill a buffer that takes longer to get
// and give back than a small batch takes to write. Tables are named without a
// schema: the session's search_path is the generation's. What counts does not mind
// the order, so that an entry can be applied behind its successors.
const (
	moveCheckpoint = `
UPDATE checkpoint
SET seq = $3, event_at = coalesce($4, event_at), log_seq = greatest(log_seq, $5), updated_at = now(), stored_nanos = $8,
    waiting_since = CASE WHEN greatest(log_seq, $5) > $3 THEN now() END
WHERE epoch = $1 AND seq = $2 AND NOT frozen
  AND EXISTS (SELECT FROM chitchat.generation WHERE number = $6 AND state = $7)`

	selectFirst = `
SELECT m.user_id, m.id, m.seq
FROM (
  SELECT unnest($1::text[]) AS user_id, unnest($2::text[]) AS id
) AS k
JOIN message m ON m.user_id = k.user_id AND m.id = k.id`

	selectOpen = `
SELECT channel, session, user_id, user_name, coalesce(user_avatar, ''), term, joined_seq, joined_at, joined_nanos
FROM session
WHERE left_seq IS NULL`

	insertMessages = `
INSERT INTO message (channel, seq, id, user_id, user_name, user_avatar, sent_at, sent_nanos, text)
SELECT channel, seq, id, user_id, user_name, nullif(user_avatar, ''), sent_at, sent_nanos, text
FROM (
  SELECT unnest($1::text[]) AS channel, unnest($2::bigint[]) AS seq, unnest($3::text[]) AS id,
         unnest($4::text[]) AS user_id, unnest($5::text[]) AS user_name, unnest($6::text[]) AS user_avatar,
         unnest($7::timestamptz[]) AS sent_at, unnest($8::smallint[]) AS sent_nanos, unnest($9::text[]) AS text
) AS m`

	insertEvents = `
INSERT INTO event (seq, channel, type, at, payload)
SELECT seq, channel, type, at, payload::jsonb
FROM (
  SELECT unnest($1::bigint[]) AS seq, unnest($2::text[]) AS channel, unnest($3::text[]) AS type,
         unnest($4::timestamptz[]) AS at, unnest($5::text[]) AS payload
) AS e`

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
SET first_seq = least(p.first_seq, excluded.first_seq),
    first_seen_at = CASE WHEN excluded.first_seq < p.first_seq THEN excluded.first_seen_at ELSE p.first_seen_at END,
    last_seq = greatest(p.last_seq, excluded.last_seq),
    last_seen_at = CASE WHEN excluded.last_seq > p.last_seq THEN excluded.last_seen_at ELSE p.last_seen_at END,
    user_name = CASE WHEN excluded.last_seq > p.last_seq THEN excluded.user_name ELSE p.user_name END,
    user_avatar = CASE WHEN excluded.last_seq > p.last_seq THEN excluded.user_avatar ELSE p.user_avatar END,
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
SET first_seq = least(c.first_seq, excluded.first_seq),
    first_seen_at = CASE WHEN excluded.first_seq < c.first_seq THEN excluded.first_seen_at ELSE c.first_seen_at END,
    last_seq = greatest(c.last_seq, excluded.last_seq),
    last_seen_at = CASE WHEN excluded.last_seq > c.last_seq THEN excluded.last_seen_at ELSE c.last_seen_at END,
    messages = c.messages + excluded.messages, stays = c.stays + excluded.stays`

	upsertDays = `
WITH sent AS (
  INSERT INTO daily_sender (channel, day, user_id)
  SELECT channel, day, user_id
  FROM (
    SELECT unnest($1::text[]) AS channel, unnest($2::date[]) AS day, unnest($3::text[]) AS user_id
  ) AS s
  ON CONFLICT DO NOTHING
  RETURNING channel, day
)
INSERT INTO daily AS d (channel, day, messages, senders, joins, peak_users)
SELECT t.channel, t.day, t.messages, coalesce(s.senders, 0), t.joins, t.peak_users
FROM (
  SELECT unnest($4::text[]) AS channel, unnest($5::date[]) AS day, unnest($6::bigint[]) AS messages,
         unnest($7::bigint[]) AS joins, unnest($8::bigint[]) AS peak_users
) AS t
LEFT JOIN (SELECT channel, day, count(*) AS senders FROM sent GROUP BY channel, day) AS s
  ON s.channel = t.channel AND s.day = t.day
ON CONFLICT (channel, day) DO UPDATE
SET messages = d.messages + excluded.messages, senders = d.senders + excluded.senders,
    joins = d.joins + excluded.joins, peak_users = greatest(d.peak_users, excluded.peak_users)`

	insertQuarantine = `
INSERT INTO quarantine (seq, subject, code, reason, payload, payload_bytes, stored_at)
SELECT seq, subject, code, reason, payload, payload_bytes, stored_at
FROM (
  SELECT unnest($1::bigint[]) AS seq, unnest($2::text[]) AS subject, unnest($3::text[]) AS code,
         unnest($4::text[]) AS reason, unnest($5::bytea[]) AS payload, unnest($6::bigint[]) AS payload_bytes,
         unnest($7::timestamptz[]) AS stored_at
) AS q`
)
