-- The role for questions in SQL. It runs at every migration, not once: roles
-- belong to the whole server, and a role made later by an administrator gets
-- its grants at the next start.
DO $analyst$
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

  IF NOT EXISTS (
    SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
    WHERE r.rolname = 'chitchat_analyst' AND s.setdatabase = 0
      AND 'default_transaction_read_only=on' = ANY (s.setconfig)
      AND s.setconfig::text LIKE '%statement_timeout=%'
  ) THEN
    BEGIN
      ALTER ROLE chitchat_analyst SET statement_timeout = '30s';
      ALTER ROLE chitchat_analyst SET default_transaction_read_only = on;
    EXCEPTION
      WHEN insufficient_privilege THEN
        RAISE NOTICE 'this user may not set the limits of role chitchat_analyst: have an administrator run ALTER ROLE chitchat_analyst SET statement_timeout = ''30s'' and ALTER ROLE chitchat_analyst SET default_transaction_read_only = on';
      WHEN internal_error OR unique_violation THEN
        NULL; -- set at the same moment for another database of this server
    END;
  END IF;

  IF NOT has_schema_privilege('chitchat_analyst', 'chat', 'USAGE') THEN
    GRANT USAGE ON SCHEMA chat TO chitchat_analyst;
    ALTER DEFAULT PRIVILEGES IN SCHEMA chat GRANT SELECT ON TABLES TO chitchat_analyst;
    GRANT SELECT ON ALL TABLES IN SCHEMA chat TO chitchat_analyst;
  END IF;
END
$analyst$;
