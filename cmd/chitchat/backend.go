package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/datadir"
	"github.com/faustman/chitchat/internal/natsd"
	"github.com/faustman/chitchat/internal/pgd"
	"github.com/faustman/chitchat/migrations"
)

const (
	// startTimeout bounds the start of the embedded servers: recovering a long
	// log or a crashed Postgres takes its time.
	startTimeout = 2 * time.Minute
	// connectTries is how often the first connection to an outside NATS is tried
	// that does not answer in time; one that is refused says so at once.
	connectTries = 3
	// socketName is the unix socket of the embedded NATS.
	socketName = "nats.sock"
	// secretName and secretBytes are those of the kept secret of tokens.
	secretName  = "jwt-secret"
	secretBytes = 32
)

// backend is where the log and the tables are.
type backend struct {
	dir         *datadir.Dir  // nil when nothing is kept by us or another process keeps it
	nats        *natsd.Server // nil when it is not ours
	postgres    *pgd.Server   // nil when it is not ours
	conn        *nats.Conn
	databaseURL string
	private     bool // the database is our own Postgres, whichever process runs it
	secret      []byte
}

// needs says what a command needs of a backend.
type needs struct {
	log, tables, secret bool
	pgListen            string // where tools reach the private Postgres; nowhere if empty
}

// openBackend connects to what the configuration names, or starts what it does
// not name below the data directory.
func openBackend(ctx context.Context, config *Config, need needs, logger *slog.Logger) (*backend, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	b := &backend{databaseURL: config.DatabaseURL, secret: []byte(config.JWTSecret)}
	if err := b.start(ctx, config, need, logger); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *backend) start(ctx context.Context, config *Config, need needs, logger *slog.Logger) error {
	ownLog := need.log && config.NATSURL == ""
	ownTables := need.tables && config.DatabaseURL == ""
	ownSecret := need.secret && config.JWTSecret == ""
	var socketDir string
	if ownLog || ownTables || ownSecret {
		dir, err := datadir.Open(config.Data)
		if err != nil {
			return err
		}
		b.dir = dir
		if socketDir, err = dir.SocketDir(); err != nil {
			return err
		}
	}
	if ownSecret {
		secret, err := b.dir.Secret(secretName, secretBytes)
		if err != nil {
			return err
		}
		b.secret = secret
	}
	group, ctx := errgroup.WithContext(ctx)
	if ownLog {
		group.Go(func() error { return b.startNATS(ctx, socketDir, logger) })
	} else if need.log {
		group.Go(func() error { return b.connectNATS(config, logger) })
	}
	if ownTables {
		group.Go(func() error { return b.startPostgres(ctx, config, need.pgListen, socketDir, logger) })
	}
	return group.Wait()
}

func (b *backend) startNATS(ctx context.Context, socketDir string, logger *slog.Logger) error {
	server, err := natsd.Start(ctx, natsd.Options{
		StoreDir:   b.dir.Sub("nats"),
		SocketPath: filepath.Join(socketDir, socketName),
		Logger:     logger,
	})
	if err != nil {
		return err
	}
	b.nats = server
	b.conn, err = server.Connect()
	return err
}

func (b *backend) connectNATS(config *Config, logger *slog.Logger) error {
	options := append(natsd.ClientOptions(logger), config.natsTLS()...)
	if config.NATSCreds != "" {
		options = append(options, nats.UserCredentials(config.NATSCreds))
	}
	conn, err := dialNATS(config.NATSURL, options)
	if err != nil {
		return fmt.Errorf("connect to NATS at --nats-url (NATS_URL): %w", withoutURL(err))
	}
	b.conn = conn
	return nil
}

// dialNATS connects, and tries again while a server takes its time.
func dialNATS(address string, options []nats.Option) (conn *nats.Conn, err error) {
	for range connectTries {
		if conn, err = nats.Connect(address, options...); !errors.Is(err, nats.ErrTimeout) {
			break
		}
	}
	return conn, err
}

// postgresOptions are those of the private Postgres.
func (b *backend) postgresOptions(config *Config, listen, socketDir string, logger *slog.Logger) pgd.Options {
	return pgd.Options{
		Dir:       b.dir.Path(),
		SocketDir: socketDir,
		Bin:       config.PGBin,
		Listen:    listen,
		Guest:     migrations.Analyst,
		Logger:    logger,
	}
}

func (b *backend) startPostgres(ctx context.Context, config *Config, listen, socketDir string, logger *slog.Logger) error {
	server, err := pgd.Start(ctx, b.postgresOptions(config, listen, socketDir, logger))
	if err != nil {
		return err
	}
	b.postgres = server
	b.databaseURL, b.private = server.URL(pgd.Database), true
	return b.prepareAnalyst(ctx, listen)
}

// withoutURL takes the address out of an error of parsing one: it may hold a
// password.
func withoutURL(err error) error {
	var parse *url.Error
	if errors.As(err, &parse) {
		return errors.New("it is not a URL like nats://localhost:4222")
	}
	return err
}

// close ends what was started, the log last. It waits for each part, bounded.
func (b *backend) close() error {
	var errs []error
	if b.postgres != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		errs = append(errs, b.postgres.Stop(ctx))
		cancel()
	}
	if b.conn != nil {
		b.conn.Close()
	}
	if b.nats != nil {
		errs = append(errs, b.nats.Close())
	}
	if b.dir != nil {
		errs = append(errs, b.dir.Close())
	}
	return errors.Join(errs...)
}

// attachBackend is openBackend for commands beside a server: it uses the
// embedded parts of a running server, and starts them when none is running. A
// data directory that is not there is not made.
func attachBackend(ctx context.Context, config *Config, need needs, logger *slog.Logger) (*backend, error) {
	embedded := (need.log && config.NATSURL == "") || (need.tables && config.DatabaseURL == "") ||
		(need.secret && config.JWTSecret == "")
	if !embedded {
		return openBackend(ctx, config, need, logger)
	}
	if err := dataExists(config); err != nil {
		return nil, errors.Join(err, halfSettings(config, need))
	}
	running, err := datadir.Running(config.Data)
	if err != nil {
		return nil, err
	}
	if !running {
		return openBackend(ctx, config, need, logger)
	}
	b := &backend{databaseURL: config.DatabaseURL, secret: []byte(config.JWTSecret)}
	if err := b.attach(config, need, logger); err != nil {
		return nil, errors.Join(fmt.Errorf("beside the running server: %w", err), b.close())
	}
	return b, nil
}

// halfSettings says what is missing when a part is outside and another one is
// looked for below the data directory; nil when all are.
func halfSettings(config *Config, need needs) error {
	if config.NATSURL == "" && config.DatabaseURL == "" {
		return nil
	}
	var missing []string
	if need.log && config.NATSURL == "" {
		missing = append(missing, "--nats-url (NATS_URL)")
	}
	if need.tables && config.DatabaseURL == "" {
		missing = append(missing, "--database-url (DATABASE_URL)")
	}
	if need.secret && config.JWTSecret == "" {
		missing = append(missing, "--jwt-secret (JWT_SECRET)")
	}
	return usagef("or, as the rest is outside, give %s, too", strings.Join(missing, " and "))
}

func dataExists(config *Config) error {
	if _, err := os.Stat(config.Data); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no data directory %s: start `chitchat serve` once, or name the right one with --data", config.Data)
	}
	return nil
}

func (b *backend) attach(config *Config, need needs, logger *slog.Logger) (err error) {
	if need.secret && config.JWTSecret == "" {
		if b.secret, err = datadir.ReadSecret(config.Data, secretName, secretBytes); err != nil {
			return err
		}
	}
	if need.tables && config.DatabaseURL == "" {
		if b.databaseURL, err = pgd.Attach(config.Data, pgd.Database); err != nil {
			return err
		}
		b.private = true
	}
	if !need.log {
		return nil
	}
	if config.NATSURL != "" {
		return b.connectNATS(config, logger)
	}
	socketDir, err := datadir.FindSocketDir(config.Data)
	if err != nil {
		return err
	}
	b.conn, err = natsd.Dial(filepath.Join(socketDir, socketName), natsd.ClientOptions(logger)...)
	return err
}

// openLog connects to the backend and, when that is needed, opens its log.
func openLog(ctx context.Context, config *Config, need needs, out *console) (*backend, *eventstore.Log, error) {
	b, err := attachBackend(ctx, config, need, out.logger)
	if err != nil || !need.log {
		return b, nil, err
	}
	log, err := eventstore.Open(ctx, b.conn, eventstore.Options{Existing: true, Logger: out.logger})
	if err != nil {
		return nil, nil, errors.Join(err, b.close())
	}
	return b, log, nil
}
