package pgtest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/faustman/chitchat/internal/pgtest"
)

// childEnv makes the tests that fail on purpose run; the others start them in a process of their own.
const childEnv = "PGTEST_TEST_CHILD"

func TestMain(m *testing.M) { pgtest.Main(m) }

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect to %s: %v", url, err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func count(t *testing.T, url, query string) int {
	t.Helper()
	var n int
	if err := connect(t, url).QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// migrations counts how often migrate ran in this process.
var migrations atomic.Int32

func migrate(ctx context.Context, url string) error {
	migrations.Add(1)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `CREATE TABLE things AS SELECT 1 AS id`)
	return err
}

func TestNewIsEmpty(t *testing.T) {
	url := pgtest.New(t)
	if n := count(t, url, `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`); n != 0 {
		t.Errorf("%d relations, want none", n)
	}
}

func TestTemplateIsMadeOnceAndCopied(t *testing.T) {
	var urls sync.Map
	t.Run("group", func(t *testing.T) {
		for i := range 4 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				begin := time.Now()
				url := pgtest.New(t, pgtest.Template("things", migrate))
				t.Logf("New: %s", time.Since(begin))
				urls.Store(url, nil)
				conn := connect(t, url)
				if _, err := conn.Exec(t.Context(), `INSERT INTO things VALUES (2)`); err != nil {
					t.Fatal(err)
				}
				if n := count(t, url, `SELECT count(*) FROM things`); n != 2 {
					t.Errorf("%d things, want the template's and our own", n)
				}
			})
		}
	})
	if got := migrations.Load(); got != 1 {
		t.Errorf("migrated %d times, want once", got)
	}
	urls.Range(func(url, _ any) bool {
		_, err := pgx.Connect(t.Context(), url.(string))
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "3D000" {
			t.Errorf("after the test: %v, want that the database does not exist", err)
		}
		return true
	})
}

func TestServerOfOneTest(t *testing.T) {
	server := pgtest.NewServer(t)
	url := server.URL()
	if err := migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	server.Stop()
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		conn.Close(t.Context())
		t.Error("connected to a stopped server")
	}
	server.Start()
	server.Start()
	if n := count(t, url, `SELECT count(*) FROM things`); n != 1 {
		t.Errorf("%d things, want 1", n)
	}
}

// runChild runs one test of this binary in a process of its own and returns what it prints.
func runChild(t *testing.T, test string, env ...string) (string, error) {
	t.Helper()
	child := osexec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$", "-test.timeout=2m")
	child.Env = append(append(os.Environ(), childEnv+"=1"), env...)
	out, err := child.CombinedOutput()
	return string(out), err
}

func TestChildLeaks(t *testing.T) {
	if os.Getenv(childEnv) == "" {
		t.Skip("runs in a child of TestLeakIsFound")
	}
	pgtest.New(t)
	go func() { select {} }()
}

func TestLeakIsFound(t *testing.T) {
	out, err := runChild(t, "TestChildLeaks")
	if err == nil || !strings.Contains(out, "tests have passed, but found unexpected goroutines") {
		t.Errorf("child = %v, want a leak:\n%s", err, out)
	}
}

func TestChildNew(t *testing.T) {
	if os.Getenv(childEnv) == "" {
		t.Skip("runs in a child of other tests")
	}
	fmt.Println("url:", pgtest.New(t, pgtest.Template("broken", func(context.Context, string) error {
		return errors.New("broken migration")
	})))
}

func TestBrokenMigrationFailsTheTest(t *testing.T) {
	out, err := runChild(t, "TestChildNew")
	if err == nil || !strings.Contains(out, "pgtest: template broken: broken migration") {
		t.Errorf("child = %v, want a failure:\n%s", err, out)
	}
}

func TestMissingBinariesFailTheTest(t *testing.T) {
	out, err := runChild(t, "TestChildNew", "CHITCHAT_PG_BIN="+t.TempDir(), "DATABASE_URL=")
	if err == nil || strings.Contains(out, "SKIP") || !strings.Contains(out, "pgtest: no Postgres server in") {
		t.Errorf("child = %v, want a failure that names the directory:\n%s", err, out)
	}
}

func TestOutsideServer(t *testing.T) {
	server := pgtest.NewServer(t)
	for _, url := range []string{server.URL(), "host=" + strings.Split(strings.Split(server.URL(), "host=")[1], "&")[0] + " user=chitchat"} {
		url = strings.ReplaceAll(url, "%2F", "/")
		out, err := runChild(t, "TestChildEmpty", "DATABASE_URL="+url)
		if err != nil || !strings.Contains(out, "made") {
			t.Errorf("child with %s = %v:\n%s", url, err, out)
		}
	}
	if n := count(t, server.URL(), `SELECT count(*) FROM pg_database WHERE datname LIKE 'chitchat\_test%'`); n != 0 {
		t.Errorf("%d databases are left behind, want none", n)
	}
}

func TestChildEmpty(t *testing.T) {
	if os.Getenv(childEnv) == "" {
		t.Skip("runs in a child of TestOutsideServer")
	}
	count(t, pgtest.New(t, pgtest.Template("things", migrate)), `SELECT count(*) FROM things`)
	fmt.Println("made")
}
