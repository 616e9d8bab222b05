-- The public views over generation {generation}, whose tables are in {schema}.
-- Columns are only ever added, at the end: CREATE OR REPLACE allows no more,
-- and people's queries depend on them. A change here needs a new
-- migrations.ViewsVersion.

CREATE OR REPLACE VIEW chat.freshness AS
SELECT {generation}::integer AS generation,
       c.epoch,
       c.seq                 AS applied_seq,
       c.event_at            AS applied_at,
       c.log_seq,
       c.log_seq - c.seq     AS lag,
       CASE WHEN c.log_seq > c.seq
            THEN greatest(0, extract(epoch FROM now() - c.waiting_since))::double precision
            ELSE 0::double precision END AS lag_seconds,
       c.updated_at,
       c.looked_at
FROM {schema}.checkpoint c;
COMMENT ON VIEW chat.freshness IS 'One row: how fresh all views of this schema are. All of them are true at the same sequence.';
COMMENT ON COLUMN chat.freshness.generation IS 'Which build of the read model the views show; a rebuild counts it up. Example: 3';
COMMENT ON COLUMN chat.freshness.epoch IS 'Which log the sequences belong to; it changes when the log is another log. Example: k3v9x1c80a2m';
COMMENT ON COLUMN chat.freshness.applied_seq IS 'The sequence of the last entry of the log that the views show. Example: 81234';
COMMENT ON COLUMN chat.freshness.applied_at IS 'When the last event up to there happened, by the clock of the server that took it; null before the first. Example: 2026-01-01 12:00:00.123456+00';
COMMENT ON COLUMN chat.freshness.log_seq IS 'The log''s last sequence as the projector saw it at looked_at. Example: 81240';
COMMENT ON COLUMN chat.freshness.lag IS 'How many entries of the log are not yet shown; 0 is proof only if looked_at is recent. Example: 6';
COMMENT ON COLUMN chat.freshness.lag_seconds IS 'For how many seconds entries have waited without the views having moved, 0 when none waits; 0 is proof only if looked_at is recent. Example: 0.02';
COMMENT ON COLUMN chat.freshness.updated_at IS 'When the views last moved, by the database''s clock. Example: 2026-01-01 12:00:00.2+00';
COMMENT ON COLUMN chat.freshness.looked_at IS 'When a projector last noted the log''s end, by the database''s clock: every few seconds while one runs, even one that can apply nothing. A lag of 0 is proof only if this is recent. Example: 2026-01-01 12:00:04.2+00';

CREATE OR REPLACE VIEW chat.messages AS
SELECT m.channel, m.seq, m.id, m.user_id, m.user_name, m.sent_at, m.text, m.user_avatar, m.sent_nanos
FROM {schema}.message m;
COMMENT ON VIEW chat.messages IS 'A row is a message.';
COMMENT ON COLUMN chat.messages.channel IS 'The channel it was said in. Example: lobby';
COMMENT ON COLUMN chat.messages.seq IS 'Its place in the log: unique, and the order in which all readers see messages. Example: 81234';
COMMENT ON COLUMN chat.messages.id IS 'The sender''s own id for it, unique among the messages of one user. Example: 0198f2c3-7f3e-7cc1-9d55-0d5a1f6f2b11';
COMMENT ON COLUMN chat.messages.user_id IS 'Who said it; see chat.users. Example: 97f960a48b419ff55a2abfba9d8de223';
COMMENT ON COLUMN chat.messages.user_name IS 'The sender''s name at that time. Example: John Snow';
COMMENT ON COLUMN chat.messages.sent_at IS 'When it was said, by the clock of the server that took it, to the microsecond. Example: 2026-01-01 12:00:00.123456+00';
COMMENT ON COLUMN chat.messages.text IS 'What was said: 1 to 4000 characters. Example: Hello!';
COMMENT ON COLUMN chat.messages.user_avatar IS 'The address of the sender''s picture at that time, null without one. Example: https://www.gravatar.com/avatar/5658ffccee7f0ebfda2b226238b1eb6e?s=128';
COMMENT ON COLUMN chat.messages.sent_nanos IS 'Nanoseconds to add to sent_at, 0 to 999: what timestamptz can''t hold. Example: 789';

CREATE OR REPLACE VIEW chat.users AS
SELECT p.user_id, p.user_name, p.user_avatar, p.first_seen_at, p.last_seen_at, p.messages, p.stays, p.first_seq, p.last_seq
FROM {schema}.person p;
COMMENT ON VIEW chat.users IS 'A row is a user whom the log ever mentioned.';
COMMENT ON COLUMN chat.users.user_id IS 'The user''s id. Example: 97f960a48b419ff55a2abfba9d8de223';
COMMENT ON COLUMN chat.users.user_name IS 'The user''s name in the last event about them. Example: John Snow';
COMMENT ON COLUMN chat.users.user_avatar IS 'The address of the user''s picture in the last event about them, null without one. Example: https://www.gravatar.com/avatar/5658ffccee7f0ebfda2b226238b1eb6e?s=128';
COMMENT ON COLUMN chat.users.first_seen_at IS 'When the first event about them in the log happened. Example: 2026-01-01 12:00:00.123456+00';
COMMENT ON COLUMN chat.users.last_seen_at IS 'When the last event about them in the log happened: a message, a join or a leave. Example: 2026-01-31 18:30:00.123456+00';
COMMENT ON COLUMN chat.users.messages IS 'How many messages they sent. Example: 120';
COMMENT ON COLUMN chat.users.stays IS 'How many stays they began; see chat.sessions. Example: 9';
COMMENT ON COLUMN chat.users.first_seq IS 'The sequence of the first event about them. Example: 17';
COMMENT ON COLUMN chat.users.last_seq IS 'The sequence of the last event about them. Example: 81234';

CREATE OR REPLACE VIEW chat.channels AS
SELECT c.channel, c.first_seen_at, c.last_seen_at, c.messages, c.stays, c.first_seq, c.last_seq
FROM {schema}.channel c;
COMMENT ON VIEW chat.channels IS 'A row is a channel in which anything ever happened.';
COMMENT ON COLUMN chat.channels.channel IS 'The channel''s name. Example: lobby';
COMMENT ON COLUMN chat.channels.first_seen_at IS 'When its first event in the log happened. Example: 2026-01-01 12:00:00.123456+00';
COMMENT ON COLUMN chat.channels.last_seen_at IS 'When its last event in the log happened: a message, a join or a leave. Example: 2026-01-31 18:30:00.123456+00';
COMMENT ON COLUMN chat.channels.messages IS 'How many messages were sent in it. Example: 5120';
COMMENT ON COLUMN chat.channels.stays IS 'How many stays began in it; see chat.sessions. Example: 310';
COMMENT ON COLUMN chat.channels.first_seq IS 'The sequence of its first event. Example: 3';
COMMENT ON COLUMN chat.channels.last_seq IS 'The sequence of its last event. Example: 81234';

CREATE OR REPLACE VIEW chat.sessions AS
SELECT s.channel, s.session, s.user_id, s.user_name, s.joined_at, s.left_at,
       CASE WHEN s.left_at IS NOT NULL THEN greatest(interval '0', s.left_at - s.joined_at) END AS duration,
       s.reason, s.joined_seq, s.left_seq, s.user_avatar, s.term, s.joined_nanos
FROM {schema}.session s;
COMMENT ON VIEW chat.sessions IS 'A row is one stay of one user in one channel: one browser tab, across its reconnects.';
COMMENT ON COLUMN chat.sessions.channel IS 'The channel. Example: lobby';
COMMENT ON COLUMN chat.sessions.session IS 'The session''s id; a session that comes back later begins another stay. Example: 0198f2c37f3e7cc19d550d5a1f6f2b11';
COMMENT ON COLUMN chat.sessions.user_id IS 'Whose stay it is; see chat.users. Example: 97f960a48b419ff55a2abfba9d8de223';
COMMENT ON COLUMN chat.sessions.user_name IS 'The user''s name when the stay began. Example: John Snow';
COMMENT ON COLUMN chat.sessions.joined_at IS 'When the stay began. Example: 2026-01-01 12:00:00.123456+00';
COMMENT ON COLUMN chat.sessions.left_at IS 'When the stay ended, null while it lasts. Example: 2026-01-01 12:30:00.123456+00';
COMMENT ON COLUMN chat.sessions.duration IS 'How long the stay lasted, null while it lasts. Example: 00:30:00';
COMMENT ON COLUMN chat.sessions.reason IS 'How the stay ended: closed, or lost when a server died with its sockets; null while it lasts. Example: closed';
COMMENT ON COLUMN chat.sessions.joined_seq IS 'The sequence of the join that began the stay: unique. Example: 17';
COMMENT ON COLUMN chat.sessions.left_seq IS 'The sequence of the leave that ended the stay, null while it lasts. Example: 120';
COMMENT ON COLUMN chat.sessions.user_avatar IS 'The address of the user''s picture when the stay began, null without one. Example: https://www.gravatar.com/avatar/5658ffccee7f0ebfda2b226238b1eb6e?s=128';
COMMENT ON COLUMN chat.sessions.term IS 'Which run of which server held the session last. Example: 0198f2c3-7f3e';
COMMENT ON COLUMN chat.sessions.joined_nanos IS 'Nanoseconds to add to joined_at, 0 to 999: what timestamptz can''t hold. Example: 789';

CREATE OR REPLACE VIEW chat.presence AS
SELECT s.channel, s.user_id,
       (array_agg(s.user_name ORDER BY s.joined_seq DESC))[1]   AS user_name,
       count(*)                                                 AS sessions,
       min(s.joined_at)                                         AS since,
       (array_agg(s.user_avatar ORDER BY s.joined_seq DESC))[1] AS user_avatar
FROM {schema}.session s
WHERE s.left_seq IS NULL
GROUP BY s.channel, s.user_id;
COMMENT ON VIEW chat.presence IS 'A row is a user who is in a channel now; a user in three channels has three rows.';
COMMENT ON COLUMN chat.presence.channel IS 'The channel. Example: lobby';
COMMENT ON COLUMN chat.presence.user_id IS 'Who is there; see chat.users. Example: 97f960a48b419ff55a2abfba9d8de223';
COMMENT ON COLUMN chat.presence.user_name IS 'The user''s name in their newest session there. Example: John Snow';
COMMENT ON COLUMN chat.presence.sessions IS 'How many sessions (browser tabs) the user has there. Example: 2';
COMMENT ON COLUMN chat.presence.since IS 'When the oldest of these sessions began. Example: 2026-01-01 12:00:00.123456+00';
COMMENT ON COLUMN chat.presence.user_avatar IS 'The address of the user''s picture in their newest session there, null without one. Example: https://www.gravatar.com/avatar/5658ffccee7f0ebfda2b226238b1eb6e?s=128';

CREATE OR REPLACE VIEW chat.events AS
SELECT e.seq, e.channel, e.type, e.at, e.payload
FROM {schema}.event e;
COMMENT ON VIEW chat.events IS 'A row is an event of the log, whole: each message, join and leave that was applied. Entries that are no events, and repeated messages, are not here.';
COMMENT ON COLUMN chat.events.seq IS 'Its place in the log: unique, and the order in which everything happened. Example: 81234';
COMMENT ON COLUMN chat.events.channel IS 'The channel it happened in. Example: lobby';
COMMENT ON COLUMN chat.events.type IS 'What happened: message, join or leave. Example: message';
COMMENT ON COLUMN chat.events.at IS 'When it happened, by the clock of the server that took it, to the microsecond. Example: 2026-01-01 12:00:00.123456+00';
COMMENT ON COLUMN chat.events.payload IS 'The event as it stands in the log, with all that its writer put there. Example: {"v": 1, "id": "0198f2c3-7f3e-7cc1-9d55-0d5a1f6f2b11", "text": "Hello!", "type": "message", "sent_at": "2026-01-01T12:00:00.123456789Z", "from_user": {"id": "97f960a48b419ff55a2abfba9d8de223", "name": "John Snow"}}';

CREATE OR REPLACE VIEW chat.daily_activity AS
SELECT d.channel, d.day, d.messages, d.senders, d.joins, d.peak_users
FROM {schema}.daily d;
COMMENT ON VIEW chat.daily_activity IS 'A row is a channel and a day on which anything happened there. A day without a row is one without an event, though people may have been there.';
COMMENT ON COLUMN chat.daily_activity.channel IS 'The channel. Example: lobby';
COMMENT ON COLUMN chat.daily_activity.day IS 'The day, in UTC, by the events'' own times. Example: 2026-01-01';
COMMENT ON COLUMN chat.daily_activity.messages IS 'How many messages were sent. Example: 512';
COMMENT ON COLUMN chat.daily_activity.senders IS 'How many different users sent them. Example: 17';
COMMENT ON COLUMN chat.daily_activity.joins IS 'How many stays began; see chat.sessions. Example: 40';
COMMENT ON COLUMN chat.daily_activity.peak_users IS 'The most users who were there at once, at any event of the day; those who stayed from the day before count. Example: 12';

-- For operators and the program itself, not for analysts.
CREATE OR REPLACE VIEW chitchat.quarantine AS
SELECT q.seq, q.subject, q.code, q.reason, q.payload, q.payload_bytes, q.stored_at, q.quarantined_at,
       s.skipped_at
FROM {schema}.quarantine q
CROSS JOIN {schema}.checkpoint c
LEFT JOIN chitchat.skipped s ON s.epoch = c.epoch AND s.seq = q.seq;
CREATE OR REPLACE VIEW chitchat.checkpoint AS
SELECT c.epoch, c.seq, c.log_seq, c.looked_at, c.waiting_since
FROM {schema}.checkpoint c;
COMMENT ON VIEW chitchat.checkpoint IS 'One row: where the projector notes the log''s end, whichever generation is live.';
COMMENT ON VIEW chitchat.quarantine IS 'A row is an entry of the log that was not applied, with its reason.';

DO $grants$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'chitchat_analyst') THEN
    GRANT SELECT ON ALL TABLES IN SCHEMA chat TO chitchat_analyst;
  END IF;
END
$grants$;
