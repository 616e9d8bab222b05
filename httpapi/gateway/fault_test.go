package gateway_test

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi/gateway"
)

// hooked is a log whose appends and look-backs a test can change.
type hooked struct {
	*eventstore.Log
	append func(ctx context.Context, channel domain.Channel, key string, event domain.Event) (eventstore.Appended, error)
	lastOf func()
}

func (l *hooked) Append(ctx context.Context, channel domain.Channel, key string, event domain.Event) (eventstore.Appended, error) {
	if l.append != nil {
		return l.append(ctx, channel, key, event)
	}
	return l.Log.Append(ctx, channel, key, event)
}

func (l *hooked) LastOf(ctx context.Context, channel domain.Channel, upTo uint64) (uint64, error) {
	if l.lastOf != nil {
		l.lastOf()
	}
	return l.Log.LastOf(ctx, channel, upTo)
}

// A leave that can't be appended does not hold up the end of the process.
func TestDrainEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := setup(t)
	log := &hooked{Log: w.log}
	tried := make(chan struct{}, 1)
	log.append = func(ctx context.Context, channel domain.Channel, key string, event domain.Event) (eventstore.Appended, error) {
		if event.Type() != domain.TypeLeave {
			return w.log.Append(ctx, channel, key, event)
		}
		select {
		case tried <- struct{}{}:
		default:
		}
		return eventstore.Appended{}, fmt.Errorf("append: %w", eventstore.ErrRefused)
	}
	n := w.start(func(c *gateway.Config) { c.Log = log })
	ada := n.v1("ada", "lobby", nil)
	ada.next("join")
	ada.leave()
	<-tried
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	n.Drain(ctx, 0)
	n.stop()
	if ctx.Err() != nil {
		t.Error("the end took until its last moment")
	}
}

// A join whose outcome is not known may be in the log, and so its session
// leaves.
func TestUnknownJoinLeaves(t *testing.T) {
	t.Parallel()
	w := setup(t)
	log := &hooked{Log: w.log}
	log.append = func(ctx context.Context, channel domain.Channel, key string, event domain.Event) (eventstore.Appended, error) {
		appended, err := w.log.Append(ctx, channel, key, event)
		if event.Type() == domain.TypeJoin && event.By() == person("ada") {
			return eventstore.Appended{}, fmt.Errorf("append: %w", eventstore.ErrUnknown)
		}
		return appended, err
	}
	n := w.start(func(c *gateway.Config) { c.Log, c.LeaveGrace = log, 50*time.Millisecond })
	watcher := n.v1("watcher", "lobby", nil)
	watcher.next("join")
	ada := n.v1("ada", "lobby", nil)
	if code := ada.closed(); code != 1012 {
		t.Errorf("close code = %d, want 1012", code)
	}
	if f := watcher.next("join"); f.Session != ada.session {
		t.Errorf("got %+v", f)
	}
	if f := watcher.next("leave"); f.Session != ada.session {
		t.Errorf("got %+v", f)
	}
}

// Once it is not known whether a message was stored, a try that is refused
// doesn't make it known.
func TestUnknownStaysUnknown(t *testing.T) {
	t.Parallel()
	w := setup(t)
	log := &hooked{Log: w.log}
	var tries atomic.Int32
	log.append = func(ctx context.Context, channel domain.Channel, key string, event domain.Event) (eventstore.Appended, error) {
		switch {
		case event.Type() != domain.TypeMessage:
			return w.log.Append(ctx, channel, key, event)
		case tries.Add(1) == 1:
			return eventstore.Appended{}, fmt.Errorf("append: %w", eventstore.ErrUnknown)
		default:
			return eventstore.Appended{}, fmt.Errorf("append: %w", eventstore.ErrRefused)
		}
	}
	n := w.start(func(c *gateway.Config) { c.Log = log })
	plain := n.plain("ada", "lobby", nil)
	plain.next("join")
	plain.command("hello")
	if f := plain.next("error"); f.Code != "unknown" {
		t.Errorf("plain: got %+v, want unknown", f)
	}
	tries.Store(0)
	v1 := n.v1("bob", "lobby", nil)
	id := uuid.Must(uuid.NewV7()).String()
	if f := v1.send(id, "hello", ""); f.Code != "unknown" {
		t.Errorf("v1: got %+v, want unknown", f)
	}
	if f := v1.send(id, "hello", `,"retry":true`); f.Code != "unknown" {
		t.Errorf("v1, again: got %+v, want unknown", f)
	}
	if f := v1.send("another", "hello", ""); f.Code != "unavailable" {
		t.Errorf("v1, another: got %+v, want unavailable", f)
	}
}

// A repetition is looked up whatever time its id shows: clients' clocks differ.
func TestRepeatedIDOfAClockAheadIsLookedUp(t *testing.T) {
	t.Parallel()
	id := uuid.Must(uuid.NewV7())
	ahead := time.Now().Add(50 * time.Second).UnixMilli()
	for i := range 6 {
		id[i] = byte(ahead >> (8 * (5 - i)))
	}
	store := &tables{seq: map[string]uint64{person("ada").ID + id.String(): 7}}
	w := setup(t)
	w.post("lobby", 20)
	n := w.start(func(c *gateway.Config) { c.Tables, c.Recent = store, 5 })
	c := n.v1("ada", "lobby", nil)
	for _, more := range []string{`,"retry":true`, ""} {
		if got := c.send(id.String(), "x", more); got.Seq != 7 {
			t.Errorf("with %q: %+v, want seq 7", more, got)
		}
	}
}

// Tokens of other services may end in the far future.
func TestTokenThatHardlyEnds(t *testing.T) {
	t.Parallel()
	n := setup(t).start()
	c := n.v1("ada", "lobby", options{"ttl": "2500000h"}) // the year 2312
	soon := n.v1("bob", "lobby", options{"ttl": "1s"})
	if code := soon.closed(); code != 4001 { // the tick has come
		t.Errorf("close code = %d, want 4001", code)
	}
	if got := c.send("x", "still here", ""); got.Type != "ack" {
		t.Errorf("got %+v, want an ack", got)
	}
}

// A socket whose token ends while its room opens gets a close frame, and
// nothing behind it.
func TestNothingComesAfterClose(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ended := make(chan struct{})
	log := &hooked{Log: w.log, lastOf: func() { <-ended }}
	n := w.start(func(c *gateway.Config) { c.Log = log })
	c := n.connect("ada", "lobby", options{"ttl": "1ms"}, []string{gateway.Subprotocol})
	c.SetCloseHandler(func(int, string) error { return nil })
	if code := c.closed(); code != 4001 {
		t.Errorf("close code = %d, want 4001", code)
	}
	close(ended)
	_ = c.UnderlyingConn().SetReadDeadline(time.Now().Add(patience))
	if rest, err := io.ReadAll(c.UnderlyingConn()); len(rest) > 0 || err != nil {
		t.Errorf("after the close frame came %q, %v", rest, err)
	}
}

// Who moves to another gateway and back within the grace period never left.
func TestMoveBackIsSilent(t *testing.T) {
	t.Parallel()
	w := setup(t)
	grace := func(c *gateway.Config) { c.LeaveGrace = 300 * time.Millisecond }
	first, second := w.start(grace), w.start(grace)
	watcher := first.plain("watcher", "lobby", nil)
	watcher.next("join")
	ada := first.v1("ada", "lobby", nil)
	watcher.next("join")
	elsewhere := second.v1("ada", "lobby", options{"session": ada.session})
	ada.until(func(f frame) bool { return f.Type == "join" && f.Session == ada.session })
	ada.next("join") // the move
	_ = elsewhere.UnderlyingConn().Close()
	again := first.v1("ada", "lobby", options{"session": ada.session})
	if f := again.next("join"); f.Session != ada.session {
		t.Errorf("got %+v, want the move back", f)
	}
	// Once somebody else has come and gone by the same grace, ada would have.
	brief := second.v1("brief", "lobby", nil)
	watcher.next("join")
	_ = brief.UnderlyingConn().Close()
	if f := watcher.next("leave"); f.From != person("brief") {
		t.Errorf("got %+v, want that only brief left", f)
	}
}
