-- The keys and indexes of the tables that have a row for each entry. Apart from
-- tables.sql, so that a rebuild makes them when the rows are in, several at a
-- time: each statement is one of its own, and none needs a lock that keeps out
-- another. The dearest stand first.

-- One user's id has one effect. Finds the message that a repeated command made.
CREATE UNIQUE INDEX message_once ON message (user_id, id);

-- A channel's page: the newest of a channel, those before or after a sequence.
CREATE UNIQUE INDEX message_page ON message (channel, seq);

-- A user's messages, newest first.
CREATE INDEX message_user ON message (user_id, seq);

-- An event by its sequence.
CREATE UNIQUE INDEX event_seq ON event (seq);

-- A time range over all channels, and where a time begins among the messages.
CREATE INDEX message_sent_at ON message (sent_at);

-- Where a time begins in the log.
CREATE INDEX event_at ON event (at);

-- A user's stays.
CREATE INDEX session_of_user ON session (user_id, joined_at);

-- Who was in a channel at a time past.
CREATE INDEX session_channel ON session (channel, joined_seq);

-- The stay that a leave ends.
CREATE UNIQUE INDEX session_joined_seq ON session (joined_seq);

-- A session is in a channel once at a time. Finds who is in a channel now.
CREATE UNIQUE INDEX session_open ON session (channel, session) WHERE left_seq IS NULL;

-- Sessions by day.
CREATE INDEX session_joined_at ON session (joined_at);
