-- Who asks questions in SQL of the private Postgres, and what everybody may do
-- there by default and they may not. It runs at each start, before analyst.sql,
-- in the database chitchat, which is nobody else's, as the superuser who owns
-- it: nothing here binds that user.
--
-- chitchat_analyst logs in over TCP, and only while serve --pg-listen lets it;
-- that is not touched here. chitchat_reader is the user of `chitchat sql`: the
-- analyst's rights and no others, so that there is no role to go back to. It
-- has no password, and so no way in but the unix socket.
DO $private$
DECLARE
  role text;
  routine regprocedure;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('chitchat_analyst'));
  FOREACH role IN ARRAY ARRAY['chitchat_analyst', 'chitchat_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role);
    END IF;
    -- 20 of the server's 200 connections: the 15 that a Metabase opens and a
    -- few people's psql. Chitchat itself needs about as many.
    EXECUTE format('ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT CONNECTION LIMIT 20', role);
    -- A role may change its own settings, for all its sessions to come. This
    -- undoes it; analyst.sql makes those that are missing.
    EXECUTE format('ALTER ROLE %I RESET ALL', role);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET ALL', role, current_database());
    EXECUTE format('ALTER ROLE %I SET search_path = chat', role);
    -- A wall: what goes wrong in a query is between it and who asks. The words
    -- for it may quote what people wrote, and a loop could fill the log.
    EXECUTE format('ALTER ROLE %I SET log_min_messages = fatal', role);
  END LOOP;
  ALTER ROLE chitchat_reader LOGIN PASSWORD NULL;
  IF NOT pg_has_role('chitchat_reader', 'chitchat_analyst', 'USAGE') THEN
    GRANT chitchat_analyst TO chitchat_reader;
  END IF;

  -- Making things, and other databases.
  REVOKE CREATE ON SCHEMA public FROM PUBLIC;
  EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;

  -- Functions that everybody may call by default: they write large objects, or
  -- into the write-ahead log, or take the locks under which migrations and
  -- rebuilds run.
  FOR routine IN
    SELECT p.oid
    FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace
      AND p.proname ~ '^(lo_.*|loread|lowrite|pg_(try_)?advisory_.*|pg_logical_emit_message)$'
      AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', routine);
  END LOOP;
END
$private$;
