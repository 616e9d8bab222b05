package projections_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// proxy stands between a projector and Postgres and fails as networks and
// machines do: it cuts connections after so many bytes of either direction,
// or takes none at all.
type proxy struct {
	URL      string
	dial     func() (net.Conn, error)
	listener net.Listener
	down     atomic.Bool
	// left is how many bytes may still pass, up to the server and down from
	// it; when one is used up its connection is cut. Unlimited when negative.
	up, back atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	wait  sync.WaitGroup
}

func newProxy(t testing.TB, url string) *proxy {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgx")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	p := &proxy{
		URL: fmt.Sprintf("host='%s' port=5432 user='%s' password='%s' dbname='%s' sslmode=disable",
			dir, config.User, config.Password, config.Database),
		dial:     func() (net.Conn, error) { return net.Dial(network, address) },
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

// stop cuts all connections and takes no new ones.
func (p *proxy) stop() {
	p.down.Store(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := p.dial()
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
