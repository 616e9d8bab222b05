-- What only readers need. Apart from tables.sql, so that a rebuild can make it
-- after the rows are in.

-- A channel's page: the newest of a channel, those before or after a sequence.
ALTER TABLE message ADD PRIMARY KEY (channel, seq);

-- Where a time begins in the log, and a time range over all channels.
CREATE INDEX message_sent_at ON message (sent_at);
