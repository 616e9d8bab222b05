package migrations_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/internal/pgtest"
	"github.com/faustman/chitchat/migrations"
)

// private returns a connection to a server that is chitchat's own.
func private(t *testing.T) (*pgx.Conn, string) {
	t.Helper()
	url := pgtest.NewServer(t).URL()
	applyPrivate(t, url)
	return connect(t, url), url
}

func applyPrivate(t *testing.T, url string) {
	t.Helper()
	if err := migrations.Private(t.Context(), url); err != nil {
		t.Fatalf("Private: %v", err)
	}
}

func up(t *testing.T, url string) []migrations.Applied {
	t.Helper()
	applied, err := migrations.Up(t.Context(), url)
	if err != nil {
		t.Fatalf("Up: %v", err)
	}
	return applied
}

// list returns the rows of a query of one text.
func list(t *testing.T, conn *pgx.Conn, sql string, args ...any) []string {
	t.Helper()
	rows, _ := conn.Query(t.Context(), sql, args...)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%.200s: %v", sql, err)
	}
	return all
}

const settingsOf = `SELECT c FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c WHERE r.rolname = $1 ORDER BY c`

var limits = []string{
	"default_transaction_read_only=on", "idle_in_transaction_session_timeout=60s", "log_min_messages=fatal",
	"search_path=chat", "statement_timeout=30s", "temp_file_limit=512MB",
}

func TestPrivateLimitsBothRoles(t *testing.T) {
	conn, url := private(t)
	up(t, url)
	// What a role may do to itself, and what an older program has left.
	execute(t, conn, "ALTER ROLE chitchat_analyst SET statement_timeout = 0")
	execute(t, conn, "ALTER ROLE chitchat_reader IN DATABASE chitchat SET work_mem = '1GB'")
	execute(t, conn, "ALTER ROLE chitchat_analyst CREATEDB CONNECTION LIMIT -1")
	execute(t, conn, "REVOKE chitchat_analyst FROM chitchat_reader")
	applyPrivate(t, url)
	up(t, url)
	for _, role := range []string{migrations.Analyst, migrations.Reader} {
		if got := list(t, conn, settingsOf, role); !cmp.Equal(got, limits) {
			t.Errorf("settings of %s = %q, want %q", role, got, limits)
		}
		got := list(t, conn, `SELECT concat_ws(' ', rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolconnlimit) FROM pg_roles WHERE rolname = $1`, role)
		if want := []string{"f f f f f 20"}; !cmp.Equal(got, want) {
			t.Errorf("rights of %s = %q, want %q", role, got, want)
		}
		if got := list(t, conn, `SELECT has_schema_privilege($1, 'chat', 'USAGE')::text`, role); got[0] != "true" {
			t.Errorf("%s may use chat = %s, want true", role, got[0])
		}
	}
}

// Whether the analyst may log in is somebody else's business.
func TestLoginIsLeftAlone(t *testing.T) {
	conn, url := private(t)
	for _, login := range []string{"LOGIN", "NOLOGIN"} {
		execute(t, conn, "ALTER ROLE chitchat_analyst "+login)
		applyPrivate(t, url)
		up(t, url)
		got := list(t, conn, `SELECT CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END FROM pg_roles WHERE rolname = 'chitchat_analyst'`)
		if got[0] != login {
			t.Errorf("after %s: %s", login, got[0])
		}
	}
}

func TestPrivateTakesFromEverybody(t *testing.T) {
	conn, url := private(t)
	up(t, url)
	for _, test := range []struct{ name, sql string }{
		{"functions", `
SELECT DISTINCT proname::text FROM pg_proc
WHERE has_function_privilege('chitchat_analyst', oid, 'EXECUTE')
  AND (proname LIKE 'lo\_%' OR proname LIKE '%advisory%' OR proname IN ('loread', 'lowrite', 'pg_logical_emit_message'))`},
		{"schemas to make things in", `SELECT nspname::text FROM pg_namespace WHERE has_schema_privilege('chitchat_analyst', oid, 'CREATE')`},
		{"databases", `
SELECT datname || ' ' || p FROM pg_database, unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY']) p
WHERE datallowconn AND has_database_privilege('chitchat_analyst', oid, 'CONNECT') AND has_database_privilege('chitchat_analyst', oid, p)
  AND datname || ' ' || p <> 'chitchat CONNECT'`},
		{"tables to write", `
SELECT c.oid::regclass::text FROM pg_class c
WHERE relkind IN ('r', 'v', 'm', 'p', 'f') AND has_table_privilege('chitchat_analyst', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
  AND relname <> 'pg_settings'`}, // whose UPDATE is SET
		{"roles to become", `SELECT rolname::text FROM pg_roles WHERE pg_has_role('chitchat_analyst', oid, 'MEMBER') AND rolname <> 'chitchat_analyst'`},
	} {
		if got := list(t, conn, test.sql); len(got) > 0 {
			t.Errorf("%s the analyst still has: %q", test.name, got)
		}
	}
	// Nothing of it binds the owner.
	execute(t, conn, "BEGIN; SELECT pg_advisory_xact_lock(1), lo_create(0); CREATE TEMPORARY TABLE x (); ROLLBACK")
}

// On an outside server an administrator's own limits stay, and nothing is taken
// from others.
func TestOutsideLimitsAreTheAdministrators(t *testing.T) {
	url := pgtest.NewServer(t).URL()
	conn := connect(t, url)
	execute(t, conn, "CREATE ROLE chitchat_analyst LOGIN; ALTER ROLE chitchat_analyst SET statement_timeout = '5min'")
	up(t, url)
	got := list(t, conn, settingsOf, migrations.Analyst)
	want := []string{"default_transaction_read_only=on", "idle_in_transaction_session_timeout=60s", "statement_timeout=5min", "temp_file_limit=512MB"}
	if !cmp.Equal(got, want) {
		t.Errorf("settings = %q, want %q", got, want)
	}
	execute(t, conn, "SET ROLE chitchat_analyst; SELECT pg_advisory_lock(1)")
}

// Who may make roles may not limit their temporary files.
func TestUpWithoutTheRightToAllLimits(t *testing.T) {
	server := pgtest.NewServer(t)
	admin := connect(t, server.URL())
	execute(t, admin, "CREATE ROLE maker LOGIN CREATEROLE")
	execute(t, admin, "CREATE DATABASE maker OWNER maker")
	address, err := url.Parse(server.URL())
	if err != nil {
		t.Fatalf("url: %v", err)
	}
	address.User, address.Path = url.User("maker"), "/maker"
	applied := up(t, address.String())
	last := applied[len(applied)-1]
	if len(last.Notices) != 1 || !strings.HasSuffix(last.Notices[0], "run ALTER ROLE chitchat_analyst SET temp_file_limit = '512MB'") {
		t.Fatalf("notices = %q, want one that says what is missing", last.Notices)
	}
	got := list(t, admin, settingsOf, migrations.Analyst)
	want := []string{"default_transaction_read_only=on", "idle_in_transaction_session_timeout=60s", "statement_timeout=30s"}
	if !cmp.Equal(got, want) {
		t.Errorf("settings = %q, want %q", got, want)
	}
	execute(t, admin, "ALTER ROLE chitchat_analyst SET temp_file_limit = '512MB'")
	if applied := up(t, address.String()); len(applied) != 0 {
		t.Errorf("Up with all limits = %+v, want nothing done", applied)
	}
}

func TestPrivateWithoutADatabase(t *testing.T) {
	if err := migrations.Private(t.Context(), "host=/nonexistent user=nobody"); err == nil {
		t.Error("Private without a server = nil, want an error")
	}
}
