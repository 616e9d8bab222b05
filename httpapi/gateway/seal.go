package gateway

import (
	"bufio"
	"net"
	"net/http"
	"sync/atomic"
)

// sealed is a connection that gorilla may write its answer to the handshake to,
// and nothing after that: its answers to bad frames would stand in the middle of
// a frame of ours.
type sealed struct {
	net.Conn
	closed atomic.Bool
}

// Write writes until the connection is sealed, and then drops what it is given.
func (s *sealed) Write(p []byte) (int, error) {
	if s.closed.Load() {
		return len(p), nil
	}
	return s.Conn.Write(p)
}

// seal ends gorilla's writing.
func seal(conn net.Conn) {
	if s, ok := conn.(*sealed); ok {
		s.closed.Store(true)
	}
}

// unsealed returns the connection that we write to.
func unsealed(conn net.Conn) net.Conn {
	if s, ok := conn.(*sealed); ok {
		return s.Conn
	}
	return conn
}

// sealing hands out a connection that can be sealed.
type sealing struct{ http.ResponseWriter }

// Hijack takes the connection over from the HTTP server.
func (w sealing) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return &sealed{Conn: conn}, buffer, nil
}
