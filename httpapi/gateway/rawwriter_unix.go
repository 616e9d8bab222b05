//go:build unix

package gateway

import (
	"errors"
	"syscall"
)

// rawWriter writes to a socket without waiting for it: a worker that serves
// thousands of sockets must not stand still for one. The bytes go straight to
// the kernel, which is a write call and nothing else. It is for one caller at
// a time.
type rawWriter struct {
	conn  syscall.RawConn
	try   func(fd uintptr) bool // made once, so that a write allocates nothing
	batch []byte
	n     int
	err   error
}

func (w *rawWriter) init(sc syscall.Conn) {
	conn, err := sc.SyscallConn()
	if err != nil {
		return // write then says that it took nothing
	}
	w.conn = conn
	w.try = func(fd uintptr) bool {
		for {
			w.n, w.err = syscall.Write(int(fd), w.batch)
			if !errors.Is(w.err, syscall.EINTR) {
				return true // also when it would block: we don't wait here
			}
		}
	}
}

// write writes what the socket takes at once and returns how much that was. A
// connection that can't be written so (TLS) takes nothing.
func (w *rawWriter) write(batch []byte) (int, error) {
	if w.conn == nil {
		return 0, nil
	}
	w.batch = batch
	err := w.conn.Write(w.try)
	w.batch = nil
	if err != nil {
		return 0, err
	}
	if w.err != nil {
		if errors.Is(w.err, syscall.EAGAIN) {
			return 0, nil
		}
		return 0, w.err
	}
	return w.n, nil
}
