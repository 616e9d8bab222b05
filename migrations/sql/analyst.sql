-- The role for questions in SQL. It runs at every migration, not once: roles
-- belong to the whole server, and a role made later by an administrator gets
-- its grants at the next start. Whether the role may log in is never touched
-- here: an administrator says so, or serve --pg-listen.
DO $analyst$
DECLARE
  setting record;
  refused text[] := '{}';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('chitchat_analyst'));
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'chitchat_analyst') THEN
    BEGIN
      CREATE ROLE chitchat_analyst NOLOGIN;
    EXCEPTION
      WHEN insufficient_privilege THEN
        RAISE NOTICE 'role chitchat_analyst is missing and this user may not create it: have an administrator run CREATE ROLE chitchat_analyst NOLOGIN, then migrate again';
        RETURN;
      WHEN duplicate_object OR unique_violation THEN
        NULL; -- made at the same moment for another database of this server
    END;
  END IF;

  -- What is set by an administrator stays. chitchat_reader is there with the
  -- private Postgres only; see private.sql.
  FOR setting IN
    SELECT r.rolname, v.name, v.value
    FROM pg_roles r, (VALUES
      -- Guard rails: a session may set these to something else.
      ('statement_timeout', '30s'),
      ('default_transaction_read_only', 'on'),
      -- The switch to another generation waits for who reads the views.
      ('idle_in_transaction_session_timeout', '60s'),
      -- A wall: what the sorts and hashes of one process may take on disk.
      -- When the log's disk is full, nobody can say anything.
      ('temp_file_limit', '512MB')
    ) AS v (name, value)
    WHERE r.rolname IN ('chitchat_analyst', 'chitchat_reader')
      AND NOT EXISTS (
        SELECT FROM pg_db_role_setting s, unnest(s.setconfig) AS c
        WHERE s.setrole = r.oid AND s.setdatabase = 0 AND split_part(c, '=', 1) = v.name)
  LOOP
    BEGIN
      EXECUTE format('ALTER ROLE %I SET %I = %L', setting.rolname, setting.name, setting.value);
    EXCEPTION
      WHEN insufficient_privilege THEN
        refused := refused || format('ALTER ROLE %I SET %I = %L', setting.rolname, setting.name, setting.value);
      WHEN internal_error OR unique_violation THEN
        NULL; -- set at the same moment for another database of this server
    END;
  END LOOP;
  IF cardinality(refused) > 0 THEN
    RAISE NOTICE 'this user may not set all limits of role chitchat_analyst: have an administrator run %', array_to_string(refused, '; ');
  END IF;

  IF to_regnamespace('chat') IS NOT NULL AND NOT has_schema_privilege('chitchat_analyst', 'chat', 'USAGE') THEN
    GRANT USAGE ON SCHEMA chat TO chitchat_analyst;
    ALTER DEFAULT PRIVILEGES IN SCHEMA chat GRANT SELECT ON TABLES TO chitchat_analyst;
    GRANT SELECT ON ALL TABLES IN SCHEMA chat TO chitchat_analyst;
  END IF;
END
$analyst$;
