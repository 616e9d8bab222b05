-- Entries in quarantine that an operator has looked at and wants to hear no
-- more of. It is no part of the read model, whose tables say what the log says:
-- it survives every rebuild.

-- +goose Up
CREATE TABLE chitchat.skipped (
  epoch      text        NOT NULL,
  seq        bigint      NOT NULL CHECK (seq > 0),
  skipped_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (epoch, seq) -- finds whether an entry was skipped
);
COMMENT ON TABLE chitchat.skipped IS
  'Entries of the log whose place in the quarantine an operator has accepted.';

-- +goose Down
DROP TABLE chitchat.skipped;
