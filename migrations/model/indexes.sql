-- The keys and indexes of the tables that have a row for each entry. Apart from
-- tables.sql, so that a rebuild makes them when the rows are in. Each statement
-- is one of its own; those of one table stand together.

-- A channel's page: the newest of a channel, those before or after a sequence.
ALTER TABLE message ADD PRIMARY KEY (channel, seq);

-- One user's id has one effect. Finds the message that a repeated command made.
ALTER TABLE message ADD CONSTRAINT message_once UNIQUE (user_id, id);

-- A user's messages, newest first.
CREATE INDEX message_user ON message (user_id, seq);

-- A time range over all channels, and where a time begins among the messages.
CREATE INDEX message_sent_at ON message (sent_at);

-- An event by its sequence.
ALTER TABLE event ADD PRIMARY KEY (seq);

-- Where a time begins in the log.
CREATE INDEX event_at ON event (at);

-- The stay that a leave ends.
ALTER TABLE session ADD PRIMARY KEY (joined_seq);

-- A session is in a channel once at a time. Finds who is in a channel now.
CREATE UNIQUE INDEX session_open ON session (channel, session) WHERE left_seq IS NULL;

-- Who was in a channel at a time past.
CREATE INDEX session_channel ON session (channel, joined_seq);

-- Sessions by day.
CREATE INDEX session_joined_at ON session (joined_at);
