//go:build topology

package topology_test

import (
	"net"
	"sync"
	"testing"
)

// link is a way for TCP connections to one address that can be cut. A cut link is one of a network: nothing comes
// through and nobody is told. What was on the way arrives when it is mended. A link may also be shut, as a port is on
// which nobody listens: its connections end, and no other is taken.
type link struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	open  chan struct{} // closed while the link is whole
	shut  bool
	conns map[net.Conn]bool // nil when the test has ended
	wg    sync.WaitGroup
}

// newLink returns a link to the target that is whole, until the test ends.
func newLink(t testing.TB, target string) *link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &link{listener: listener, target: target, open: make(chan struct{}), conns: make(map[net.Conn]bool)}
	close(l.open)
	l.wg.Go(l.accept)
	t.Cleanup(l.close)
	return l
}

func (l *link) address() string { return l.listener.Addr().String() }

func (l *link) accept() {
	for {
		conn, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.wg.Go(func() { l.forward(conn) })
	}
}

// forward connects to the target and copies both ways until one side ends.
func (l *link) forward(near net.Conn) {
	defer l.drop(near)
	if !l.keep(near) {
		return
	}
	l.passable()
	far, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer l.drop(far)
	if !l.keep(far) {
		return
	}
	l.wg.Go(func() {
		l.copy(far, near)
		_ = far.Close() // ends the other direction
	})
	l.copy(near, far)
}

// copy copies what comes while the link is whole.
func (l *link) copy(to, from net.Conn) {
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		l.passable()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// passable waits until the link is whole.
func (l *link) passable() {
	l.mu.Lock()
	open := l.open
	l.mu.Unlock()
	<-open
}

// keep registers a connection; it reports false when the link is shut or gone.
func (l *link) keep(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil || l.shut {
		return false
	}
	l.conns[conn] = true
	return true
}

func (l *link) drop(conn net.Conn) {
	_ = conn.Close()
	l.mu.Lock()
	delete(l.conns, conn)
	l.mu.Unlock()
}

// cut makes that nothing comes through.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.open:
		l.open = make(chan struct{})
	default:
	}
}

// refuse shuts the link.
func (l *link) refuse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shut = true
	for conn := range l.conns {
		_ = conn.Close()
	}
}

// used reports whether there is a connection.
func (l *link) used() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns) > 0
}

// mend makes the link whole.
func (l *link) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shut = false
	select {
	case <-l.open:
	default:
		close(l.open)
	}
}

func (l *link) close() {
	_ = l.listener.Close()
	l.mend()
	l.mu.Lock()
	for conn := range l.conns {
		_ = conn.Close()
	}
	l.conns = nil
	l.mu.Unlock()
	l.wg.Wait()
}
