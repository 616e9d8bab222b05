package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

const (
	// setupTimeout bounds the start of the server and the making of a template, the download of an image included.
	setupTimeout = 3 * time.Minute
	// databaseTimeout bounds the making and the dropping of one database; they take 100 ms on an idle machine.
	databaseTimeout = 30 * time.Second
)

// Option changes the database that New makes.
type Option func(*settings)

type settings struct {
	name    string
	migrate func(ctx context.Context, url string) error
}

// Template has databases made as copies of one that migrate has filled. The copy's original is made once in a process for
// each name. The function must close its connections.
func Template(name string, migrate func(ctx context.Context, url string) error) Option {
	return func(s *settings) { s.name, s.migrate = name, migrate }
}

// New returns the URL of a fresh database, which is dropped at the end of the test. Without [Template] it is empty.
func New(t testing.TB, opts ...Option) string {
	t.Helper()
	var set settings
	for _, opt := range opts {
		opt(&set)
	}
	database, err := shared.create(set)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := shared.drop(database); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return shared.url(database)
}

// Main runs the tests of a package, stops the server, looks for leaked goroutines if all tests have passed, and exits.
func Main(m *testing.M, leak ...goleak.Option) {
	code := m.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintf(os.Stderr, "pgtest: %v\n", err)
		code = max(code, 1)
	}
	if code == 0 {
		if err := goleak.Find(append(leak, shared.leaks...)...); err != nil {
			fmt.Fprintf(os.Stderr, "pgtest: tests have passed, but %v\n", err)
			code = 1
		}
	}
	os.Exit(code)
}

// shared is the server of this test binary.
var shared host

// host is a server that tests share, and the databases on it.
type host struct {
	start sync.Once
	source
	failed error // of start; it is the same for every test

	mu        sync.Mutex // guards what follows; held while a template is made, so that it is made once
	prefix    string     // of the names of databases; another process may use the same server
	made      int
	templates map[string]template

	ordering sync.Mutex // guards conn; held while a statement runs, and taken after mu
	conn     *pgx.Conn  // to admin; nil before the first statement
}

// template is a database to copy, or why there is none.
type template struct {
	database string
	err      error
}

// create makes a database and returns its name.
func (h *host) create(set settings) (string, error) {
	h.start.Do(h.open)
	if h.failed != nil {
		return "", h.failed
	}
	original := ""
	if set.migrate != nil {
		made := h.template(set)
		if made.err != nil {
			return "", fmt.Errorf("template %s: %w", set.name, made.err)
		}
		original = " TEMPLATE " + made.database
	}
	database := h.name()
	return database, h.exec("CREATE DATABASE " + database + original + h.strategy)
}

func (h *host) open() {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	random := make([]byte, 4)
	rand.Read(random) // never fails
	h.prefix, h.templates = "chitchat_test_"+hex.EncodeToString(random), map[string]template{}
	h.source, h.failed = openSource(ctx)
}

// name returns a name that no other database has. It needs no quotes.
func (h *host) name() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.nameLocked()
}

// nameLocked is name; h.mu must be held.
func (h *host) nameLocked() string {
	h.made++
	return fmt.Sprintf("%s_%d", h.prefix, h.made)
}

// template returns the template of that name, and makes it the first time.
func (h *host) template(set settings) template {
	h.mu.Lock()
	defer h.mu.Unlock()
	made, found := h.templates[set.name]
	if !found {
		made.database = h.nameLocked()
		made.err = h.fill(made.database, set.migrate)
		h.templates[set.name] = made
	}
	return made
}

// fill makes a template.
func (h *host) fill(database string, migrate func(context.Context, string) error) error {
	if err := h.exec("CREATE DATABASE " + database); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	if err := migrate(ctx, h.url(database)); err != nil {
		return err
	}
	// A database with connections cannot be copied, and the server takes a moment to see that one was closed.
	if err := h.exec("ALTER DATABASE " + database + " ALLOW_CONNECTIONS false"); err != nil {
		return err
	}
	return h.exec("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '" + database + "'")
}

func (h *host) drop(database string) error {
	return h.exec("DROP DATABASE IF EXISTS " + database + " WITH (FORCE)")
}

// close drops the templates, which matters on a server that lives on, and stops the server.
func (h *host) close() error {
	if h.stop == nil {
		return nil // never started
	}
	var all []error
	for _, made := range h.templates {
		all = append(all, h.drop(made.database))
	}
	ctx, cancel := context.WithTimeout(context.Background(), databaseTimeout)
	defer cancel()
	return errors.Join(append(all, h.disconnect(ctx), h.stop(ctx))...)
}

// exec runs a statement on the server, one at a time. Its connection is kept, since making one takes longer than most
// statements.
func (h *host) exec(statement string) error {
	h.ordering.Lock()
	defer h.ordering.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), databaseTimeout)
	defer cancel()
	if h.conn == nil || h.conn.IsClosed() {
		conn, err := pgx.Connect(ctx, h.admin)
		if err != nil {
			return fmt.Errorf("connect to test server: %w", err)
		}
		h.conn = conn
	}
	if _, err := h.conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// disconnect closes the connection that exec keeps.
func (h *host) disconnect(ctx context.Context) error {
	h.ordering.Lock()
	defer h.ordering.Unlock()
	if h.conn == nil {
		return nil
	}
	return h.conn.Close(ctx)
}

// url is the address of a database on the server.
func (h *host) url(database string) string {
	if !strings.Contains(h.admin, "://") {
		return h.admin + " dbname=" + database // the last one wins
	}
	u, err := url.Parse(h.admin)
	if err != nil {
		return h.admin // pgx has connected with it before, so this does not happen
	}
	u.Path = "/" + database
	return u.String()
}
