package pgtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/postgres"
	"go.uber.org/goleak"

	"github.com/faustman/chitchat/internal/pgd"
)

const (
	// image is the Postgres of a container: the version that docker-compose.yml has.
	image = "postgres:17-alpine"
	// probeTimeout bounds the question whether Docker is there; its client has no deadline of its own.
	probeTimeout = 2 * time.Second
)

// Variables that choose the server.
const (
	databaseEnv   = "DATABASE_URL"             // a server that is there; its user must be allowed to create databases
	containersEnv = "CHITCHAT_TEST_CONTAINERS" // 1: try Docker first
	binEnv        = "CHITCHAT_PG_BIN"          // the directory of the binaries
)

// source is a server to make databases on.
type source struct {
	admin    string                      // URL of a database to give orders from
	strategy string                      // of CREATE DATABASE, with a space before; the server's own if empty
	stop     func(context.Context) error // nil when there is no server
	leaks    []goleak.Option             // goroutines that the server's keeper cannot end
}

// openSource starts the server that this machine can have.
func openSource(ctx context.Context) (source, error) {
	if url := os.Getenv(databaseEnv); url != "" {
		return source{admin: url, stop: func(context.Context) error { return nil }}, nil
	}
	ways := []func(context.Context) (source, error){fromBinaries, fromDocker}
	if os.Getenv(containersEnv) == "1" {
		ways = []func(context.Context) (source, error){fromDocker, fromBinaries}
	}
	first, firstErr := ways[0](ctx)
	if firstErr == nil {
		return first, nil
	}
	if !errors.Is(firstErr, pgd.ErrNoBinaries) && !errors.Is(firstErr, errNoDocker) {
		return source{}, firstErr // there, but broken: not to be papered over
	}
	second, secondErr := ways[1](ctx)
	if secondErr != nil {
		return source{}, fmt.Errorf("%w; or start Docker, or set %s (%w)", firstErr, databaseEnv, secondErr)
	}
	return second, nil
}

// fromBinaries starts the machine's own Postgres in a temporary directory.
func fromBinaries(ctx context.Context) (source, error) {
	opts, remove, err := private()
	if err != nil {
		return source{}, err
	}
	server, err := pgd.Start(ctx, opts)
	if err != nil {
		return source{}, errors.Join(err, remove())
	}
	return source{
		admin:    server.URL(pgd.Database),
		strategy: copyStrategy(server.Version()),
		stop:     func(ctx context.Context) error { return errors.Join(server.Stop(ctx), remove()) },
	}, nil
}

// copyStrategy is how a server that syncs nothing copies a template in a tenth of the time: file by file, behind a
// checkpoint, and not page by page through its log.
func copyStrategy(version int) string {
	const first = 15 // the version that has a choice; those before it always copy files
	if version < first {
		return ""
	}
	return " STRATEGY FILE_COPY"
}

// private returns options for a server in a temporary directory, and what removes that.
func private() (opts pgd.Options, remove func() error, err error) {
	dir, err := os.MkdirTemp(FastDir(), "pgtest-*")
	if err != nil {
		return pgd.Options{}, nil, err
	}
	remove = func() error { return os.RemoveAll(dir) }
	if err := os.Chmod(dir, 0o711); err != nil { // root's servants may have to pass through
		return pgd.Options{}, nil, errors.Join(err, remove())
	}
	return pgd.Options{
		Dir:          dir,
		SocketDir:    filepath.Join(dir, "sockets"),
		Bin:          os.Getenv(binEnv),
		ExtraBinDirs: pgd.FetchedDirs(moduleRoot()),
		Unsafe:       true,
		Logger:       slog.New(slog.DiscardHandler), // tests provoke errors, and Start's own has the last lines
	}, remove, nil
}

// FastDir returns where tests keep servers' data: in memory if the machine has much of it, since servers sync whatever
// they write, which only a power cut could tell; else the usual temporary directory, which is "".
func FastDir() string {
	const (
		memory  = "/dev/shm"
		roomFor = 4 << 30 // bytes: some twenty servers, and what chitchat itself wants to be free
	)
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memory, &fs); err != nil || fs.Bavail*uint64(fs.Bsize) < roomFor {
		return ""
	}
	return memory
}

// moduleRoot returns the directory of go.mod, or the current one. Tests run in their package's directory.
func moduleRoot() string {
	here, err := os.Getwd()
	if err != nil {
		return "."
	}
	for dir := here; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	return here
}

// errNoDocker says that no container can be started here.
var errNoDocker = errors.New("no Docker engine")

// fromDocker starts Postgres in a container.
func fromDocker(ctx context.Context) (source, error) {
	if err := dockerIsThere(ctx); err != nil {
		return source{}, fmt.Errorf("%w: %w", errNoDocker, err)
	}
	container, err := postgres.Run(ctx, image, postgres.BasicWaitStrategies())
	if err != nil {
		return source{}, errors.Join(fmt.Errorf("start container: %w", err), testcontainers.TerminateContainer(container))
	}
	admin, err := container.ConnectionString(ctx, "sslmode=disable")
	if err != nil {
		return source{}, errors.Join(err, testcontainers.TerminateContainer(container))
	}
	return source{
		admin: admin,
		stop:  func(ctx context.Context) error { return container.Terminate(ctx) },
		// Docker's client keeps its connections, and the reaper's lives until the process ends.
		leaks: []goleak.Option{
			goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
			goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
			goleak.IgnoreAnyFunction("github.com/testcontainers/testcontainers-go.(*Reaper).connect.func1"),
		},
	}, nil
}

// dockerIsThere asks the engine for a sign of life. Its client panics on some broken configurations.
func dockerIsThere(ctx context.Context) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	provider, err := testcontainers.ProviderDefault.GetProvider()
	if err != nil {
		return err
	}
	return provider.Health(ctx) // closes the provider
}
