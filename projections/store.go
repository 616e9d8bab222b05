package projections

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// DefaultMaxConns bounds the connections for queries. Reads are short; more
	// connections than this only queue in Postgres instead of here.
	DefaultMaxConns = 16
	// connectTimeout bounds the making of a connection.
	connectTimeout = 5 * time.Second
	// acquireTimeout bounds the wait for a free connection of the pool.
	acquireTimeout = time.Second
	// queryTimeout bounds a query from its connection to its last row.
	queryTimeout = 5 * time.Second
	// statementTimeout makes Postgres itself stop what nobody waits for any
	// more. A little above queryTimeout, so that the caller's reason wins.
	statementTimeout = queryTimeout + time.Second
)

// readerSettings are for sessions whose queries all find their rows by key. Left
// alone, Postgres plans a page anew each time, because it sees that the limit is
// small, and takes longer for that than for the page.
var readerSettings = map[string]string{
	"application_name":  "chitchat",
	"statement_timeout": strconv.FormatInt(statementTimeout.Milliseconds(), 10),
	"plan_cache_mode":   "force_generic_plan",
	"enable_seqscan":    "off",
	"enable_bitmapscan": "off",
	"jit":               "off",
}

// Config is what a [Store] is opened with.
type Config struct {
	// URL is the database's address, in either form that libpq knows.
	URL string
	// Epoch is the log's. What is asked by a sequence alone is then answered
	// from tables of that epoch only, else with [ErrUnavailable]. Empty means
	// whichever they are of.
	Epoch string
	// MaxConns bounds the connections for queries; 0 is [DefaultMaxConns].
	MaxConns int32
	// Logger is slog.Default when nil.
	Logger *slog.Logger
}

// Store reads the read model. It is safe for concurrent use. Each of its
// queries is one statement over the views of schema chat, and so one snapshot.
type Store struct {
	url    string
	epoch  string
	pool   *pgxpool.Pool
	logger *slog.Logger
	gate   *gate
}

// Open returns a store of the database. It connects when first needed, so the
// database may be down; an error says that the URL is no URL.
func Open(ctx context.Context, config Config) (*Store, error) {
	settings, err := pgxpool.ParseConfig(config.URL)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	settings.MaxConns = config.MaxConns
	if settings.MaxConns <= 0 {
		settings.MaxConns = DefaultMaxConns
	}
	settings.PingTimeout = acquireTimeout
	settings.ConnConfig.ConnectTimeout = connectTimeout
	for name, value := range readerSettings {
		setDefault(settings.ConnConfig, name, value)
	}
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("database pool: %w", err)
	}
	logger := config.Logger
	if logger == nil {
		logger = slog.Default()
	}
	return &Store{url: config.URL, epoch: config.Epoch, pool: pool, logger: logger, gate: newGate()}, nil
}

// of returns ErrUnavailable unless the tables, being of the epoch, are those of
// the store's log.
func (s *Store) of(epoch string) error {
	if s.epoch == "" || epoch == s.epoch {
		return nil
	}
	return fmt.Errorf("%w: it is of epoch %s and the log of %s", ErrUnavailable, epoch, s.epoch)
}

// Close ends all connections. It waits for queries that are under way.
func (s *Store) Close() { s.pool.Close() }

// setDefault sets a parameter of the session unless the URL did.
func setDefault(config *pgx.ConnConfig, name, value string) {
	if config.RuntimeParams[name] == "" {
		config.RuntimeParams[name] = value
	}
}

// dial opens a connection of the projector's own: its settings are not to leak
// into the pool, and it is dropped whenever its state is in doubt. Until the
// writer sets its own, they bound every wait for somebody's lock.
func dial(ctx context.Context, url string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	config.ConnectTimeout = connectTimeout
	setDefault(config, "application_name", "chitchat projector")
	setDefault(config, "lock_timeout", ddlLockTimeout)
	setDefault(config, "statement_timeout", strconv.FormatInt(prepareTimeout.Milliseconds(), 10))
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return conn, nil
}

// collect runs one query and returns its rows. Errors are those of queryError.
func collect[T any](ctx context.Context, s *Store, operation string, row pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	bounded, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	conn, err := s.acquire(bounded)
	if err != nil {
		return nil, queryError(ctx, operation, err)
	}
	defer conn.Release()
	// Query's own error comes back from CollectRows, too.
	rows, _ := conn.Query(bounded, sql, args...)
	all, err := pgx.CollectRows(rows, row)
	return all, queryError(ctx, operation, err)
}

func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	return s.pool.Acquire(bounded)
}
