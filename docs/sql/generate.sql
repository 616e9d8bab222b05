-- Fills the tables of an empty chitchat with made-up rows by SQL alone, without a
-- log, to see what queries cost on many: docs/sql.md has the figures.
--
--   chitchat serve --data ./big    # makes the tables; leave it running
--   psql -h "$(cat big/socket-dir)/pg" -U chitchat -f docs/sql/generate.sql chitchat
--   chitchat sql --data ./big
--
-- Ten million messages, and their joins and leaves, need 15 GB of disk and a
-- quarter of an hour; -v messages=100000 makes fewer. Never use the directory
-- for anything else: its tables have what no log has, and the tables with a row
-- an entry are UNLOGGED, that is, empty after a crash.
--
-- Two years up to 2026-06-01, 300 channels (one has a tenth of the messages, some
-- end), 20,000 users who come one after the other, four messages a stay, hours
-- and weekends as in an office, twice as much at the end as in the beginning.

\set ON_ERROR_STOP on
\timing on
\if :{?messages}
\else
\set messages 10000000
\endif

SET work_mem = '1GB';
SET maintenance_work_mem = '2GB';
SET max_parallel_workers_per_gather = 0; -- random() gives the same numbers
SET enable_mergejoin = off;              -- rows stay in the log's order
SET synchronize_seqscans = off;
SET jit = off;
SELECT setseed(0.1);
SELECT set_config('search_path', 'model_' || generation, false) FROM chat.freshness;

-- Rows first, indexes afterwards, as a rebuild does.
DO $empty$
DECLARE
  made record;
BEGIN
  IF EXISTS (SELECT FROM message) OR EXISTS (SELECT FROM event) THEN
    RAISE EXCEPTION 'the tables have rows: this is for an empty chitchat';
  END IF;
  FOR made IN
    SELECT c.conrelid::regclass AS on_table, c.conname AS name FROM pg_constraint c
    WHERE c.contype IN ('p', 'u') AND c.conrelid IN ('message'::regclass, 'event'::regclass, 'session'::regclass)
  LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', made.on_table, made.name);
  END LOOP;
  FOR made IN
    SELECT i.indexrelid::regclass AS name FROM pg_index i
    WHERE i.indrelid IN ('message'::regclass, 'event'::regclass, 'session'::regclass)
  LOOP
    EXECUTE format('DROP INDEX %s', made.name);
  END LOOP;
END
$empty$;
ALTER TABLE message SET UNLOGGED;
ALTER TABLE event SET UNLOGGED;
ALTER TABLE session SET UNLOGGED;

-- Each hour's share of what is said.
CREATE TEMP TABLE slot AS
SELECT hour, age, share / sum(share) OVER () AS share
FROM (
  SELECT hour, age,
         (ARRAY[1,1,1,1,1,2,6,20,50,80,90,85,55,60,85,85,75,50,25,15,12,9,5,2])[extract(hour FROM hour)::int + 1]
         * CASE WHEN extract(isodow FROM hour) > 5 THEN 0.15 ELSE 1.0 END
         * (1 + age) AS share
  FROM (
    SELECT hour, (extract(epoch FROM hour - '2024-06-01 00:00+00') / (730 * 86400.0))::float8 AS age
    FROM generate_series('2024-06-01 00:00+00'::timestamptz, '2026-05-31 23:00+00', interval '1 hour') AS hour
  ) AS hours
) AS shares;

CREATE TEMP TABLE folk AS
SELECT n, md5(name || mail) AS user_id, name AS user_name,
       CASE WHEN n % 3 > 0 THEN 'https://www.gravatar.com/avatar/' || md5(mail) || '?s=128' END AS user_avatar
FROM (SELECT n, 'Person ' || n AS name, 'person' || n || '@big.example' AS mail FROM generate_series(0, 19999) AS n) AS names;

CREATE TEMP TABLE place AS
SELECT n, 'channel-' || n AS channel, '2024-06-01 00:00+00'::timestamptz + n * interval '2 days' AS ends
FROM generate_series(0, 299) AS n;

-- What is said: one to some hundred words, half of it up to eight; every fifth asks.
CREATE TEMP TABLE phrase AS
SELECT n, string_agg(word, ' ' ORDER BY w) || CASE WHEN n % 5 = 0 THEN '?' ELSE '' END AS text
FROM (
  SELECT n, w, (ARRAY['the','a','to','it','is','and','I','you','of','in','that','on','for','yes','no','not','we','with','this',
    'thanks','ok','can','who','what','when','release','deploy','ticket','review','customer','invoice','coffee','lunch','bike','server',
    'meeting','tomorrow','today','looks','good','broken','fixed','works','please','again','https://wiki.example/page','maybe','later','done','👍'])
    [1 + floor(50 * power(random(), 1.5))::int] AS word
  FROM generate_series(0, 19999) AS n
  CROSS JOIN LATERAL generate_series(1, greatest(1, round(8 * exp(0.9 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) + 0 * n)))::int) AS w
) AS words
GROUP BY n;

-- Everything that happens, in the order of the log.
CREATE TEMP TABLE said AS
SELECT hour + random() * interval '1 hour' AS at, age, floor(300 * power(random(), 2.5))::int AS place, random() AS who
FROM slot CROSS JOIN LATERAL generate_series(1, floor(share * :messages + random())::int);

CREATE TEMP TABLE stayed AS
SELECT row_number() OVER () AS stay, at, at - ln(1 - random()) * interval '90 minutes' AS left_at, age, place, who
FROM (
  SELECT hour + random() * interval '1 hour' AS at, age, floor(300 * power(random(), 2.5))::int AS place, random() AS who
  FROM slot CROSS JOIN LATERAL generate_series(1, floor(share * :messages / 4 + random())::int)
) AS stays;

CREATE TEMP TABLE flow AS
SELECT row_number() OVER (ORDER BY at) AS seq, at, type, stay,
       CASE WHEN p.n % 10 = 7 AND at > p.ends THEN p.n - 1 ELSE p.n END AS place,
       -- Each channel has its own regulars, and newcomers from those who are new.
       ((p.n * 67 + floor((2000 + 18000 * age) * power(who, 3))::int) % (2000 + 18000 * age)::int) AS who
FROM (
  SELECT at, 'message' AS type, NULL::bigint AS stay, age, place, who FROM said
  UNION ALL
  SELECT at, 'join', stay, age, place, who FROM stayed
  UNION ALL
  SELECT left_at, 'leave', stay, age, place, who FROM stayed WHERE left_at < '2026-06-01 00:00+00'
) AS happened
JOIN place AS p ON p.n = happened.place;
UPDATE flow SET place = j.place, who = j.who FROM flow AS j -- a leave is of who joined, where they did
WHERE flow.type = 'leave' AND j.type = 'join' AND j.stay = flow.stay AND (flow.place, flow.who) IS DISTINCT FROM (j.place, j.who);
DROP TABLE said, stayed;
ANALYZE flow, folk, place, phrase;

INSERT INTO message (channel, seq, id, user_id, user_name, user_avatar, sent_at, sent_nanos, text)
SELECT p.channel, f.seq, md5(f.seq::text)::uuid::text, u.user_id, u.user_name, u.user_avatar, f.at, f.seq % 1000, w.text
FROM flow AS f JOIN place AS p ON p.n = f.place JOIN folk AS u ON u.n = f.who JOIN phrase AS w ON w.n = hashint8(f.seq) & 16383
WHERE f.type = 'message';

INSERT INTO session (joined_seq, channel, session, user_id, user_name, user_avatar, term, joined_at, joined_nanos, left_seq, left_at, reason)
SELECT j.seq, p.channel, md5(j.seq::text), u.user_id, u.user_name, u.user_avatar, 'big-1', j.at, j.seq % 1000, l.seq, l.at,
       CASE WHEN l.seq % 200 = 0 THEN 'lost' WHEN l.seq > 0 THEN 'closed' END
FROM flow AS j JOIN place AS p ON p.n = j.place JOIN folk AS u ON u.n = j.who LEFT JOIN flow AS l ON l.stay = j.stay AND l.type = 'leave'
WHERE j.type = 'join'
ORDER BY j.seq;

INSERT INTO event (seq, channel, type, at, payload)
SELECT f.seq, p.channel, f.type, f.at,
       jsonb_build_object('v', 1, 'type', f.type, 'sent_at', to_char(f.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
         'from_user', jsonb_build_object('id', u.user_id, 'name', u.user_name, 'avatar', u.user_avatar))
       || CASE f.type WHEN 'message' THEN jsonb_build_object('id', md5(f.seq::text)::uuid, 'text', w.text)
          ELSE jsonb_build_object('session', md5(f.stay::text), 'term', 'big-1') END
FROM flow AS f JOIN place AS p ON p.n = f.place JOIN folk AS u ON u.n = f.who JOIN phrase AS w ON w.n = hashint8(f.seq) & 16383;

-- What is counted up.
INSERT INTO person (user_id, user_name, user_avatar, first_seq, first_seen_at, last_seq, last_seen_at, messages, stays)
SELECT u.user_id, u.user_name, u.user_avatar, c.first_seq, c.first_at, c.last_seq, c.last_at, c.messages, c.stays
FROM (
  SELECT who, min(seq) AS first_seq, min(at) AS first_at, max(seq) AS last_seq, max(at) AS last_at,
         count(*) FILTER (WHERE type = 'message') AS messages, count(*) FILTER (WHERE type = 'join') AS stays
  FROM flow GROUP BY who
) AS c JOIN folk AS u ON u.n = c.who;

INSERT INTO channel (channel, first_seq, first_seen_at, last_seq, last_seen_at, messages, stays)
SELECT p.channel, c.first_seq, c.first_at, c.last_seq, c.last_at, c.messages, c.stays
FROM (
  SELECT place, min(seq) AS first_seq, min(at) AS first_at, max(seq) AS last_seq, max(at) AS last_at,
         count(*) FILTER (WHERE type = 'message') AS messages, count(*) FILTER (WHERE type = 'join') AS stays
  FROM flow GROUP BY place
) AS c JOIN place AS p ON p.n = c.place;

INSERT INTO daily_sender (channel, day, user_id)
SELECT p.channel, s.day, u.user_id
FROM (SELECT DISTINCT place, (at AT TIME ZONE 'UTC')::date AS day, who FROM flow WHERE type = 'message') AS s
JOIN place AS p ON p.n = s.place JOIN folk AS u ON u.n = s.who;

-- The peak counts sessions here, not users: near enough for a plan.
INSERT INTO daily (channel, day, messages, senders, joins, peak_users)
SELECT p.channel, d.day, d.messages, d.senders, d.joins, d.peak
FROM (
  SELECT place, (at AT TIME ZONE 'UTC')::date AS day, count(*) FILTER (WHERE type = 'message') AS messages,
         count(DISTINCT who) FILTER (WHERE type = 'message') AS senders, count(*) FILTER (WHERE type = 'join') AS joins, max(here) AS peak
  FROM (
    SELECT place, at, who, type,
           sum(CASE type WHEN 'join' THEN 1 WHEN 'leave' THEN -1 ELSE 0 END) OVER (PARTITION BY place ORDER BY seq) AS here
    FROM flow
  ) AS running
  GROUP BY place, day
) AS d JOIN place AS p ON p.n = d.place;

DROP TABLE flow;
\ir ../../migrations/model/indexes.sql
VACUUM (ANALYZE) message, event, session, person, channel, daily, daily_sender;
SELECT relname, n_live_tup AS rows, pg_size_pretty(pg_total_relation_size(relid)) AS with_indexes
FROM pg_stat_user_tables WHERE schemaname = current_schema() ORDER BY relname;
