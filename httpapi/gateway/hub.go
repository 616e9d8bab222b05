package gateway

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

const (
	// hubBatch bounds how many records are applied under the hub's lock at
	// once: a room that opens waits for no more than that.
	hubBatch = 256
	// roomOpening is how many of its channel's newest events a room opens with:
	// about what it keeps in bytes.
	roomOpening = 4096
	// roomLinger is how long an empty room stays, so that a reload finds it.
	roomLinger = 30 * time.Second
)

// hub holds what the one reader of the process has read: the newest events,
// who is in which channel, and the rooms.
type hub struct {
	log    Log
	wake   func(*room)
	stats  *stats
	tracer trace.Tracer // nil when nothing is traced

	pos atomic.Uint64 // the last sequence that was applied

	mu       sync.Mutex
	rooms    map[domain.Channel]*room
	presence *domain.Presence
	ring     *ring
	// moved is closed and made anew when pos moves and somebody waits.
	moved   chan struct{}
	waiting bool
}

// newHub returns a hub that keeps so many of the newest events.
func newHub(log Log, recent int, wake func(*room), stats *stats, tracer trace.Tracer) *hub {
	return &hub{
		log:      log,
		wake:     wake,
		stats:    stats,
		tracer:   tracer,
		rooms:    make(map[domain.Channel]*room),
		presence: domain.NewPresence(),
		ring:     newRing(0, recent),
		moved:    make(chan struct{}),
	}
}

// seed sets where the hub begins: behind a sequence, with the stays of then.
func (h *hub) seed(after uint64, stays []domain.Stay) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.presence = domain.NewPresence(stays...)
	h.ring = newRing(after, h.ring.most)
	h.pos.Store(after)
}

// exactFrom says that the fold of presence is the truth behind the sequence.
func (h *hub) exactFrom(seq uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ring.exact = seq
}

// apply takes the records in: it folds them and publishes their frames to the
// rooms. changed is called, without a lock, for each join and leave.
func (h *hub) apply(records []eventstore.Record, changed func(entry)) {
	for len(records) > 0 {
		n := min(len(records), hubBatch)
		h.applySome(records[:n], changed)
		records = records[n:]
	}
}

func (h *hub) applySome(records []eventstore.Record, changed func(entry)) {
	var presence []entry
	var traced []delivery
	now := time.Now() // once for all: they are published within a millisecond
	h.mu.Lock()
	for _, record := range records {
		if record.Err != nil {
			continue // the projector quarantines it
		}
		e := h.fold(record)
		if !h.ring.push(e) {
			continue
		}
		if r := h.rooms[e.channel]; r != nil && r.isReady() {
			sockets := r.publish(e)
			h.wake(r)
			h.stats.delivered(record.Stored, now)
			if parent, ok := h.parentOf(&record); ok {
				traced = append(traced, delivery{parent, e, sockets})
			}
		}
		if e.event.Type() != domain.TypeMessage {
			presence = append(presence, *e)
		}
	}
	h.pos.Store(records[len(records)-1].Seq)
	if h.waiting {
		close(h.moved)
		h.moved, h.waiting = make(chan struct{}), false
	}
	h.mu.Unlock()
	for _, e := range presence {
		changed(e)
	}
	h.trace(traced, now)
}

// must hold h.mu
func (h *hub) fold(record eventstore.Record) *entry {
	e := &entry{seq: record.Seq, channel: record.Channel, event: record.Event, shown: true}
	if record.Event.Type() != domain.TypeMessage {
		change := h.presence.Apply(record.Channel, record.Seq, record.Event)
		e.shown, e.ended = change.Visible, change.Closed
		e.users = h.presence.Users(record.Channel)
	}
	e.big = h.presence.Sessions(record.Channel) > bigRoom
	return e
}

func (r *room) isReady() bool {
	select {
	case <-r.ready:
		return true
	default:
		return false
	}
}

// waitFor waits until the hub has applied the sequence.
func (h *hub) waitFor(ctx context.Context, seq uint64) error {
	for {
		h.mu.Lock()
		if h.pos.Load() >= seq {
			h.mu.Unlock()
			return nil
		}
		h.waiting = true
		moved := h.moved
		h.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for sequence %d: %w", seq, ctx.Err())
		}
	}
}

// known returns the sequence of a message among the newest events. whole says
// that those are all there ever were: what is not known is not in the log.
func (h *hub) known(user, id string) (seq uint64, found, whole bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	seq, found = h.ring.known(user, id)
	return seq, found, h.ring.floor == 0
}

// open returns the room of the channel and opens it when it is not open. The
// first to come opens it, the others wait for that one.
func (h *hub) open(ctx context.Context, channel domain.Channel) (*room, error) {
	h.mu.Lock()
	r, found := h.rooms[channel]
	if !found {
		r = &room{channel: channel, wake: h.wake, ready: make(chan struct{}), emptySince: time.Now()}
		h.rooms[channel] = r
	}
	h.mu.Unlock()
	if !found {
		if err := h.fill(ctx, r); err != nil {
			h.mu.Lock()
			delete(h.rooms, channel)
			h.mu.Unlock()
			r.err = err
			close(r.ready)
		}
	}
	select {
	case <-r.ready:
		return r, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// fill gives a new room its past out of the ring, as much as a room keeps. What
// came before is asked of the log, so that the chain of prev begins right. The
// hub goes on meanwhile; what it read is added at the end, when r.ready is
// closed under its lock: from then on it publishes to the room, and nothing
// falls between.
func (h *hub) fill(ctx context.Context, r *room) error {
	h.mu.Lock()
	floor, exact := h.ring.floor, h.ring.exact
	entries, all := h.ring.newest(r.channel, floor, roomOpening)
	h.mu.Unlock()
	var before uint64
	if all {
		var err error
		if before, err = h.log.LastOf(ctx, r.channel, floor); err != nil {
			return fmt.Errorf("open room %s: %w", r.channel, err)
		}
	} else {
		before, entries = entries[0].seq, entries[1:]
		floor = before
	}
	r.begin(floor, max(floor, exact), before)
	last := r.replay(entries, before)

	h.mu.Lock()
	defer h.mu.Unlock()
	rest, all := h.ring.newest(r.channel, last, roomOpening)
	if !all {
		return fmt.Errorf("open room %s: its channel is faster than we read it", r.channel)
	}
	r.replay(rest, last)
	close(r.ready)
	return nil
}

// closeIdle drops the rooms that have been empty for a while.
func (h *hub) closeIdle(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for channel, r := range h.rooms {
		if !r.isReady() {
			continue
		}
		r.mu.Lock()
		idle := len(r.conns) == 0 && now.Sub(r.emptySince) > roomLinger
		if idle {
			r.closed = true
			if r.pending != nil {
				r.pending.timer.Stop()
			}
		}
		r.mu.Unlock()
		if idle {
			delete(h.rooms, channel)
		}
	}
}

// stop ends what runs by itself in the rooms.
func (h *hub) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.rooms {
		r.mu.Lock()
		if r.pending != nil {
			r.pending.timer.Stop()
			r.pending = nil
		}
		r.mu.Unlock()
	}
}
