//go:build !unix

package gateway

import "syscall"

// rawWriter takes nothing where sockets can't be written without waiting; a
// goroutine then writes for each socket that has something to write.
type rawWriter struct{}

func (rawWriter) init(syscall.Conn) {}

func (rawWriter) write([]byte) (int, error) { return 0, nil }
