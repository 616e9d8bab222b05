//go:build topology

package topology_test

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/gorilla/websocket"

	"github.com/faustman/chitchat/domain"
)

// plainClient speaks the dialect in which a frame is a message's text. It knows of no session, so each of its sockets
// is one of its own, and is told only of who comes and goes for everyone.
type plainClient struct {
	member
	r     *recorder
	feed  *feed
	every time.Duration // between two messages, 0 for none
	epoch string
	begun bool
	said  int
}

// run chats until ctx ends.
func (c *plainClient) run(ctx context.Context) {
	for try := 0; ctx.Err() == nil; {
		worked := c.connect(ctx)
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

func (c *plainClient) connect(ctx context.Context) bool {
	query := url.Values{}
	if c.epoch == "" {
		position, err := c.position(ctx)
		if err != nil {
			return false
		}
		c.epoch = position.Epoch
	}
	if c.begun && c.feed.last() > 0 {
		query.Set("after", domain.Position{Epoch: c.epoch, Seq: c.feed.last()}.String())
	} else {
		c.feed.beginAnywhere()
		c.begun = true
	}
	ws, err := c.dial(ctx, "", query)
	if err != nil {
		return false
	}
	defer ws.Close()
	stop := context.AfterFunc(ctx, func() {
		leave(ws)
		_ = ws.Close()
	})
	defer stop()
	var next time.Time
	for worked := false; ; {
		var f frame
		_ = ws.SetReadDeadline(time.Now().Add(silence))
		if err := ws.ReadJSON(&f); err != nil {
			return worked
		}
		worked = c.take(f) || worked
		if now := time.Now(); worked && c.every > 0 && now.After(next) {
			c.say(ws)
			next = now.Add(c.every)
		}
	}
}

// take takes a frame in and reports whether it was an event.
func (c *plainClient) take(f frame) bool {
	switch {
	case f.isEvent():
		c.r.arrived(c.user.ID, c.user.Name, c.channel)
		c.feed.tell(f)
		return true
	case f.Type == "reset":
		position, err := domain.ParsePosition(f.Position)
		if err != nil {
			c.r.finding("%s: reset has no position: %q", c.user.Name, f.Position)
			return false
		}
		c.feed.begin(position.Seq, true)
	}
	return false
}

// say posts a text that nobody says twice. Nobody answers in this dialect.
func (c *plainClient) say(ws *websocket.Conn) {
	c.said++
	_ = ws.SetWriteDeadline(time.Now().Add(answerPatience))
	_ = ws.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, "%s says plainly %d", c.user.Name, c.said)) // it may get lost
}
