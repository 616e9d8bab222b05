package main_test

import (
	"strings"
	"testing"
)

// refusals are what the analyst may not do, whatever the session sets first,
// with the SQLSTATE of the answer. {model} is the schema of the tables.
var refusals = []struct{ statement, want string }{
	// Writing, and holding up who writes.
	{"INSERT INTO chat.messages (channel) VALUES ('x')", "42501"},
	{"UPDATE chat.messages SET text = 'x'", "42501"},
	{"DELETE FROM chat.messages", "42501"},
	{"SELECT * FROM chat.messages FOR UPDATE", "42501"},
	{"BEGIN; LOCK TABLE chat.messages IN ACCESS EXCLUSIVE MODE", "42501"},
	// Making, changing and dropping.
	{"CREATE TABLE x ()", "42501"},
	{"CREATE TABLE public.x ()", "42501"},
	{"CREATE TABLE chat.x ()", "42501"},
	{"CREATE TEMPORARY TABLE x ()", "42501"},
	{"CREATE SCHEMA x", "42501"},
	{"CREATE FUNCTION chat.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "42501"},
	{"CREATE FUNCTION pg_temp.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "42501"},
	{"CREATE VIEW chat.x AS SELECT 1", "42501"},
	{"CREATE OR REPLACE VIEW chat.messages AS SELECT 1 AS channel", "42501"},
	{"ALTER VIEW chat.messages RENAME TO x", "42501"},
	{"COMMENT ON VIEW chat.messages IS 'x'", "42501"},
	{"CREATE TYPE public.x AS ENUM ('x')", "42501"},
	{"CREATE PUBLICATION x", "42501"},
	{"DROP VIEW chat.messages", "42501"},
	{"DROP SCHEMA chat CASCADE", "42501"},
	{"DROP DATABASE postgres", "42501"},
	{"DO $$ BEGIN EXECUTE 'CREATE TABLE public.x ()'; END $$", "42501"},
	// Reading what is below the views.
	{"SELECT * FROM {model}.message", "42501"},
	{"SELECT * FROM {model}.checkpoint", "42501"},
	{"SELECT * FROM chitchat.generation", "42501"},
	{"SELECT * FROM chitchat.quarantine", "42501"},
	{"SELECT rolpassword FROM pg_authid", "42501"},
	{"SELECT * FROM pg_hba_file_rules", "42501"},
	{"SHOW data_directory", "42501"},
	// Files and programs of the server.
	{"SELECT pg_read_file('/etc/passwd')", "42501"},
	{"SELECT pg_read_binary_file('/etc/passwd')", "42501"},
	{"SELECT pg_stat_file('/etc/passwd')", "42501"},
	{"SELECT pg_ls_dir('.')", "42501"},
	{"COPY (SELECT 1) TO PROGRAM 'true'", "42501"},
	{"COPY (SELECT 1) TO '/tmp/chitchat-analyst'", "42501"},
	{"COPY chat.messages FROM '/etc/passwd'", "42501"},
	{"COPY chat.messages FROM PROGRAM 'true'", "42501"},
	{"SELECT dblink('')", "42883"},
	// Large objects, and the write-ahead log.
	{"SELECT lo_create(0)", "42501"},
	{"SELECT lo_creat(-1)", "42501"},
	{"SELECT lo_from_bytea(0, 'x')", "42501"},
	{"SELECT lo_import('/etc/passwd')", "42501"},
	{"SELECT pg_logical_emit_message(false, 'x', 'x')", "42501"},
	// Other roles, and more rights.
	{"SET ROLE chitchat", "42501"},
	{"SET ROLE chitchat_reader", "42501"},
	{"SET SESSION AUTHORIZATION chitchat", "42501"},
	{"CREATE ROLE x", "42501"},
	{"ALTER ROLE chitchat_analyst SUPERUSER", "42501"},
	{"ALTER ROLE chitchat_analyst CREATEROLE", "42501"},
	{"ALTER ROLE chitchat_analyst CONNECTION LIMIT -1", "42501"},
	{"ALTER ROLE chitchat_analyst SET temp_file_limit = -1", "42501"},
	{"ALTER ROLE chitchat PASSWORD 'x'", "42501"},
	{"ALTER ROLE chitchat_reader PASSWORD 'x'", "42501"},
	{"GRANT chitchat TO chitchat_analyst", "42501"},
	{"GRANT pg_read_all_data TO chitchat_analyst", "42501"},
	{"SET temp_file_limit = -1", "42501"},
	{"SET session_replication_role = replica", "42501"},
	{"ALTER SYSTEM SET work_mem = '1GB'", "42501"},
	{"ALTER DATABASE chitchat SET work_mem = '1GB'", "42501"},
	// Other sessions, and the locks of migrations and rebuilds.
	{"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'chitchat'", "42501"},
	{"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'chitchat'", "42501"},
	{"SELECT pg_advisory_lock(x'63686967'::bigint)", "42501"},
	{"SELECT pg_try_advisory_lock(x'63686974'::bigint)", "42501"},
	{"SELECT pg_advisory_xact_lock_shared(1, 2)", "42501"},
	{"CHECKPOINT", "42501"},
	{"SELECT pg_switch_wal()", "42501"},
	{"SELECT pg_stat_reset()", "42501"},
}

// wantReads wants every view to be readable.
func wantReads(t *testing.T, run func(...string) (string, string)) {
	t.Helper()
	views, state := run("SELECT string_agg(viewname, ' ') FROM pg_views WHERE schemaname = 'chat'")
	if len(strings.Fields(views)) < 6 || state != "" {
		t.Fatalf("views of chat = %q, %s", views, state)
	}
	for _, view := range strings.Fields(views) {
		if _, state := run("SELECT * FROM chat." + view); state != "" {
			t.Errorf("SELECT * FROM chat.%s = %s, want no error", view, state)
		}
	}
	if text, state := run("SELECT text FROM messages"); text != "Hello!" || state != "" {
		t.Errorf("the text without naming the schema = %q, %s, want Hello!", text, state)
	}
	if text, state := run("COPY (SELECT text FROM chat.messages) TO STDOUT"); state != "" {
		t.Errorf("COPY to the client = %q, %s, want no error", text, state)
	}
}

func wantRefusals(t *testing.T, run func(...string) (string, string), states func([]string) []string) {
	t.Helper()
	model, state := run("SELECT max(schemaname) FROM pg_tables WHERE tablename = 'message' AND schemaname LIKE 'model%'")
	if model == "" || state != "" {
		t.Fatalf("schema of the tables = %q, %s", model, state)
	}
	statements := make([]string, len(refusals))
	for i, test := range refusals {
		statements[i] = strings.ReplaceAll(test.statement, "{model}", model)
	}
	got := states(statements)
	if len(got) != len(refusals) {
		t.Fatalf("%d answers to %d statements: %q", len(got), len(refusals), got)
	}
	for i, test := range refusals {
		if got[i] != test.want {
			t.Errorf("%s = %q, want %s", statements[i], got[i], test.want)
		}
	}
	// None of these is refused, and none of them does any harm.
	for _, statement := range []string{"DROP OWNED BY chitchat_analyst", "GRANT SELECT ON chat.messages TO PUBLIC", "VACUUM"} {
		_, _ = run("SET default_transaction_read_only = off", statement)
	}
	if text, state := run("SELECT text FROM chat.messages"); text != "Hello!" || state != "" {
		t.Errorf("the text after all that = %q, %s, want Hello!", text, state)
	}
}

// wantGuardRails wants the limits of a session that changes none of them.
func wantGuardRails(t *testing.T, run func(...string) (string, string)) {
	t.Helper()
	for setting, want := range map[string]string{
		"statement_timeout": "30s", "idle_in_transaction_session_timeout": "1min", "default_transaction_read_only": "on",
		"temp_file_limit": "512MB", "search_path": "chat",
	} {
		if got, state := run("SHOW " + setting); got != want || state != "" {
			t.Errorf("%s = %q, %s, want %s", setting, got, state, want)
		}
	}
	for _, test := range []struct {
		statements []string
		want       string
	}{
		{[]string{"CREATE TEMPORARY TABLE x ()"}, "25006"},
		{[]string{"ALTER ROLE chitchat_analyst PASSWORD 'x'"}, "25006"},
		{[]string{"SELECT text::integer FROM chat.messages"}, "22P02"},
		{[]string{"SET log_min_messages = debug1"}, "42501"},
		{[]string{"SET statement_timeout = '50ms'", "SELECT pg_sleep(60)"}, "57014"},
		{[]string{"SET statement_timeout = '50ms'", "SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000000) b"}, "57014"},
	} {
		if _, got := run(test.statements...); got != test.want {
			t.Errorf("%q = %q, want %s", test.statements, got, test.want)
		}
	}
}

// What goes wrong with a query is shown, and nothing else.
func TestQueriesThatFail(t *testing.T) {
	t.Parallel()
	data := seededDir(t)
	p := serve(t, data, freeAddress(t))
	wantFailures(t, data)
	p.stop()
	wantFailures(t, data)
	out, errs, code := chitchat(t, "sql", "--data", data, "--format", "json", "SET timezone = 'UTC'; SELECT 1 AS z, 2 AS a, 3 AS z; SET timezone = 'UTC'")
	if want := "[\n  {\n    \"z\": 1,\n    \"a\": 2,\n    \"z\": 3\n  }\n]\n"; code != 0 || out != want || errs != "" {
		t.Errorf("exit code %d, stdout %s, stderr %s, want %s", code, out, errs, want)
	}
}

func wantFailures(t *testing.T, data string) {
	t.Helper()
	for _, test := range []struct{ query, want string }{
		{"SELECT nam FROM chat.users", "chitchat: ERROR: column \"nam\" does not exist (SQLSTATE 42703)\nLINE 1: SELECT nam FROM chat.users\n               ^\n"},
		{"SELECT 1; SELECT 1/0", "chitchat: ERROR: division by zero (SQLSTATE 22012)\n"},
	} {
		out, errs, code := chitchat(t, "sql", "--data", data, test.query)
		if code != 1 || out != "" || errs != test.want {
			t.Errorf("%s: exit code %d, stdout %q, stderr\n%s\nwant 1, nothing and\n%s", test.query, code, out, errs, test.want)
		}
	}
}
