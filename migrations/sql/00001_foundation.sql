-- What survives every rebuild. The tables of the read model are not here: they
-- are made anew for each generation, from ../model.

-- +goose Up
CREATE SCHEMA IF NOT EXISTS chat;
COMMENT ON SCHEMA chat IS
  'What people said and who was there, for questions in SQL. Views and nothing but views; start with chat.freshness.';

CREATE TABLE chitchat.generation (
  number        integer     PRIMARY KEY CHECK (number > 0),
  model_version text        NOT NULL,
  epoch         text        NOT NULL,
  state         text        NOT NULL CHECK (state IN ('live', 'building', 'former')),
  views_version integer     NOT NULL DEFAULT 0,
  created_at    timestamptz NOT NULL DEFAULT now(),
  switched_at   timestamptz
);
COMMENT ON TABLE chitchat.generation IS
  'The read models there are: generation N keeps its tables in schema model_N.';

-- Finds the generation that the views show, and is what allows one only; of
-- those being built there is at most one, too.
CREATE UNIQUE INDEX generation_one_live ON chitchat.generation (state) WHERE state IN ('live', 'building');

-- +goose Down
DROP TABLE chitchat.generation;
DROP SCHEMA chat CASCADE;
