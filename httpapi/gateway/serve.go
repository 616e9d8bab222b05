package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi"
	"github.com/faustman/chitchat/httpapi/token"
)

const (
	// maxCommand bounds a frame from a client, in bytes. A text of
	// domain.MaxTextRunes may be escaped with twelve bytes a code point.
	maxCommand = 12*domain.MaxTextRunes + 4<<10
	// maxPlain bounds a plain text frame, in bytes.
	maxPlain = domain.MaxTextRunes * utf8.UTFMax
	// openTimeout bounds what must be done before a socket's feed begins.
	openTimeout = 10 * time.Second
)

// Upgrade makes the request a websocket and serves it in a goroutine of its
// own. What it refuses before the upgrade comes back as a *domain.Error; after
// the upgrade it returns nil whatever happens.
func (g *Gateway) Upgrade(w http.ResponseWriter, r *http.Request, claims token.Claims) error {
	if reasons := g.notServing(); reasons != "" {
		return domain.Errorf(domain.CodeUnavailable, "Not now: %s. Try again in a few seconds.", reasons)
	}
	if !g.originAllowed(r) {
		return domain.Errorf(domain.CodeForbidden, "Pages of this origin may not connect. Add it to the allowed origins.")
	}
	query := r.URL.Query()
	session, resumed := query.Get("session"), true
	if session == "" {
		session, resumed = newSession(g.config.SessionKey, claims), false
	}
	if resumed && !sessionBelongs(g.config.SessionKey, session, claims) {
		return domain.Errorf(domain.CodeForbidden, "This session belongs to somebody else. Connect without one to get your own.")
	}
	ws, err := g.upgrader.Upgrade(sealing{w}, r, nil)
	var handshake websocket.HandshakeError
	if errors.As(err, &handshake) {
		return domain.Errorf(domain.CodeInvalidRequest, "Open a websocket here, version 13 of the protocol: new WebSocket(…).")
	}
	if err != nil {
		g.logger.Debug("websocket handshake", "cause", err) // the client has gone
		return nil
	}
	seal(ws.NetConn())
	c := newConn(ws, claims, session, g.stats, &g.wg)
	if !g.add(c) {
		c.close(httpapi.CloseRestart, "the server restarts")
		c.end()
		return nil
	}
	after, resume := query.Get("after"), query.Has("after")
	go g.serve(c, claims.Channel, after, resume)
	return nil
}

func (g *Gateway) notServing() string {
	switch {
	case g.draining.Load():
		return "the server is shutting down"
	case !g.ready.Load():
		return "the server is starting"
	case g.lease.isLost():
		return "the log can't be reached"
	case g.config.Refuse != nil && g.config.Refuse() != nil:
		return "nothing can be stored"
	}
	return ""
}

// originAllowed checks the Origin that browsers send. Programs send none, and
// have no cookies that a page could abuse.
func (g *Gateway) originAllowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	if len(g.config.AllowedOrigins) > 0 {
		return slices.ContainsFunc(g.config.AllowedOrigins, func(allowed string) bool {
			return strings.EqualFold(strings.TrimSuffix(allowed, "/"), origin)
		})
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// serve begins a socket's life: its feed and its session. What comes from the
// client is read in a goroutine of its own, since the stack of this one has
// grown by what it did, and an idle socket would keep it.
func (g *Gateway) serve(c *conn, channel domain.Channel, after string, resume bool) {
	defer g.recover(c)
	if g.open(c, channel, after, resume) && g.sessions.attach(c) {
		g.limiters.acquire(c.user.ID)
		c.admitted = true
		g.logOpened(c)
		go g.converse(c)
		return
	}
	c.close(httpapi.CloseRestart, "the log can't be reached: try again")
	c.linger()
	g.end(c, false)
}

// converse reads until the socket ends.
func (g *Gateway) converse(c *conn) {
	defer g.recover(c)
	g.end(c, g.read(c))
}

// recover ends a connection whose goroutine panicked, and no other.
func (g *Gateway) recover(c *conn) {
	cause := recover()
	if cause == nil {
		return
	}
	g.logger.Error("websocket", "panic", cause, "user", c.user.ID, "stack", string(debug.Stack()))
	c.close(httpapi.CloseInternal, "internal error")
	g.end(c, false)
}

// end gives back what the socket had, however far it came. left says that the
// client went on purpose.
func (g *Gateway) end(c *conn, left bool) {
	if c.admitted {
		g.logEnded(c)
		g.limiters.release(c.user.ID)
	}
	if c.room != nil {
		g.detach(c)
	}
	if c.held != nil {
		g.sessions.detach(c, left && !g.draining.Load())
	}
	c.end()
	g.remove(c)
}

// open opens the room and begins the feed.
func (g *Gateway) open(c *conn, channel domain.Channel, after string, resume bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	c.handleControls()
	if err := g.begin(ctx, c, channel, after, resume); err != nil {
		g.logger.Warn("begin feed", "user", c.user.ID, "channel", channel, "cause", err)
		return false
	}
	c.flush()
	return true
}

// detach takes the socket out of its room.
func (g *Gateway) detach(c *conn) {
	c.mu.Lock()
	c.attached = false
	c.mu.Unlock()
	c.room.mu.Lock()
	c.room.remove(c, time.Now())
	c.room.mu.Unlock()
}

// read handles what the client sends until the socket ends. It reports whether
// the client left on purpose.
func (g *Gateway) read(c *conn) bool {
	for {
		kind, reader, err := c.ws.NextReader()
		if err != nil {
			return c.readFailed(err)
		}
		c.heard.Store(time.Now().UnixMilli())
		if c.isClosing() {
			continue // only its close frame matters now
		}
		if kind == websocket.BinaryMessage {
			c.close(httpapi.CloseBinary, "send text frames")
			continue
		}
		frame, err := io.ReadAll(io.LimitReader(reader, c.maxFrame()+1))
		if err != nil {
			return c.readFailed(err)
		}
		if int64(len(frame)) > c.maxFrame() {
			c.close(httpapi.CloseTooLong, "too long")
			c.linger()
			return false
		}
		if !utf8.Valid(frame) {
			c.close(httpapi.CloseNotUTF8, "send UTF-8")
			continue
		}
		if c.dialect == plain {
			g.handlePlain(c, string(frame))
		} else {
			g.handleCommand(c, frame)
		}
	}
}

// readFailed ends the connection in the way that the failed read asks for and
// reports whether the client left on purpose.
func (c *conn) readFailed(err error) bool {
	var closed *websocket.CloseError
	var network net.Error
	switch {
	case errors.As(err, &closed):
		return closed.Code == websocket.CloseNormalClosure
	case errors.As(err, &network):
		if network.Timeout() && c.mustEnd() {
			c.close(httpapi.CloseRestart, "the server restarts")
			c.linger()
		}
	case !errors.Is(err, io.EOF):
		c.close(websocket.CloseProtocolError, "not the websocket protocol")
		c.linger()
	}
	return false
}

// maxFrame returns how long a frame of the client may be, in bytes.
func (c *conn) maxFrame() int64 {
	if c.dialect == plain {
		return maxPlain
	}
	return maxCommand
}

// linger waits a moment for the peer to take the close frame and to close, so
// that the frame is not lost with the connection.
func (c *conn) linger() {
	if tcp, ok := c.net.(*net.TCPConn); ok {
		_ = tcp.SetReadDeadline(time.Now().Add(closeWait))
		_, _ = io.Copy(io.Discard, io.LimitReader(tcp, maxPrivate))
	}
}

// askToEnd makes the reader end the connection with 1012 once the command at
// hand is answered.
func (c *conn) askToEnd() {
	c.mu.Lock()
	c.drain = true
	c.mu.Unlock()
	_ = c.ws.SetReadDeadline(time.Now())
}

func (c *conn) mustEnd() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.drain
}

// tick does what is due for the socket in this second.
func (c *conn) tick(now time.Time, second uint32) {
	switch {
	case now.UnixMilli() >= c.expires.Load():
		c.close(httpapi.CloseTokenEnded, "the token ended: get a new one")
	case now.UnixMilli()-c.heard.Load() > deadAfter.Milliseconds():
		_ = c.net.Close()
	case second%uint32(pingInterval/time.Second) == c.slot:
		c.control(websocket.PingMessage, nil)
	}
}

// handleControls answers control frames by our own writer, since gorilla's
// would write into the middle of a frame of ours, and bounds their number.
func (c *conn) handleControls() {
	heard := func() {
		c.heard.Store(time.Now().UnixMilli())
		if !c.limits.control() {
			c.close(httpapi.ClosePolicy, "too many control frames")
		}
	}
	c.ws.SetPingHandler(func(data string) error {
		c.control(websocket.PongMessage, []byte(data))
		heard()
		return nil
	})
	c.ws.SetPongHandler(func(string) error {
		heard()
		return nil
	})
	c.ws.SetCloseHandler(func(code int, _ string) error {
		c.mu.Lock()
		answered := c.closing
		if !answered {
			c.closing, c.attached, c.code = true, false, uint16(code)
			c.private = appendClose(c.private, code, "")
		}
		c.mu.Unlock()
		c.flush()
		return nil
	})
}
