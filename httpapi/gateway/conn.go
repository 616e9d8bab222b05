package gateway

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gorilla/websocket"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi"
	"github.com/faustman/chitchat/httpapi/token"
)

const (
	// maxPrivate bounds the frames for one socket alone that wait to be
	// written, in bytes: the answers to what it sent and what it missed.
	maxPrivate = 8 << 20
	// maxDroppable is how much may wait before what may get lost, such as
	// typing, is left out, in bytes.
	maxDroppable = 16 << 10
	// writeTimeout bounds one blocking write: a client that takes nothing for
	// so long is gone or far too slow.
	writeTimeout = 30 * time.Second
	// closeWait is how long the peer may take to answer a close frame.
	closeWait = 2 * time.Second
)

// conn is a socket. Its own goroutine reads; who writes is whoever finds
// something new for it and finds nobody writing: the flusher's workers, the
// reader itself, or, when the socket does not take all, a goroutine that ends
// when it does.
type conn struct {
	ws      *websocket.Conn
	net     net.Conn
	raw     rawWriter
	room    *room
	dialect dialect
	user    domain.User
	session string
	held    *session // what session names, among the process's sessions; nil before it is held
	// admitted says that the socket counts for its user's message rate.
	admitted bool
	opened   int64  // when the feed had begun, in Unix milliseconds
	slot     uint32 // in which second of the ping interval it is pinged
	index    int    // in room.conns, guarded by room.mu

	expires atomic.Int64 // when the token ends, in Unix milliseconds
	heard   atomic.Int64 // when the peer last sent something, the same
	limits  connLimits   // for the reader alone

	mu       sync.Mutex
	private  []byte // frames for this socket alone, written before the room's
	rest     []byte // what a write left of its frames
	cursor   int64  // in the room's log of the dialect
	taken    int64  // frames of that log that are before the cursor, since the room began
	resting  int64  // frames that rest began with
	attached bool   // the cursor counts
	writing  bool   // somebody is at it, and will look again before they stop
	closing  bool   // a close frame is the last of private
	cut      bool   // who is writing cuts the connection when all is written
	code     uint16 // of the first close frame, whoever sent it; 0 before
	drain    bool   // the server leaves: close when the command at hand is answered

	stats *stats
	wg    *sync.WaitGroup // of the goroutines that write
}

func newConn(ws *websocket.Conn, claims token.Claims, session string, stats *stats, wg *sync.WaitGroup) *conn {
	c := &conn{
		ws:      ws,
		net:     unsealed(ws.NetConn()),
		user:    claims.User,
		session: session,
		index:   -1,
		stats:   stats,
		wg:      wg,
	}
	if ws.Subprotocol() == Subprotocol {
		c.dialect = v1
	}
	c.expires.Store(claims.Expires.UnixMilli())
	c.heard.Store(time.Now().UnixMilli())
	if sc, ok := c.net.(syscall.Conn); ok {
		c.raw.init(sc)
	}
	return c
}

// send queues a frame for this socket alone and writes it.
func (c *conn) send(payload []byte) {
	c.queue(payload)
	c.flush()
}

// queue queues a frame for this socket alone. A socket that lets too many
// wait is closed.
func (c *conn) queue(payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	if len(c.private)+len(payload) > maxPrivate {
		c.closeLocked(httpapi.CloseTooSlow, "too slow")
		return
	}
	c.private = appendText(c.private, payload)
}

// offer sends a frame that may get lost when the socket is busy.
func (c *conn) offer(payload []byte) {
	c.mu.Lock()
	busy := c.closing || len(c.private) > maxDroppable || len(c.rest) > maxDroppable
	if !busy {
		c.private = appendText(c.private, payload)
	}
	c.mu.Unlock()
	if !busy {
		c.flush()
	}
}

// control queues a control frame and writes it.
func (c *conn) control(opcode byte, payload []byte) {
	c.mu.Lock()
	if !c.closing && len(c.private) < maxDroppable {
		c.private = appendControl(c.private, opcode, payload)
	}
	c.mu.Unlock()
	c.flush()
}

// attach makes the room's frames from the offset on the socket's feed; before
// is how many there were before it.
func (c *conn) attach(offset, before int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cursor, c.taken, c.attached = offset, before, !c.closing
}

// close sends a close frame behind what is queued; nothing of the room comes
// after it. The first close counts.
func (c *conn) close(code int, reason string) {
	c.mu.Lock()
	c.closeLocked(code, reason)
	c.mu.Unlock()
	c.flush()
}

// must hold c.mu
func (c *conn) closeLocked(code int, reason string) {
	if c.closing {
		return
	}
	c.closing, c.attached, c.code = true, false, uint16(code)
	c.private = appendClose(c.private, code, reason)
	c.stats.closed(code)
	// The reader stops at this and cuts the connection.
	_ = c.ws.SetReadDeadline(time.Now().Add(closeWait))
}

// isClosing reports whether a close frame was queued.
func (c *conn) isClosing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
}

// flush writes all that is new, without ever blocking. When the socket does
// not take it all, a goroutine goes on.
func (c *conn) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writing {
		return
	}
	c.writing = true
	for c.take() {
		batch := c.rest
		c.mu.Unlock()
		n, err := c.raw.write(batch)
		c.mu.Lock()
		if err != nil {
			c.fail()
			return
		}
		if c.rest = batch[n:]; len(c.rest) > 0 {
			c.stats.wrote(n, 0)
			c.wg.Add(1)
			go c.finish()
			return
		}
		c.stats.wrote(n, c.resting)
	}
	c.rested()
}

// rested is called when there is nothing left to write. must hold c.mu
func (c *conn) rested() {
	c.rest, c.writing = nil, false
	if c.cut {
		_ = c.net.Close()
	}
}

// finish writes with a blocking call what flush could not, until there is
// nothing left.
func (c *conn) finish() {
	defer c.wg.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.rest) > 0 || c.take() {
		batch, timeout := c.rest, writeTimeout
		if c.cut {
			timeout = closeWait
		}
		c.mu.Unlock()
		_ = c.net.SetWriteDeadline(time.Now().Add(timeout))
		n, err := c.net.Write(batch)
		c.mu.Lock()
		if err != nil {
			c.fail()
			return
		}
		c.stats.wrote(n, c.resting)
		c.rest = nil
	}
	_ = c.net.SetWriteDeadline(time.Time{})
	c.rested()
}

// end cuts the connection once what is being written is written, its close
// frame above all, or after closeWait.
func (c *conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.writing {
		_ = c.net.Close()
		return
	}
	c.cut = true
	_ = c.net.SetWriteDeadline(time.Now().Add(closeWait))
}

// take puts the next whole frames into c.rest and reports whether there are
// any. must hold c.mu
func (c *conn) take() bool {
	if len(c.private) > 0 {
		c.takePrivate()
		return true
	}
	if !c.attached {
		return false
	}
	frames, count, kept := c.room.read(c.dialect, c.cursor)
	if !kept {
		c.closeLocked(httpapi.CloseTooSlow, "too slow: reconnect and resume")
		c.takePrivate()
		return true
	}
	c.rest, c.resting = frames, count-c.taken
	c.cursor, c.taken = c.cursor+int64(len(frames)), count
	return len(frames) > 0
}

// must hold c.mu
func (c *conn) takePrivate() {
	c.rest, c.private = c.private, nil
	c.resting = countFrames(c.rest)
}

// fail cuts a connection that can't be written to. Nobody writes to it any
// more, as writing stays true. must hold c.mu
func (c *conn) fail() {
	c.attached, c.closing = false, true
	c.rest, c.private = nil, nil
	_ = c.net.Close()
}
