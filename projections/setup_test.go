package projections_test

import (
	"context"
	"flag"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/internal/pgtest"
	"github.com/faustman/chitchat/migrations"
	"github.com/faustman/chitchat/projections"
)

func TestMain(m *testing.M) {
	// A history with crashes takes a second. -rapid.checks asks for more.
	_ = flag.Set("rapid.checks", "10")
	pgtest.Main(m)
}

// newDatabase returns the URL of a migrated database without a read model.
func newDatabase(t testing.TB) string {
	t.Helper()
	url := pgtest.New(t, pgtest.Template("migrated", func(ctx context.Context, url string) error {
		_, err := migrations.Up(ctx, url)
		return err
	}))
	watching.Store(url, &watcher{})
	t.Cleanup(func() {
		if w, found := watching.LoadAndDelete(url); found {
			w.(*watcher).close()
		}
	})
	return url
}

// watching has the test's own connection to each database of newDatabase.
var watching sync.Map // of string to *watcher

// watcher keeps a connection for what a test asks and changes, since making one takes longer than most statements. It
// holds nothing between two of them, neither a snapshot nor a lock nor a plan.
type watcher struct {
	mu   sync.Mutex // held while the connection is used
	conn *pgx.Conn  // nil before it is used first
}

// watch calls do with a connection to the database: the watcher's, or one of its own where there is none or it is busy.
func watch(t testing.TB, url string, do func(*pgx.Conn)) {
	t.Helper()
	if w, found := watching.Load(url); found && w.(*watcher).mu.TryLock() {
		defer w.(*watcher).mu.Unlock()
		do(w.(*watcher).open(t, url))
		return
	}
	conn := connect(t, url)
	defer conn.Close(context.Background())
	do(conn)
}

// open returns the connection, a new one if a test has ended that. w.mu must be held.
func (w *watcher) open(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	if w.conn == nil || w.conn.IsClosed() || w.conn.Ping(context.Background()) != nil {
		w.conn = connect(t, url)
	}
	return w.conn
}

func (w *watcher) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn != nil {
		_ = w.conn.Close(context.Background())
	}
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	return conn
}

// patience bounds every wait of a test; nothing takes as long.
const patience = 20 * time.Second

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func openStore(t testing.TB, url string) *projections.Store {
	t.Helper()
	store, err := projections.Open(t.Context(), projections.Config{URL: url, Logger: discard()})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(store.Close)
	return store
}

// running is a projector that runs until the test ends or stop is called.
type running struct {
	*projections.Projector
	store *projections.Store
	stop  func()
}

func run(t testing.TB, store *projections.Store, log *memoryLog, opts projections.Options) running {
	t.Helper()
	p := projections.NewProjector(store, log, opts)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	var stopped bool
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	}
	t.Cleanup(stop)
	return running{p, store, stop}
}

// eventually waits for a condition and fails the test when it does not come.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come in %v", what, patience)
		}
		time.Sleep(2 * time.Millisecond) // between two looks: most conditions cost a query
	}
}

// caughtUp waits until the projector has applied the whole log.
func caughtUp(t testing.TB, p running, log *memoryLog) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("status %+v", p.Status())
		}
	}()
	eventually(t, "the end of the log", func() bool {
		last, _ := log.Last(t.Context())
		return p.Status().Applied == last
	})
}

// query returns the rows of one text column.
func query(t testing.TB, url, sql string, args ...any) (got []string) {
	t.Helper()
	watch(t, url, func(conn *pgx.Conn) {
		// Tables come and go under these queries, so nothing is kept of them.
		rows, _ := conn.Query(context.Background(), sql, append([]any{pgx.QueryExecModeDescribeExec}, args...)...)
		var err error
		if got, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	})
	return got
}

// dump returns all that a generation says, but for when it was written.
func dump(t testing.TB, url, schema string) []string {
	t.Helper()
	return query(t, url, `
SELECT 'message ' || m::text FROM `+schema+`.message m UNION ALL
SELECT 'session ' || s::text FROM `+schema+`.session s UNION ALL
SELECT 'event ' || e::text FROM `+schema+`.event e UNION ALL
SELECT 'daily ' || d::text FROM `+schema+`.daily d UNION ALL
SELECT 'daily_sender ' || d::text FROM `+schema+`.daily_sender d UNION ALL
SELECT 'person ' || p::text FROM `+schema+`.person p UNION ALL
SELECT 'channel ' || c::text FROM `+schema+`.channel c UNION ALL
SELECT 'quarantine ' || (q.seq, q.subject, q.code, q.reason, q.payload, q.payload_bytes, q.stored_at)::text FROM `+schema+`.quarantine q UNION ALL
SELECT 'checkpoint ' || (c.epoch, c.seq, c.event_at)::text FROM `+schema+`.checkpoint c
ORDER BY 1`)
}
