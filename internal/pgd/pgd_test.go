package pgd_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/faustman/chitchat/internal/pgd"
	"github.com/faustman/chitchat/internal/pgtest"
)

// testTimeout bounds a start or a stop; the machine may be busy.
const testTimeout = 60 * time.Second

// seed is what initdb makes, made once.
var seed *pgtest.Seed

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveEnv); dir != "" {
		serveUntilKilled(dir)
	}
	dir, err := os.MkdirTemp(pgtest.FastDir(), "pgd-seed-*")
	if err != nil {
		panic(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { // as in setup
		panic(err)
	}
	seed = pgtest.NewSeed(filepath.Join(dir, "cluster"))
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// seeded is setup with a cluster that is there: for tests of everything but a first start.
func seeded(t *testing.T) pgd.Options {
	t.Helper()
	opts := setup(t)
	mkdir(t, opts.Dir)
	seed.Plant(t, opts.Dir)
	return opts
}

// setup returns options for a Postgres in a directory of the test's own, without a cluster.
func setup(t *testing.T) pgd.Options {
	t.Helper()
	dir, err := os.MkdirTemp(pgtest.FastDir(), "pgd-*") // not t.TempDir: other accounts may have to enter it
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return pgd.Options{
		Dir: filepath.Join(dir, "data"), SocketDir: filepath.Join(dir, "sockets"), Bin: os.Getenv("CHITCHAT_PG_BIN"),
		Unsafe: true, Logger: slog.New(slog.DiscardHandler),
	}
}

func start(t *testing.T, opts pgd.Options) *pgd.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	if err := os.MkdirAll(opts.Dir, 0o711); err != nil {
		t.Fatal(err)
	}
	server, err := pgd.Start(ctx, opts)
	if err != nil {
		t.Fatalf("Start = %v", err)
	}
	t.Cleanup(func() { stop(t, server) })
	return server
}

func stop(t *testing.T, server *pgd.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	if err := server.Stop(ctx); err != nil {
		t.Errorf("Stop = %v", err)
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect to %s: %v", url, err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func text(t *testing.T, conn *pgx.Conn, query string) string {
	t.Helper()
	var value string
	if err := conn.QueryRow(t.Context(), query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func exec(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// clusterOf returns the path of the only cluster.
func clusterOf(t *testing.T, opts pgd.Options) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(opts.Dir, "pg-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("clusters: %v, %v, want one", found, err)
	}
	return found[0]
}

func waitDone(t *testing.T, server *pgd.Server) {
	t.Helper()
	select {
	case <-server.Done():
	case <-time.After(testTimeout):
		t.Fatal("Postgres goes on")
	}
}

func TestDurableAndPrivate(t *testing.T) {
	opts := setup(t)
	opts.Unsafe = false
	begin := time.Now()
	server := start(t, opts)
	t.Logf("first start: %s", time.Since(begin))
	conn := connect(t, server.URL(pgd.Database))
	for setting, want := range map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on",
		"listen_addresses": "", "server_encoding": "UTF8", "timezone": "UTC",
	} {
		if got := text(t, conn, "SHOW "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	if got := text(t, conn, `SELECT lower('ÅÉ')`); got != "åé" {
		t.Errorf("lower = %q, want åé", got)
	}
	if got := text(t, conn, "SHOW server_version"); !strings.HasPrefix(got, strconv.Itoa(server.Version())) {
		t.Errorf("server_version = %s, want %d", got, server.Version())
	}
	info, err := os.Stat(text(t, conn, "SHOW unix_socket_directories"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("socket directory: %v, %v, want mode 0700", info, err)
	}
}

func TestSecondStartKeepsData(t *testing.T) {
	opts := seeded(t)
	first := start(t, opts)
	exec(t, connect(t, first.URL(pgd.Database)), `CREATE TABLE kept AS SELECT 'yes' AS value`)
	stop(t, first) // with the connection open
	stop(t, first)
	if err := first.Err(); err != nil {
		t.Errorf("Err after Stop = %v", err)
	}
	if _, err := os.Stat(filepath.Join(opts.SocketDir, "pg")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Stop: %v, want no socket directory", err)
	}
	begin := time.Now()
	second := start(t, opts)
	t.Logf("second start: %s", time.Since(begin))
	if got := text(t, connect(t, second.URL(pgd.Database)), `SELECT value FROM kept`); got != "yes" {
		t.Errorf("value = %s, want yes", got)
	}
}

func TestStopWithEndedContext(t *testing.T) {
	opts := seeded(t)
	server := start(t, opts)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Stop(ctx); err != nil {
		t.Errorf("Stop = %v", err)
	}
	waitDone(t, server)
	start(t, opts) // recovers
}

func TestDeathIsTold(t *testing.T) {
	server := start(t, seeded(t))
	if err := server.Err(); err != nil {
		t.Errorf("Err = %v while it runs", err)
	}
	conn := connect(t, server.URL("postgres"))
	pid, err := strconv.Atoi(strings.SplitN(text(t, conn, `SELECT pg_read_file('postmaster.pid')`), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitDone(t, server)
	if err := server.Err(); err == nil || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("Err = %v, want that it was killed", err)
	}
}

func TestOrphanIsEnded(t *testing.T) {
	opts := seeded(t)
	orphan := start(t, opts)
	exec(t, connect(t, orphan.URL(pgd.Database)), `CREATE TABLE kept AS SELECT 'yes' AS value`)
	heir := start(t, opts)
	waitDone(t, orphan)
	if err := orphan.Err(); err == nil {
		t.Error("the orphan's Err is nil, want that somebody has stopped it")
	}
	if got := text(t, connect(t, heir.URL(pgd.Database)), `SELECT value FROM kept`); got != "yes" {
		t.Errorf("value = %s, want yes", got)
	}
}

func TestStalePIDFile(t *testing.T) {
	opts := seeded(t)
	stop(t, start(t, opts))
	cluster := clusterOf(t, opts)
	for _, test := range []struct{ name, content string }{
		{"another program's pid", fmt.Sprintf("%d\n%s\n1700000000\n5432\n/tmp\n\n  1 2\nready\n", os.Getppid(), cluster)},
		{"our own pid", fmt.Sprintf("%d\n%s\n1700000000\n5432\n/tmp\n\n  1 2\nready\n", os.Getpid(), cluster)},
		{"nobody's pid", fmt.Sprintf("%d\n%s\n1700000000\n5432\n", 1<<30, cluster)},
		{"empty", ""},
		{"garbage", "no number\n"},
	} {
		if err := os.WriteFile(filepath.Join(cluster, "postmaster.pid"), []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if url, err := pgd.Attach(opts.Dir, pgd.Database); err == nil {
			t.Errorf("%s: Attach = %s, want an error", test.name, url)
		}
		// The lock file of the socket has the same trouble.
		sockets := filepath.Join(opts.SocketDir, "pg")
		if err := os.MkdirAll(sockets, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sockets, ".s.PGSQL.5432.lock"), []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Log(test.name)
		stop(t, start(t, opts))
	}
}

func TestInterruptedInitIsRepeated(t *testing.T) {
	opts := setup(t)
	found, err := pgd.Find(t.Context(), opts.Bin)
	if err != nil {
		t.Fatal(err)
	}
	half := mkdir(t, opts.Dir, fmt.Sprintf("pg-%d.new", found[0].Major), "base")
	start(t, opts)
	if _, err := os.Stat(filepath.Dir(half)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("unfinished cluster: %v, want it gone", err)
	}
}

func TestLongSocketDir(t *testing.T) {
	opts := seeded(t)
	opts.SocketDir = filepath.Join(opts.SocketDir, strings.Repeat("x", 100))
	server := start(t, opts)
	conn := connect(t, server.URL(pgd.Database))
	sockets := text(t, conn, "SHOW unix_socket_directories")
	if strings.HasPrefix(sockets, opts.SocketDir) {
		t.Errorf("socket is in %s, want a shorter path", sockets)
	}
	if url, err := pgd.Attach(opts.Dir, pgd.Database); err != nil || url != server.URL(pgd.Database) {
		t.Errorf("Attach = %s, %v, want %s", url, err, server.URL(pgd.Database))
	}
	stop(t, server)
	if _, err := os.Stat(sockets); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Stop: %v, want %s to be gone", err, sockets)
	}
}

func TestAttach(t *testing.T) {
	opts := setup(t)
	notRunning := func(when string) {
		t.Helper()
		if url, err := pgd.Attach(opts.Dir, pgd.Database); !errors.Is(err, pgd.ErrNotRunning) {
			t.Errorf("%s: Attach = %s, %v, want ErrNotRunning", when, url, err)
		}
	}
	notRunning("before the directory is made")
	server := start(t, opts)
	url, err := pgd.Attach(opts.Dir, pgd.Database)
	if err != nil || url != server.URL(pgd.Database) {
		t.Fatalf("Attach = %s, %v, want %s", url, err, server.URL(pgd.Database))
	}
	connect(t, url)
	stop(t, server)
	notRunning("after Stop")
}

func TestEnsureDatabase(t *testing.T) {
	server := start(t, seeded(t))
	for _, name := range []string{"other", `we"ird name`, "other"} {
		if err := server.EnsureDatabase(t.Context(), name); err != nil {
			t.Fatalf("EnsureDatabase(%s) = %v", name, err)
		}
		if got := text(t, connect(t, server.URL(name)), `SELECT current_database()`); got != name {
			t.Errorf("database = %s, want %s", got, name)
		}
	}
}

func TestStartRefuses(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*testing.T, *pgd.Options)
		want   string
	}{
		{"no binaries in Bin", func(t *testing.T, o *pgd.Options) { o.Bin = t.TempDir() }, "no Postgres server in"},
		{"too old", func(t *testing.T, o *pgd.Options) { o.Bin = fake(t, "postgres (PostgreSQL) 9.6.24") }, "too old"},
		{"no Postgres", func(t *testing.T, o *pgd.Options) { o.Bin = fake(t, "mysqld 8") }, "postgres --version says"},
		{"initdb fails", func(t *testing.T, o *pgd.Options) { o.Bin = fake(t, "postgres (PostgreSQL) 17.2") }, "initdb: exit status 1: no luck"},
		{"no cluster", func(t *testing.T, o *pgd.Options) { mkdir(t, o.Dir, "pg-15") }, "is not a Postgres 15 cluster"},
		{"no port", func(_ *testing.T, o *pgd.Options) { o.Listen = "localhost:0" }, "not a number from 1 to 65535"},
		{"two hosts", func(_ *testing.T, o *pgd.Options) { o.Listen = "localhost,0.0.0.0:5433" }, "not one host"},
		{"nobody to listen for", func(_ *testing.T, o *pgd.Options) { o.Listen = "localhost:5433" }, "for nobody"},
		{"everybody to listen for", func(_ *testing.T, o *pgd.Options) { o.Listen, o.Guest = "localhost:5433", "a,all" }, "no name of a guest"},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts := setup(t)
			mkdir(t, opts.Dir)
			test.change(t, &opts)
			server, err := pgd.Start(t.Context(), opts)
			if err == nil {
				stop(t, server)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Start = %v, want %q", err, test.want)
			}
		})
	}
}

func TestStartIsBoundedByContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // initdb takes longer
	defer cancel()
	server, err := pgd.Start(ctx, setup(t))
	if err == nil {
		stop(t, server)
		t.Skip("initdb was faster than the deadline, which then bounded nothing")
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Start = %v, want deadline exceeded", err)
	}
}
