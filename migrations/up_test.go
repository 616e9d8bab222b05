package migrations_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/faustman/chitchat/internal/pgtest"
	"github.com/faustman/chitchat/migrations"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func execute(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%.200s: %v", sql, err)
	}
}

// withModel returns a migrated database with an empty first generation.
func withModel(t *testing.T) *pgx.Conn {
	t.Helper()
	url := pgtest.New(t)
	if _, err := migrations.Up(t.Context(), url); err != nil {
		t.Fatalf("Up: %v", err)
	}
	conn := connect(t, url)
	execute(t, conn, "BEGIN;"+migrations.CreateModel(migrations.Schema(1))+migrations.Indexes()+migrations.Views(1)+";COMMIT")
	return conn
}

func names(applied []migrations.Applied) []string {
	var all []string
	for _, step := range applied {
		all = append(all, step.Name)
	}
	return all
}

func TestUpSaysWhatItDid(t *testing.T) {
	url := pgtest.New(t)
	applied, err := migrations.Up(t.Context(), url)
	if want := []string{"00001_foundation.sql", "00002_skipped.sql"}; err != nil || !cmp.Equal(names(applied), want) {
		t.Errorf("Up = %v, %v, want %v", names(applied), err, want)
	}
	applied, err = migrations.Up(t.Context(), url)
	if err != nil || len(applied) != 0 {
		t.Errorf("Up again = %v, %v, want nothing done", names(applied), err)
	}
}

// steps is how many numbered files there are.
const steps = 2

func TestUpAtTheSameMoment(t *testing.T) {
	url := pgtest.New(t)
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		total int
	)
	for range 4 {
		wait.Go(func() {
			applied, err := migrations.Up(context.Background(), url)
			if err != nil {
				t.Errorf("Up: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			total += len(applied)
		})
	}
	wait.Wait()
	if total != steps {
		t.Errorf("steps done by all = %d, want %d", total, steps)
	}
}

func TestUpWithoutADatabase(t *testing.T) {
	if _, err := migrations.Up(t.Context(), "host=/nonexistent user=nobody"); err == nil {
		t.Error("Up without a server = nil, want an error")
	}
	if _, err := migrations.Up(t.Context(), "postgres://%zz"); err == nil {
		t.Error("Up of no URL = nil, want an error")
	}
}

func TestUpWithoutTheRightToCreateRoles(t *testing.T) {
	server := pgtest.NewServer(t)
	admin := connect(t, server.URL())
	execute(t, admin, "CREATE ROLE plain LOGIN")
	execute(t, admin, "CREATE DATABASE plain OWNER plain")
	address, err := url.Parse(server.URL())
	if err != nil {
		t.Fatalf("url: %v", err)
	}
	address.User, address.Path = url.User("plain"), "/plain"

	applied, err := migrations.Up(t.Context(), address.String())
	if err != nil || len(applied) != steps+1 || len(applied[steps].Notices) != 1 ||
		!strings.Contains(applied[steps].Notices[0], "CREATE ROLE chitchat_analyst") {
		t.Fatalf("Up = %+v, %v, want a notice that says what to do", applied, err)
	}
	execute(t, admin, "CREATE ROLE chitchat_analyst NOLOGIN")
	if _, err := migrations.Up(t.Context(), address.String()); err != nil {
		t.Fatalf("Up with the role: %v", err)
	}
	plain := connect(t, address.String())
	var granted bool
	err = plain.QueryRow(t.Context(), `SELECT has_schema_privilege('chitchat_analyst', 'chat', 'USAGE')`).Scan(&granted)
	if err != nil || !granted {
		t.Errorf("analyst may use chat = %t, %v, want true", granted, err)
	}
}

func TestEveryViewAndColumnIsExplained(t *testing.T) {
	conn := withModel(t)
	rows, _ := conn.Query(t.Context(), `
SELECT c.relname || coalesce('.' || a.attname, '')
FROM pg_class c
LEFT JOIN LATERAL (SELECT attname, attnum FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 UNION ALL SELECT NULL, 0) a ON true
LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
WHERE c.relnamespace = 'chat'::regnamespace
  AND (d.description IS NULL OR a.attnum > 0 AND d.description NOT LIKE '%Example: %')`)
	missing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(missing) != 0 {
		t.Errorf("without a comment or an example: %q, %v", missing, err)
	}
	rows, _ = conn.Query(t.Context(), `SELECT relname::text FROM pg_class WHERE relnamespace = 'chat'::regnamespace ORDER BY 1`)
	views, err := pgx.CollectRows(rows, pgx.RowTo[string])
	want := []string{"channels", "daily_activity", "events", "freshness", "messages", "presence", "sessions", "users"}
	if err != nil || !cmp.Equal(views, want) {
		t.Errorf("views of chat = %q, %v, want %q", views, err, want)
	}
}

func TestAnalystReadsChatAndNothingElse(t *testing.T) {
	conn := withModel(t)
	var settings []string
	err := conn.QueryRow(t.Context(), `
SELECT s.setconfig FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
WHERE r.rolname = 'chitchat_analyst' AND s.setdatabase = 0`).Scan(&settings)
	want := []string{"statement_timeout=30s", "default_transaction_read_only=on", "idle_in_transaction_session_timeout=60s", "temp_file_limit=512MB"}
	if err != nil || !cmp.Equal(settings, want) {
		t.Errorf("settings of the role = %q, %v, want %q", settings, err, want)
	}
	execute(t, conn, "SET ROLE chitchat_analyst")
	for _, view := range []string{"channels", "daily_activity", "events", "freshness", "messages", "presence", "sessions", "users"} {
		execute(t, conn, "SELECT * FROM chat."+view)
	}
	for _, sql := range []string{
		"INSERT INTO chat.messages (channel) VALUES ('x')",
		"DELETE FROM chat.messages",
		"CREATE TABLE chat.mine ()",
		"SELECT * FROM model_1.message",
		"SELECT * FROM chitchat.generation",
		"SELECT * FROM chitchat.quarantine",
		"SELECT pg_read_file('/etc/hostname')",
	} {
		_, err := conn.Exec(t.Context(), sql)
		var pgErr *pgconn.PgError
		if !errors.As(err, &pgErr) || pgErr.Code != "42501" {
			t.Errorf("%s = %v, want insufficient_privilege", sql, err)
		}
	}
}

// TestViewsMoveToTheNextGeneration makes the switch that ends a rebuild: grants
// and comments stay, and so do views that others have built on top.
func TestViewsMoveToTheNextGeneration(t *testing.T) {
	conn := withModel(t)
	execute(t, conn, "CREATE VIEW public.report AS SELECT count(*) AS n FROM chat.messages")
	execute(t, conn, "BEGIN;"+migrations.CreateModel(migrations.Schema(2))+migrations.Indexes()+migrations.Views(2)+";COMMIT")
	execute(t, conn, `
INSERT INTO model_2.message (channel, seq, id, user_id, user_name, sent_at, sent_nanos, text)
VALUES ('lobby', 1, 'm1', 'u', 'U', now(), 0, 'hey');
INSERT INTO model_2.checkpoint (epoch, seq, stored_nanos, log_seq) VALUES ('e', 1, 0, 3)`)
	var n, generation, lag int
	err := conn.QueryRow(t.Context(), `SELECT n, generation, lag FROM public.report, chat.freshness`).Scan(&n, &generation, &lag)
	if err != nil || n != 1 || generation != 2 || lag != 2 {
		t.Errorf("report = %d, generation %d, lag %d, %v, want 1, 2, 2", n, generation, lag, err)
	}
	execute(t, conn, "SET ROLE chitchat_analyst; SELECT * FROM chat.messages")
}
