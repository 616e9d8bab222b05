-- The read model's tables. Those with a row for each entry have no key yet, see
-- indexes.sql: a rebuild fills them first. Written without a schema: it runs
-- with the search_path set to the generation's.
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
  text        text        NOT NULL
);

-- Each event that was applied, as it stands in the log.
CREATE TABLE event (
  seq     bigint      NOT NULL,
  channel text        COLLATE "C" NOT NULL,
  type    text        NOT NULL,
  at      timestamptz NOT NULL,
  payload jsonb       NOT NULL
);

CREATE TABLE session (
  joined_seq   bigint      NOT NULL,
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

-- What happened in a channel on a day, by the events' own times in UTC.
CREATE TABLE daily (
  channel    text   COLLATE "C" NOT NULL,
  day        date   NOT NULL,
  messages   bigint NOT NULL,
  senders    bigint NOT NULL, -- how many rows daily_sender has
  joins      bigint NOT NULL,
  peak_users bigint NOT NULL, -- the most who were there before or after an event of the day
  PRIMARY KEY (channel, day)  -- finds the row to count up
) WITH (fillfactor = 50);

-- Who sent a message in a channel on a day: what daily.senders counts.
CREATE TABLE daily_sender (
  channel text COLLATE "C" NOT NULL,
  day     date NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (channel, day, user_id) -- tells the first message from the others
);

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
-- applies the events up to it. Programs of every model read epoch, seq and
-- stored_nanos.
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
  waiting_since timestamptz, -- since when entries wait, without seq having moved
  -- A generation that was taken out of use moves no more, not even by a
  -- transaction that began before.
  frozen        boolean     NOT NULL DEFAULT false
) WITH (fillfactor = 10); -- room to move within the page, so that no index is written
