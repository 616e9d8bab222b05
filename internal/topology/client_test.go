//go:build topology

package topology_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/faustman/chitchat/domain"
)

const (
	// backOffFirst and backOffMost bound the full jitter between two tries to connect. People's clients wait for 1 to
	// 30 s; these are in a hurry, so that a step takes seconds.
	backOffFirst = 200 * time.Millisecond
	backOffMost  = 2 * time.Second
	// answerPatience is when a client takes a socket for dead on which a command is not answered: the server gives up
	// after five seconds and says so, and the machine is busy.
	answerPatience = 15 * time.Second
	// silence is when a client takes a socket for dead on which nothing comes, not even a ping.
	silence = 60 * time.Second
	// dialPatience bounds a handshake.
	dialPatience = 15 * time.Second
)

// frame is what a client reads of frames and of messages in the history.
type frame struct {
	Type       string      `json:"type"`
	Seq        uint64      `json:"seq"`
	Prev       uint64      `json:"prev"`
	ID         string      `json:"id"`
	Text       string      `json:"text"`
	Code       string      `json:"code"`
	Session    string      `json:"session"`
	Reason     string      `json:"reason"`
	Position   string      `json:"position"`
	From       domain.User `json:"from_user"`
	RetryAfter int         `json:"retry_after_ms"`
}

// isEvent reports whether the frame is an event of the log.
func (f frame) isEvent() bool {
	return f.Type == string(domain.TypeMessage) || f.Type == string(domain.TypeJoin) || f.Type == string(domain.TypeLeave)
}

func (f frame) fact(channel domain.Channel) fact {
	id := f.ID
	if f.Type != string(domain.TypeMessage) {
		id = f.Session
	}
	return fact{
		seq: f.Seq, kind: domain.Type(f.Type), user: f.From.ID, id: id, text: f.Text,
		reason: domain.Reason(f.Reason), channel: channel,
	}
}

// member is who a client is: a user in a channel, with a token, behind an address.
type member struct {
	base    string // http://HOST:PORT
	user    domain.User
	channel domain.Channel
	token   string
}

// dial opens a socket.
func (m *member) dial(ctx context.Context, dialect string, query url.Values) (*websocket.Conn, error) {
	dialer := websocket.Dialer{HandshakeTimeout: dialPatience}
	if dialect != "" {
		dialer.Subprotocols = []string{dialect}
	}
	address := "ws" + strings.TrimPrefix(m.base, "http") + "/channel?" + query.Encode()
	ws, _, err := dialer.DialContext(ctx, address, http.Header{"Authorization": {"Bearer " + m.token}})
	return ws, err
}

// backOff waits with full jitter before try number n, and reports false when ctx ends.
func backOff(ctx context.Context, n int) bool {
	most := min(backOffFirst<<min(n, 10), backOffMost)
	timer := time.NewTimer(rand.N(most))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// client is a chat client of chitchat.v1 that does what the contract says.
type client struct {
	member
	r    *recorder
	feed *feed
	// every is the mean time between two messages, 0 for a client that only reads.
	every time.Duration
	// stayAway makes the client not come back once its socket has ended.
	stayAway bool

	session  string
	epoch    string
	begun    bool // the feed has a beginning
	pending  *pending
	sentOnes int
	acked    chan<- ack // told of some acks, when somebody listens
}

// pending is a message that was not acknowledged yet.
type pending struct {
	key      messageKey
	text     string
	retry    bool // the outcome of a try is unknown
	tries    int
	began    time.Time
	deadline time.Time // when an answer is late; zero when the message is not on its way
	again    time.Time // when it may be sent again
}

// run chats until ctx ends, and then leaves.
func (c *client) run(ctx context.Context) {
	for try := 0; ctx.Err() == nil; {
		worked := c.connect(ctx)
		if c.stayAway {
			c.r.departed(c.user.ID, true)
			return
		}
		c.r.departed(c.user.ID, ctx.Err() != nil)
		if worked {
			try = 0
		}
		if !backOff(ctx, try) {
			break
		}
		try++
	}
	c.r.departed(c.user.ID, true)
}

// connect opens a socket and chats on it until it ends. It reports whether it was of use.
func (c *client) connect(ctx context.Context) bool {
	query := url.Values{}
	if c.begun {
		query.Set("after", domain.Position{Epoch: c.epoch, Seq: c.feed.last()}.String())
		query.Set("session", c.session)
	} else if position, err := c.position(ctx); err == nil {
		query.Set("after", position.String()) // the seam: the history first
	}
	ws, err := c.dial(ctx, "chitchat.v1", query)
	if err != nil {
		return false
	}
	frames, failed := make(chan frame), make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(failed)
		for {
			var f frame
			_ = ws.SetReadDeadline(time.Now().Add(silence))
			if err := ws.ReadJSON(&f); err != nil {
				return
			}
			select {
			case frames <- f:
			case <-done:
				return
			}
		}
	}()
	worked := c.chat(ctx, ws, frames, failed)
	close(done)
	if ctx.Err() != nil {
		leave(ws)
	}
	_ = ws.Close()
	<-failed
	return worked
}

// leave says goodbye, so that the session ends at once.
func leave(ws *websocket.Conn) {
	_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
}

// chat reads and sends until the socket ends.
func (c *client) chat(ctx context.Context, ws *websocket.Conn, frames <-chan frame, failed <-chan struct{}) (worked bool) {
	const look = 50 * time.Millisecond // how often it is looked whether something is to be sent
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	next := time.Now().Add(rand.N(max(c.every, time.Second)))
	if c.pending != nil {
		c.pending.retry = c.pending.retry || !c.pending.deadline.IsZero()
		c.pending.deadline = time.Time{}
	}
	hello := false
	for {
		select {
		case f := <-frames:
			if f.isEvent() || f.Type == "ack" {
				worked = true
				c.r.arrived(c.user.ID, c.user.Name, c.channel)
			}
			if !c.handle(ctx, f, &hello) {
				return worked
			}
		case <-failed:
			return worked
		case <-ctx.Done():
			return worked
		case now := <-ticker.C:
			if c.pending != nil && !c.pending.deadline.IsZero() && now.After(c.pending.deadline) {
				return worked // no answer: elsewhere, perhaps
			}
			if c.every > 0 && c.pending == nil && now.After(next) {
				c.compose()
				next = now.Add(c.every/2 + rand.N(c.every))
			}
			if hello {
				c.transmit(ws, now)
			}
		}
	}
}

// compose makes a new message.
func (c *client) compose() {
	c.sentOnes++
	key := messageKey{c.user.ID, uuid.Must(uuid.NewV7()).String()}
	c.pending = &pending{key: key, text: fmt.Sprintf("%s says %d", c.user.Name, c.sentOnes), began: time.Now()}
	c.r.send(key, c.pending.text)
}

// transmit sends the message that waits, if it is time. Whether that worked is seen by the answer.
func (c *client) transmit(ws *websocket.Conn, now time.Time) {
	p := c.pending
	if p == nil || !p.deadline.IsZero() || now.Before(p.again) {
		return
	}
	command, err := json.Marshal(map[string]any{"type": "send", "id": p.key.id, "text": p.text, "retry": p.retry})
	if err != nil {
		c.r.finding("%s: encode a command: %v", c.user.Name, err)
		return
	}
	p.tries++
	p.deadline = now.Add(answerPatience)
	_ = ws.SetWriteDeadline(now.Add(answerPatience))
	_ = ws.WriteMessage(websocket.TextMessage, command)
}

// handle takes a frame in. It reports false when the socket is of no more use.
func (c *client) handle(ctx context.Context, f frame, hello *bool) bool {
	switch {
	case f.Type == "hello":
		*hello = true
		return c.greet(f)
	case f.Type == "reset":
		return c.reset(ctx, f)
	case f.isEvent():
		c.feed.tell(f)
	case c.pending == nil || f.ID != c.pending.key.id:
	case f.Type == "ack":
		c.acknowledge(f.Seq)
	case f.Type == "error":
		c.refused(f)
	}
	return true
}

// greet takes the session, and the position when the feed begins here.
func (c *client) greet(f frame) bool {
	position, err := domain.ParsePosition(f.Position)
	if err != nil {
		c.r.finding("%s: hello has no position: %q", c.user.Name, f.Position)
		return false
	}
	if c.begun && f.Session != c.session {
		c.r.finding("I9: %s came back as session %s and is %s", c.user.Name, c.session, f.Session)
	}
	c.session, c.epoch = f.Session, position.Epoch
	if !c.begun {
		c.begun = true
		c.feed.begin(position.Seq, false)
	}
	return true
}

func (c *client) acknowledge(seq uint64) {
	p := c.pending
	c.r.ack(p.key, seq, p.began, p.tries == 1)
	if c.acked != nil {
		select {
		case c.acked <- ack{key: p.key, seq: seq, channel: c.channel}:
		default: // the readers have enough to do
		}
	}
	c.pending = nil
}

// refused makes that the message is sent again, as the code asks for.
func (c *client) refused(f frame) {
	const wait = 200 * time.Millisecond
	p := c.pending
	p.deadline = time.Time{}
	p.again = time.Now().Add(max(wait, time.Duration(f.RetryAfter)*time.Millisecond))
	switch f.Code {
	case "unknown":
		p.retry = true
		c.r.uncertain()
	case "unavailable", "rate_limited":
	default:
		c.r.finding("%s: message %v is refused: %s", c.user.Name, p.key, f.Code)
		c.pending = nil
	}
}

// reset reads the history that the feed leaves out, and begins a new stretch.
func (c *client) reset(ctx context.Context, f frame) bool {
	position, err := domain.ParsePosition(f.Position)
	if err != nil {
		c.r.finding("%s: reset has no position: %q", c.user.Name, f.Position)
		return false
	}
	after := c.feed.last()
	c.feed.begin(position.Seq, true)
	if after > position.Seq {
		return true // the tables were ahead of this gateway when the feed began
	}
	for try := 0; ; try++ {
		messages, err := c.history(ctx, after, position.Seq)
		if err == nil {
			c.r.compareHistory(c.user.Name, c.channel, messages, after, position.Seq)
			return true
		}
		if !backOff(ctx, try) {
			return false
		}
	}
}

var errStatus = errors.New("not 200")
