package pgd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// startTimeout bounds the start of Postgres. It takes 50 ms, and up to minutes when it has to recover what was
	// written since the last checkpoint on a slow disk.
	startTimeout = 5 * time.Minute
	// stopPatience bounds the fast shutdown, which writes everything to disk.
	stopPatience = 30 * time.Second
	// maxConnections is what all pools together may use: the server's 20 or so, its commands', and of analysts at most
	// as many as migrations allows them.
	maxConnections = 200
	// loginPatience bounds the time that a connection takes up one of these before it has shown its password; a tool
	// needs milliseconds.
	loginPatience = 10 * time.Second
)

// Options says how to run Postgres.
type Options struct {
	Dir          string       // where the cluster is, or is made
	SocketDir    string       // private directory; the socket goes into its subdirectory pg; a new temporary one if empty
	Bin          string       // the only directory to look for binaries in; if empty, the usual ones are
	ExtraBinDirs []string     // directories with binaries to look at last
	Listen       string       // HOST:PORT on which Guest may connect, see CheckListen; no TCP port if empty
	Guest        string       // the only role that may connect over TCP, with a password and to Database alone
	Unsafe       bool         // for tests: what is written may be lost when the machine stops
	Logger       *slog.Logger // takes warnings and errors, and everything else at debug; slog.Default() if nil
}

// Server is a running Postgres.
type Server struct {
	opts    Options
	cluster cluster
	sockets string
	port    string
	out     *log
	cmd     *exec.Cmd

	done chan struct{} // closed by run when the process has ended
	err  error         // why it ended; read it after done is closed

	stop sync.Mutex // serialises Stop
}

// Start starts Postgres, waits until it takes connections, and makes sure that [Database] is there. The context
// bounds the start only.
func Start(ctx context.Context, opts Options) (*Server, error) { return begin(ctx, opts, "") }

// Again starts a Postgres in the place of one that has ended: on the same cluster, and at the same address, which
// connection pools hold on to. The server before must not be used any more, but Again may be called on it until it
// succeeds.
func (s *Server) Again(ctx context.Context) (*Server, error) {
	select {
	case <-s.done:
		return begin(ctx, s.opts, s.sockets)
	default:
		return nil, errors.New("start postgres again: it has not ended")
	}
}

// begin is Start, with the socket in the directory of a server before, if there was one.
func begin(ctx context.Context, opts Options, before string) (*Server, error) {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	addresses, port, err := opts.address()
	if err != nil {
		return nil, err
	}
	c, who, err := prepare(ctx, &opts)
	if err != nil {
		return nil, err
	}
	if err := opts.writeHBA(c.path, who); err != nil {
		return nil, err
	}
	sockets := before
	if before == "" {
		sockets, err = socketDir(opts.SocketDir, port, who)
	} else {
		err = reuseSocketDir(before, port, who)
	}
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, cluster: c, sockets: sockets, port: port, out: newLog(opts.Logger), done: make(chan struct{})}
	if err := s.launch(ctx, who, settings(c.path, sockets, addresses, port, opts.Unsafe)); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// prepare returns a cluster that is ready to be started, and the account to do it.
func prepare(ctx context.Context, opts *Options) (cluster, account, error) {
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return cluster{}, account{}, fmt.Errorf("resolve %s: %w", opts.Dir, err)
	}
	opts.Dir = dir
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return cluster{}, account{}, fmt.Errorf("make directory for Postgres: %w", err)
	}
	c, err := choose(ctx, *opts)
	if err != nil {
		return cluster{}, account{}, err
	}
	who, err := pickAccount(ctx, c.bin, dir)
	if err != nil {
		return cluster{}, account{}, err
	}
	opts.Logger.Debug("private Postgres", "binaries", c.bin.Dir, "cluster", c.path, "account", who.name)
	if !c.exists {
		return c, who, initialize(ctx, c, who, opts.Unsafe, opts.Logger)
	}
	if err := evict(ctx, c.path, opts.Logger); err != nil {
		return cluster{}, account{}, err
	}
	return c, who, adopt(c.path, who)
}

// settings are given on the command line, where no configuration file can overrule them.
func settings(cluster, sockets, addresses, port string, unsafe bool) []string {
	durable := "on"
	if unsafe {
		durable = "off"
	}
	var args []string
	for _, setting := range []string{
		"listen_addresses=" + addresses,
		"port=" + port,
		"hba_file=" + filepath.Join(cluster, hbaFile),
		"password_encryption=scram-sha-256",
		fmt.Sprintf("authentication_timeout=%ds", loginPatience/time.Second),
		"unix_socket_directories=" + sockets,
		"unix_socket_permissions=0700",
		"max_connections=" + strconv.Itoa(maxConnections),
		"wal_level=minimal", // nobody replicates this server, and an index need not be written twice
		"max_wal_senders=0",
		"fsync=" + durable,
		"full_page_writes=" + durable,
		"synchronous_commit=" + durable,
		"logging_collector=off",
		"log_destination=stderr",
		"log_line_prefix=",
		"log_min_error_statement=panic", // statements quote what people wrote
		"cluster_name=chitchat",
		"timezone=UTC",
		"log_timezone=UTC",
	} {
		args = append(args, "-c", setting)
	}
	return args
}

// URL returns the address of a database of this server, for pgx and for psql.
func (s *Server) URL(database string) string { return socketURL(s.sockets, s.port, database) }

// Done is closed when Postgres has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err returns why Postgres has ended by itself, nil while it runs and after Stop.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Version returns the major version of the server.
func (s *Server) Version() int { return s.cluster.bin.Major }

// Stop ends Postgres in order: open connections are ended, everything is written to disk. When ctx ends before that,
// it is ended without, and recovers at the next start. It returns an error only when a process is left behind.
// Stopping twice is allowed.
func (s *Server) Stop(ctx context.Context) error {
	s.stop.Lock()
	defer s.stop.Unlock()
	s.out.quiet.Store(true)
	defer os.Remove(s.sockets) // stays when it is not empty
	patient, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	if s.end(patient, syscall.SIGINT) {
		return nil
	}
	for _, signal := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
		impatient, cancel := context.WithTimeout(context.WithoutCancel(ctx), quitPatience)
		defer cancel()
		if s.end(impatient, signal) {
			return nil
		}
	}
	return fmt.Errorf("postgres %d does not end", s.cmd.Process.Pid)
}

// end sends a signal and tells whether the process has ended before ctx did.
func (s *Server) end(ctx context.Context, signal syscall.Signal) bool {
	select {
	case <-s.done:
		return true
	default:
	}
	// It fails when the process has just ended, and then done is about to be closed.
	_ = s.cmd.Process.Signal(signal)
	select {
	case <-s.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// EnsureDatabase creates a database if it is not there.
func (s *Server) EnsureDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("connect to private Postgres: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var exists bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&exists)
	if err != nil {
		return fmt.Errorf("look for database %s: %w", name, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// launch starts the process and waits until it is of use.
func (s *Server) launch(ctx context.Context, who account, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	started := make(chan error, 1)
	go s.run(who, args, started)
	if err := <-started; err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	if err := s.ready(ctx); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	return s.EnsureDatabase(ctx, Database)
}

// run starts the process, says so, and waits for its end. It stays on its thread all the time: the kernel ends Postgres
// when that thread ends, which is when this process does.
func (s *Server) run(who account, args []string, started chan<- error) {
	defer close(s.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	args = append([]string{"-D", s.cluster.path}, args...)
	// Its life is bounded by Stop, not by a context. A fast shutdown leaves nothing to recover.
	s.cmd = command(context.Background(), who, s.out, syscall.SIGINT, filepath.Join(s.cluster.bin.Dir, "postgres"), args...)
	if err := s.cmd.Start(); err != nil {
		s.err = err
		started <- err
		return
	}
	started <- nil
	err := s.cmd.Wait()
	s.out.flush()
	if s.out.quiet.Load() {
		return // Stop has asked for it
	}
	if err == nil {
		err = errors.New("somebody has stopped it")
	}
	s.err = fmt.Errorf("postgres has ended: %w%s", err, s.out.lastWords())
}

// ready waits until the pid file of this very process says so.
func (s *Server) ready(ctx context.Context) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		now, err := readPostmaster(s.cluster.path)
		if err == nil && now.pid == s.cmd.Process.Pid && now.status == statusReady {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.done:
			return s.err
		case <-ctx.Done():
			return fmt.Errorf("%w%s", ctx.Err(), s.out.lastWords())
		}
	}
}
