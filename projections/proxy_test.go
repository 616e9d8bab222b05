package projections_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between a projector and Postgres and fails as networks and
// machines do: it cuts connections after so many bytes of either direction,
// or takes none at all.
type proxy struct {
	URL      string
	target   string
	listener net.Listener
	down     atomic.Bool
	// left is how many bytes may still pass, up to the server and down from
	// it; when one is used up its connection is cut. Unlimited when negative.
	up, back atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	wait  sync.WaitGroup
}

const socketName = ".s.PGSQL.5432"

func newProxy(t testing.TB, url string) *proxy {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgx")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{
		URL:      strings.Replace(url, pgDir, dir, 1),
		target:   filepath.Join(pgDir, socketName),
		listener: listener,
		conns:    make(map[net.Conn]struct{}),
	}
	p.up.Store(-1)
	p.back.Store(-1)
	p.wait.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.stop()
		p.wait.Wait()
		_ = os.RemoveAll(dir)
	})
	return p
}

// stop cuts all connections and takes no new ones until start.
func (p *proxy) stop() {
	p.down.Store(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
}

func (p *proxy) start() { p.down.Store(false) }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", p.target)
		if err != nil || p.down.Load() {
			_ = client.Close()
			if err == nil {
				_ = server.Close()
			}
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = struct{}{}, struct{}{}
		p.mu.Unlock()
		p.wait.Go(func() { p.pass(server, client, &p.up) })
		p.wait.Go(func() { p.pass(client, server, &p.back) })
	}
}

// pass copies until either end closes or the bytes that are left are used up,
// of which the last still arrive.
func (p *proxy) pass(dst, src net.Conn, left *atomic.Int64) {
	buffer := make([]byte, 4096)
	for {
		n, err := src.Read(buffer)
		if before := left.Load(); n > 0 && before >= 0 {
			if after := left.Add(int64(-n)); after <= 0 {
				n, err = int(max(before, 0)), io.EOF
				left.Store(-1)
			}
		}
		if n > 0 {
			if _, writeErr := dst.Write(buffer[:n]); writeErr != nil {
				err = writeErr
			}
		}
		if err != nil {
			break
		}
	}
	_, _ = dst.Close(), src.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, src)
}
