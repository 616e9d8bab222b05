package natsd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// readyTimeout bounds the wait between the end of recovery and the first connection; it takes milliseconds.
	readyTimeout = 10 * time.Second
	// closeTimeout bounds an orderly stop; a store with a slow disk takes seconds.
	closeTimeout = 30 * time.Second
)

// Errors that Start and its kin return.
var (
	ErrClosed    = errors.New("embedded NATS server is closed")
	ErrNotSynced = errors.New("embedded NATS server does not sync every write")
)

// Options says how to run the server.
type Options struct {
	StoreDir   string       // where JetStream keeps the log; made if it is not there
	ServerName string       // shown in monitoring; "chitchat" if empty
	SocketPath string       // unix socket for other processes, at most 103 bytes in a directory of mode 0700; none if empty
	MaxStore   int64        // bytes that JetStream may store; 0 lets the server choose from what the disk has
	Listen     string       // loopback host:port for outside tools; none if empty
	Logger     *slog.Logger // takes warnings and errors, and notices at debug; slog.Default() if nil
}

// Server is a running embedded server.
type Server struct {
	opts   Options
	bridge *bridge // nil without a socket

	restarting sync.Mutex // serialises Restart and Close; taken before mu

	mu     sync.Mutex // guards what follows; never held while a server starts or stops
	now    *server.Server
	closed bool
}

// Start starts the server and waits until it takes connections. The context bounds the start only. It returns
// [ErrNotSynced] when acknowledgements would not mean that a message is on disk.
func Start(ctx context.Context, opts Options) (*Server, error) {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.ServerName == "" {
		opts.ServerName = clientName
	}
	embedded, err := launch(ctx, opts)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, now: embedded}
	if opts.SocketPath == "" {
		return s, nil
	}
	s.bridge, err = openBridge(opts.SocketPath, s, opts.Logger)
	if err != nil {
		return nil, errors.Join(err, stop(embedded))
	}
	return s, nil
}

// Restart stops the server and starts it anew on the same store, for a stream that an I/O error has broken.
// Connections come back by themselves. After an error the server is down and Restart may be tried again. It
// returns [ErrClosed] after Close.
func (s *Server) Restart(ctx context.Context) error {
	s.restarting.Lock()
	defer s.restarting.Unlock()
	old, closed := s.take(false)
	if closed {
		return ErrClosed
	}
	if err := stop(old); err != nil {
		s.put(old) // still there in some state: two of them on one store must not be
		return err
	}
	embedded, err := launch(ctx, s.opts)
	if err != nil {
		return err
	}
	s.put(embedded)
	return nil
}

// Healthz returns nil when JetStream has recovered all of its streams and takes writes, and else the reason.
func (s *Server) Healthz() error {
	embedded, err := s.current()
	if err != nil {
		return err
	}
	health := embedded.Healthz(&server.HealthzOptions{})
	if health.Error != "" {
		return fmt.Errorf("embedded NATS server: %s", health.Error)
	}
	return nil
}

// ClientURL returns the address for outside tools, empty when the server does not listen.
func (s *Server) ClientURL() string {
	embedded, err := s.current()
	if err != nil || s.opts.Listen == "" {
		return ""
	}
	return embedded.ClientURL()
}

// InProcessConn returns a connection to the server of now; nats.go calls it at each reconnect.
func (s *Server) InProcessConn() (net.Conn, error) {
	embedded, err := s.current()
	if err != nil {
		return nil, err
	}
	return embedded.InProcessConn()
}

// Close stops the server in order: no new connections, the open ones ended, the store on disk. Close the clients
// first, or they go on trying to reconnect. Closing twice is allowed.
func (s *Server) Close() error {
	s.restarting.Lock()
	defer s.restarting.Unlock()
	embedded, closed := s.take(true)
	if closed {
		return nil
	}
	var err error
	if s.bridge != nil {
		err = s.bridge.Close()
	}
	return errors.Join(err, stop(embedded))
}

// current returns the running server.
func (s *Server) current() (*server.Server, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	if s.now == nil {
		return nil, errors.New("embedded NATS server is restarting")
	}
	return s.now, nil
}

// take takes the running server away, if there is one, and tells whether the Server was closed before.
func (s *Server) take(closing bool) (embedded *server.Server, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	embedded, closed = s.now, s.closed
	s.now, s.closed = nil, s.closed || closing
	return embedded, closed
}

// put makes embedded the server of now.
func (s *Server) put(embedded *server.Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = embedded
}

// launch starts one nats-server and waits until it is ready and known to sync.
func launch(ctx context.Context, opts Options) (*server.Server, error) {
	settings, err := serverOptions(opts)
	if err != nil {
		return nil, err
	}
	embedded, err := server.NewServer(settings)
	if err != nil {
		return nil, fmt.Errorf("configure embedded NATS server: %w", err)
	}
	log := &logger{out: opts.Logger}
	embedded.SetLoggerV2(log, false, false, false)
	if err := await(ctx, embedded, log); err != nil {
		return nil, errors.Join(err, stop(embedded))
	}
	return embedded, nil
}

// serverOptions turns Options into those of nats-server.
func serverOptions(opts Options) (*server.Options, error) {
	settings := &server.Options{
		ServerName:             opts.ServerName,
		DontListen:             opts.Listen == "",
		JetStream:              true,
		StoreDir:               opts.StoreDir,
		JetStreamMaxStore:      opts.MaxStore,
		SyncAlways:             true, // acknowledged means on disk
		NoSigs:                 true, // else it traps SIGTERM and ends the process
		DisableJetStreamBanner: true,
	}
	if opts.StoreDir == "" {
		return nil, errors.New("embedded NATS server: no store directory")
	}
	if opts.Listen == "" {
		return settings, nil
	}
	host, port, err := net.SplitHostPort(opts.Listen)
	if err != nil {
		return nil, fmt.Errorf("NATS listen address %q: %w", opts.Listen, err)
	}
	// The server has no passwords: whoever reaches the port may write to the log.
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("NATS listen address %q is not on the loopback interface", opts.Listen)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("NATS listen address %q: %w", opts.Listen, err)
	}
	settings.Host, settings.Port = host, int(number)
	if number == 0 {
		settings.Port = server.RANDOM_PORT
	}
	return settings, nil
}

// await starts the server and waits for it. The recovery of a store cannot be cancelled, so after the end of ctx it
// waits for that, too, before the caller shuts the server down; but no longer than [closeTimeout].
func await(ctx context.Context, embedded *server.Server, log *logger) error {
	started := make(chan struct{})
	go func() {
		defer close(started)
		embedded.Start()
	}()
	select {
	case <-started:
	case <-ctx.Done():
		select {
		case <-started:
		case <-time.After(closeTimeout):
		}
		return fmt.Errorf("start embedded NATS server: %w", ctx.Err())
	}
	if reason := log.firstFatal(); reason != "" {
		return fmt.Errorf("start embedded NATS server: %s", reason)
	}
	if !embedded.ReadyForConnections(readyTimeout) {
		return fmt.Errorf("start embedded NATS server: not ready after %s", readyTimeout)
	}
	config := embedded.JetStreamConfig()
	if !embedded.JetStreamEnabled() || config == nil {
		return errors.New("start embedded NATS server: JetStream is off")
	}
	if !config.SyncAlways {
		return ErrNotSynced
	}
	return nil
}

// stop shuts one nats-server down and waits for it.
func stop(embedded *server.Server) error {
	if embedded == nil {
		return nil
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		embedded.Shutdown()
		embedded.WaitForShutdown()
	}()
	select {
	case <-stopped:
		return nil
	case <-time.After(closeTimeout):
		return fmt.Errorf("stop embedded NATS server: not done after %s", closeTimeout)
	}
}
