package natsd

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	// maxSocketPath is the longest path of a unix socket in bytes, without the closing zero: macOS has 104.
	maxSocketPath = 103
	// socketMode lets nobody but the owner connect.
	socketMode = 0o600
	// maxBridged bounds the connections at one time: each is a command that an operator has started.
	maxBridged = 64
	// acceptPause is the wait after a connection that could not be accepted: out of file descriptors, most likely.
	acceptPause = 50 * time.Millisecond
)

// ErrSocketPath is returned for a socket path that the kernel or the bridge cannot take.
var ErrSocketPath = errors.New("unusable socket path")

// inProcess is where the bridge gets the far end of a connection.
type inProcess interface {
	InProcessConn() (net.Conn, error)
}

// bridge joins each connection to a unix socket with a connection to the server in this process.
type bridge struct {
	listener *net.UnixListener
	server   inProcess
	log      *slog.Logger
	running  sync.WaitGroup

	mu     sync.Mutex // guards open and closed
	open   map[net.Conn]struct{}
	closed bool
}

// openBridge listens on the socket and serves it until Close.
func openBridge(path string, server inProcess, log *slog.Logger) (*bridge, error) {
	if err := clearSocket(path); err != nil {
		return nil, err
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen on NATS socket: %w", err)
	}
	// Between the two calls the directory, which is private, keeps others out.
	if err := os.Chmod(path, socketMode); err != nil {
		return nil, errors.Join(fmt.Errorf("make NATS socket private: %w", err), listener.Close())
	}
	b := &bridge{listener: listener, server: server, log: log, open: map[net.Conn]struct{}{}}
	b.running.Go(b.accept)
	return b, nil
}

// clearSocket checks that path can be listened on, makes its directory, and removes the socket that a killed
// predecessor has left.
func clearSocket(path string) error {
	if len(path) > maxSocketPath {
		return fmt.Errorf("%w: %s has %d bytes and may have %d", ErrSocketPath, path, len(path), maxSocketPath)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make directory of NATS socket: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at directory of NATS socket: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Geteuid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%w: %s is not a directory that is private to uid %d", ErrSocketPath, dir, os.Geteuid())
	}
	old, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at NATS socket: %w", err)
	}
	if old.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("%w: %s is there and is not a socket", ErrSocketPath, path)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove old NATS socket: %w", err)
	}
	return nil
}

// Close stops listening, ends every connection, and waits for all goroutines.
func (b *bridge) Close() error {
	b.mu.Lock()
	b.closed = true
	for conn := range b.open {
		conn.Close()
	}
	b.mu.Unlock()
	err := b.listener.Close() // removes the socket file, too
	b.running.Wait()
	return err
}

// accept takes connections until the listener is closed.
func (b *bridge) accept() {
	for {
		conn, err := b.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			b.log.Warn("accept on NATS socket", "err", err)
			time.Sleep(acceptPause)
			continue
		}
		b.join(conn)
	}
}

// join starts the two copies between a client and the server.
func (b *bridge) join(client net.Conn) {
	server, err := b.server.InProcessConn()
	if err != nil {
		client.Close() // the server restarts; the client tries again
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || len(b.open) >= 2*maxBridged {
		client.Close()
		server.Close()
		return
	}
	b.open[client], b.open[server] = struct{}{}, struct{}{}
	b.running.Go(func() { b.copy(server, client) })
	b.running.Go(func() { b.copy(client, server) })
}

// copy copies until either side ends, and then ends both.
func (b *bridge) copy(to, from net.Conn) {
	gather(to, from)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, to)
	delete(b.open, from)
}
