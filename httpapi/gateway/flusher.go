package gateway

import (
	"context"
	"runtime"
	"sync"
	"time"
)

const (
	// gather is how long the first new frame waits for more: one write call of
	// ten frames costs what one of one frame costs.
	gather = time.Millisecond
	// partConns is how many connections make it worth to share a room's work.
	partConns = 64
)

// flusher writes what is new in rooms to their sockets: it gathers dirty rooms
// for a moment, then its workers, one a core, go through their connections.
type flusher struct {
	mu      sync.Mutex
	dirty   []*room
	signal  chan struct{} // capacity 1: there is something dirty
	tasks   chan task     // capacity 0, closed by run
	pending sync.WaitGroup
}

// task is a share of a room's connections.
type task struct {
	room     *room
	i, parts int
}

func newFlusher() *flusher {
	return &flusher{signal: make(chan struct{}, 1), tasks: make(chan task)}
}

// wake says that there are new frames in the room.
func (f *flusher) wake(r *room) {
	if r.dirty.Swap(true) {
		return
	}
	f.mu.Lock()
	f.dirty = append(f.dirty, r)
	first := len(f.dirty) == 1
	f.mu.Unlock()
	if first {
		select {
		case f.signal <- struct{}{}:
		default:
		}
	}
}

// run flushes until ctx ends.
func (f *flusher) run(ctx context.Context) error {
	var workers sync.WaitGroup
	defer workers.Wait()
	defer close(f.tasks)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(f.work)
	}
	timer := time.NewTimer(gather)
	defer timer.Stop()
	var rooms []*room
	for {
		select {
		case <-f.signal:
		case <-ctx.Done():
			return nil
		}
		timer.Reset(gather)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil
		}
		f.mu.Lock()
		rooms, f.dirty = f.dirty, rooms[:0]
		f.mu.Unlock()
		f.flush(rooms)
		clear(rooms)
	}
}

func (f *flusher) flush(rooms []*room) {
	for _, r := range rooms {
		r.dirty.Store(false) // before its frames are read: what comes now wakes anew
		r.mu.RLock()
		n := len(r.conns)
		r.mu.RUnlock()
		parts := min(max(n/partConns, 1), runtime.GOMAXPROCS(0))
		for i := range parts {
			f.pending.Add(1)
			f.tasks <- task{room: r, i: i, parts: parts}
		}
	}
	f.pending.Wait()
}

func (f *flusher) work() {
	var conns []*conn
	for t := range f.tasks {
		conns = t.room.part(conns[:0], t.i, t.parts)
		for _, c := range conns {
			c.flush()
		}
		clear(conns)
		f.pending.Done()
	}
}
