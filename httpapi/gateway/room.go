package gateway

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/faustman/chitchat/domain"
)

// dialect is how a socket speaks.
type dialect int

const (
	plain dialect = iota // a text frame is a message's text
	v1                   // commands in JSON, every event shown
	dialects
)

// Subprotocol is the websocket subprotocol of the dialect with commands.
const Subprotocol = "chitchat.v1"

const (
	// bigRoom is how many sessions a channel must have for chitchat.v1 to be
	// told of joins and leaves in summaries: telling each to each is n².
	bigRoom = 200
	// summaryInterval is the least time between two summaries.
	summaryInterval = time.Second
	// summaryNames bounds the users that a summary names on each side. The
	// number of users it gives is exact all the same.
	summaryNames = 100
)

// room is a channel with sockets in this process: a log of encoded frames for
// each dialect, and the connections whose cursors are in them. The hub
// publishes, workers and connections read. Locks are taken in this order: the
// hub's, a room's, a connection's; a connection that is in a room takes the
// room's lock, for reading, under its own.
type room struct {
	channel domain.Channel
	wake    func(*room)
	// ready is closed when the logs may be used; err then says whether they can.
	ready chan struct{}
	err   error

	mu      sync.RWMutex
	logs    [dialects]*frameLog
	conns   []*conn
	pending *summary
	// summarized is when the last summary was published.
	summarized time.Time
	scratch    []byte
	// emptySince is when the last socket went, zero while there is one.
	emptySince time.Time
	// closed says that the hub has dropped the room: who still has it opens
	// it anew.
	closed bool

	dirty atomic.Bool // in the flusher's list
}

// summary gathers the joins and leaves of a big room until it is published.
type summary struct {
	seq    uint64
	joined map[string]domain.User
	left   map[string]domain.User
	users  int
	timer  *time.Timer
}

// begin makes the logs of a room that nobody knows yet: plain has every frame
// behind the sequence plainFloor, chitchat.v1 behind floor; before is the
// sequence of the channel's event before the first.
func (r *room) begin(floor, plainFloor, before uint64) {
	r.logs[plain] = newFrameLog(plainFloor, before)
	r.logs[v1] = newFrameLog(floor, before)
}

// replay publishes entries of the past and returns the sequence of the last
// one, or last when there are none. Who was away is told of each join and leave.
func (r *room) replay(entries []*entry, last uint64) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range entries {
		single := *e
		single.big = false
		r.publishPlain(&single)
		r.publishV1(&single)
		last = e.seq
	}
	return last
}

// publish appends the entry's frames and returns how many sockets there are.
func (r *room) publish(e *entry) (sockets int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.publishPlain(e)
	r.publishV1(e)
	return len(r.conns)
}

// must hold r.mu
func (r *room) publishPlain(e *entry) {
	if !e.shown {
		return
	}
	log := r.logs[plain]
	r.scratch = domain.AppendFrame(r.scratch[:0], e.event, e.seq, log.last)
	log.append(e.seq, r.scratch)
}

// must hold r.mu
func (r *room) publishV1(e *entry) {
	log := r.logs[v1]
	if e.big && e.event.Type() != domain.TypeMessage {
		r.summarize(e)
		return
	}
	if !e.big {
		r.publishSummary()
	}
	r.scratch = domain.AppendFrame(r.scratch[:0], e.event, e.seq, log.last)
	log.append(e.seq, r.scratch)
	r.scratch = trimScratch(r.scratch)
}

// summarize puts a join or leave into the summary that is being gathered.
// must hold r.mu
func (r *room) summarize(e *entry) {
	if r.pending == nil {
		r.pending = &summary{joined: make(map[string]domain.User), left: make(map[string]domain.User)}
		r.pending.timer = time.AfterFunc(time.Until(r.summarized.Add(summaryInterval)), r.endSummary)
	}
	s := r.pending
	s.seq, s.users = e.seq, e.users
	if !e.shown {
		return
	}
	user := e.event.By()
	into, other := s.joined, s.left
	if e.event.Type() == domain.TypeLeave {
		into, other = other, into
	}
	delete(other, user.ID)
	into[user.ID] = user
}

// publishSummary publishes what has been gathered. Its seq is that of the last
// event it stands for or, when a message came after that one, of the message:
// sequences never run backwards in a feed.
// must hold r.mu
func (r *room) publishSummary() {
	s, log := r.pending, r.logs[v1]
	if s == nil {
		return
	}
	r.pending = nil
	s.timer.Stop()
	r.summarized = time.Now()
	seq := max(s.seq, log.last)
	b := append(r.scratch[:0], `{"type":"presence","seq":`...)
	b = strconv.AppendUint(b, seq, 10)
	b = append(b, `,"prev":`...)
	b = strconv.AppendUint(b, log.last, 10)
	b = append(b, `,"joined":`...)
	b = appendUsers(b, s.joined)
	b = append(b, `,"left":`...)
	b = appendUsers(b, s.left)
	b = append(b, `,"users":`...)
	b = strconv.AppendInt(b, int64(s.users), 10)
	r.scratch = append(b, '}')
	log.append(seq, r.scratch)
	r.scratch = trimScratch(r.scratch)
}

// endSummary is called when a summary has gathered for long enough.
func (r *room) endSummary() {
	r.mu.Lock()
	r.publishSummary()
	r.mu.Unlock()
	r.wake(r)
}

func appendUsers(dst []byte, users map[string]domain.User) []byte {
	dst = append(dst, '[')
	n := 0
	for _, user := range users {
		if n == summaryNames {
			break
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = domain.AppendUser(dst, user)
		n++
	}
	return append(dst, ']')
}

// trimScratch gives back a buffer that one long frame has grown.
func trimScratch(b []byte) []byte {
	const most = 4 << 10
	if cap(b) > most {
		return nil
	}
	return b
}

// read returns the frames at the cursor, see frameLog.read.
func (r *room) read(d dialect, offset int64) (frames []byte, count int64, kept bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.logs[d].read(offset)
}

// part copies the connections of one of parts equal parts into dst.
func (r *room) part(dst []*conn, i, parts int) []*conn {
	r.mu.RLock()
	defer r.mu.RUnlock()
	n := len(r.conns)
	return append(dst, r.conns[n*i/parts:n*(i+1)/parts]...)
}

// must hold r.mu
func (r *room) remove(c *conn, now time.Time) {
	last := len(r.conns) - 1
	if c.index < 0 || c.index > last || r.conns[c.index] != c {
		return
	}
	r.conns[c.index] = r.conns[last]
	r.conns[c.index].index = c.index
	r.conns[last] = nil
	r.conns = r.conns[:last]
	c.index = -1
	if last == 0 {
		r.emptySince = now
	}
}
