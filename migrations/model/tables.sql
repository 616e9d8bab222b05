-- The read model's tables and the keys that the projector itself needs. Written
-- without a schema: it runs with the search_path set to the generation's.
-- Every row derives from (sequence, channel, event) alone, never from a clock,
-- so that a rebuild gives the same rows; quarantine and checkpoint add when
-- they were written.
--
-- Keys compare byte by byte: faster, the same on every machine, and their
-- indexes outlive a new version of the system's collations.
--
-- A change here, in indexes.sql or in what the projector writes needs a new
-- projections.ModelVersion.

CREATE TABLE message (
  channel     text        COLLATE "C" NOT NULL,
  seq         bigint      NOT NULL,
  id          text        COLLATE "C" NOT NULL,
  user_id     text        COLLATE "C" NOT NULL,
  user_name   text        NOT NULL,
  user_avatar text,
  sent_at     timestamptz NOT NULL,
  sent_nanos  smallint    NOT NULL CHECK (sent_nanos BETWEEN 0 AND 999), -- beyond sent_at's microseconds
  text        text        NOT NULL,
  -- One user's id has one effect. Finds the message that a repeated command
  -- made, and a user's messages.
  CONSTRAINT message_once UNIQUE (user_id, id)
);

CREATE TABLE session (
  joined_seq   bigint      PRIMARY KEY, -- finds the stay that a leave ends
  channel      text        COLLATE "C" NOT NULL,
  session      text        COLLATE "C" NOT NULL,
  user_id      text        COLLATE "C" NOT NULL,
  user_name    text        NOT NULL,
  user_avatar  text,
  term         text        NOT NULL,
  joined_at    timestamptz NOT NULL,
  joined_nanos smallint    NOT NULL CHECK (joined_nanos BETWEEN 0 AND 999),
  left_seq     bigint      CHECK (left_seq > joined_seq),
  left_at      timestamptz,
  reason       text        CHECK (reason IN ('closed', 'lost')),
  CHECK ((left_seq IS NULL) = (left_at IS NULL) AND (left_seq IS NULL) = (reason IS NULL))
) WITH (fillfactor = 80);

-- A session is in a channel once at a time. Finds the stays that a batch goes
-- on with, and who is in a channel now.
CREATE UNIQUE INDEX session_open ON session (channel, session) WHERE left_seq IS NULL;

CREATE TABLE person (
  user_id       text        COLLATE "C" PRIMARY KEY, -- finds the row to count up
  user_name     text        NOT NULL,
  user_avatar   text,
  first_seq     bigint      NOT NULL,
  first_seen_at timestamptz NOT NULL,
  last_seq      bigint      NOT NULL,
  last_seen_at  timestamptz NOT NULL,
  messages      bigint      NOT NULL,
  stays         bigint      NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE channel (
  channel       text        COLLATE "C" PRIMARY KEY, -- finds the row to count up
  first_seq     bigint      NOT NULL,
  first_seen_at timestamptz NOT NULL,
  last_seq      bigint      NOT NULL,
  last_seen_at  timestamptz NOT NULL,
  messages      bigint      NOT NULL,
  stays         bigint      NOT NULL
) WITH (fillfactor = 50);

-- Each entry of the log that was not applied, with the reason.
CREATE TABLE quarantine (
  seq            bigint      PRIMARY KEY, -- lists them by sequence
  subject        text        NOT NULL,
  code           text        NOT NULL CHECK (code IN ('invalid', 'refused', 'duplicate')),
  reason         text        NOT NULL,
  payload        bytea       NOT NULL,
  payload_bytes  bigint      NOT NULL,
  stored_at      timestamptz NOT NULL,
  quarantined_at timestamptz NOT NULL DEFAULT now()
);

-- How far this generation has come: one row, moved in the transaction that
-- applies the events up to it.
CREATE TABLE checkpoint (
  only_row      boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch         text        NOT NULL,
  seq           bigint      NOT NULL CHECK (seq >= 0),
  stored_nanos  bigint      NOT NULL, -- when the log took its entry seq, by the log's clock, in ns since 1970; 0 before the first
  event_at      timestamptz,
  updated_at    timestamptz NOT NULL DEFAULT now(), -- when seq moved
  -- What a projector has seen of the log's end, whether it can apply it or not.
  log_seq       bigint      NOT NULL CHECK (log_seq >= seq),
  looked_at     timestamptz NOT NULL DEFAULT now(),
  waiting_since timestamptz -- since when entries wait, without seq having moved
) WITH (fillfactor = 10); -- room to move within the page, so that no index is written
