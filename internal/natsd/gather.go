package natsd

import (
	"net"
	"sync"
)

const (
	// readSize is what is read at once, in bytes: nats-server writes up to 64 KiB at a time.
	readSize = 64 << 10
	// gatherMost bounds what waits to be written, in bytes.
	gatherMost = 256 << 10
)

// gather copies until either side ends, and then ends both. What comes while a write is under way is written with
// the next: a connection inside a process is a pipe without a buffer, into which the server writes a message in
// several pieces, and each would be a system call of its own.
func gather(to, from net.Conn) {
	g := &gathering{}
	g.changed.L = &g.mu
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.write(to)
		_ = from.Close() // ends the reading, too
	}()
	g.read(from)
	<-done
	_ = to.Close()
	_ = from.Close()
}

// gathering is what was read and not yet written.
type gathering struct {
	mu      sync.Mutex // guards what follows
	changed sync.Cond
	waiting []byte
	ended   bool // one side is done
}

func (g *gathering) read(from net.Conn) {
	piece := make([]byte, readSize)
	for {
		n, err := from.Read(piece)
		g.mu.Lock()
		for len(g.waiting) > 0 && len(g.waiting)+n > gatherMost && !g.ended {
			g.changed.Wait()
		}
		g.waiting = append(g.waiting, piece[:n]...)
		g.ended = g.ended || err != nil
		ended := g.ended
		g.changed.Broadcast()
		g.mu.Unlock()
		if ended {
			return
		}
	}
}

func (g *gathering) write(to net.Conn) {
	var batch []byte
	for {
		g.mu.Lock()
		for len(g.waiting) == 0 && !g.ended {
			g.changed.Wait()
		}
		batch, g.waiting = g.waiting, batch[:0]
		g.changed.Broadcast()
		g.mu.Unlock()
		if len(batch) == 0 {
			return // ended, and all is written
		}
		if _, err := to.Write(batch); err != nil {
			g.mu.Lock()
			g.ended = true
			g.changed.Broadcast()
			g.mu.Unlock()
			return
		}
	}
}
