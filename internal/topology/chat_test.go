//go:build topology

package topology_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/faustman/chitchat/domain"
)

const (
	// talkers are the clients of chitchat.v1 in each channel, listeners those who speak plainly.
	talkers   = 10
	listeners = 2
	// talkEvery is the mean time between two messages of a talker, plainEvery that of a listener.
	talkEvery  = time.Second
	plainEvery = 3 * time.Second
	// confirmers read acked messages back, and so many acks may wait for them.
	confirmers = 2
	ackBacklog = 16
)

// channels are where people chat.
var channels = []domain.Channel{"amber", "birch", "cedar", "dune"}

// chat is people who chat over a stack, and what is known of them.
type chat struct {
	t       testing.TB
	stack   *stack
	r       *recorder
	figures *figures
	people  []*client
	readers map[domain.Channel]member // asks, but never comes in

	cancel  context.CancelFunc
	group   sync.WaitGroup
	acked   chan ack
	changes int    // how many changes of presence were compared
	tabled  uint64 // up to where the tables were compared
	guests  int
}

// newChat lets people chat until the test ends.
func newChat(t testing.TB, s *stack) *chat {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := &chat{
		t: t, stack: s, r: newRecorder(followLog(t, s.log)), figures: &figures{},
		readers: make(map[domain.Channel]member), cancel: cancel, acked: make(chan ack, ackBacklog),
	}
	t.Cleanup(c.leave)
	for _, channel := range channels {
		c.readers[channel] = signIn(t, s.edge.server.URL, "reader of "+string(channel), channel)
		for i := range talkers {
			name := fmt.Sprintf("talker %d of %s", i+1, channel)
			one := &client{
				member: signIn(t, s.edge.server.URL, name, channel), r: c.r, every: talkEvery,
				feed: c.r.newFeed(name, channel, false),
			}
			if i == 0 {
				one.acked = c.acked
			}
			c.people = append(c.people, one)
			c.group.Go(func() { one.run(ctx) })
		}
		for i := range listeners {
			name := fmt.Sprintf("listener %d of %s", i+1, channel)
			one := &plainClient{
				member: signIn(t, s.edge.server.URL, name, channel), r: c.r, every: plainEvery,
				feed: c.r.newFeed(name, channel, true),
			}
			c.group.Go(func() { one.run(ctx) })
		}
	}
	for range confirmers {
		c.group.Go(func() { c.confirm(ctx) })
	}
	c.waitAll(t)
	return c
}

// confirm reads acked messages back until ctx ends.
func (c *chat) confirm(ctx context.Context) {
	for {
		select {
		case a := <-c.acked:
			readBack(ctx, c.readers[a.channel], c.r, a)
		case <-ctx.Done():
			return
		}
	}
}

// leave makes everybody leave and waits until they have.
func (c *chat) leave() {
	c.cancel()
	c.group.Wait()
}

// waitAll waits until everybody has a socket.
func (c *chat) waitAll(t testing.TB) time.Duration {
	t.Helper()
	want := len(channels) * (talkers + listeners)
	return eventually(t, healPatience, "everybody is connected", func() bool {
		n := 0
		for _, users := range c.r.connected() {
			n += len(users)
		}
		return n >= want
	})
}

// waitTalk waits until messages are acknowledged again, from now on.
func (c *chat) waitTalk(t testing.TB, messages int) time.Duration {
	t.Helper()
	begin := c.r.ackCount()
	return eventually(t, healPatience, fmt.Sprintf("%d messages are acknowledged", messages), func() bool {
		return c.r.ackCount() >= begin+messages
	})
}

// guest comes into a channel, by the edge or at a gateway. It may stay away once its socket has ended.
func (c *chat) guest(t testing.TB, base string, channel domain.Channel, stayAway bool) (one *client, leave func()) {
	t.Helper()
	c.guests++
	name := fmt.Sprintf("guest %d", c.guests)
	one = &client{member: signIn(t, c.stack.edge.server.URL, name, channel), r: c.r, feed: c.r.newFeed(name, channel, false)}
	one.base, one.stayAway = base, stayAway
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		one.run(ctx)
	}()
	leave = func() {
		cancel()
		<-done
	}
	t.Cleanup(leave)
	eventually(t, healPatience, name+" is connected", func() bool { return c.r.connected()[channel][one.user.ID] })
	return one, leave
}

// check compares everything that was recorded with the log, while people go on chatting.
func (c *chat) check(t testing.TB) {
	t.Helper()
	defer c.report(t)
	c.waitAll(t)
	c.waitTalk(t, len(channels)*talkers)
	took := c.wantPresence(t)
	t.Logf("presence was right after %v more", took.Round(time.Millisecond))

	target := c.waitTold(t)
	eventually(t, settlePatience, fmt.Sprintf("the tables have sequence %d", target), func() bool { return c.stack.applied() >= target })
	c.settle()
	if err := c.r.compareTable(t.Context(), c.stack, c.tabled, target); err != nil {
		t.Error(err)
	}
	epoch := c.stack.log.Epoch()
	for _, m := range c.readers {
		c.r.late(t, m, epoch, c.tabled, target)
	}
	c.tabled = target
	wantReset(t, c.readers[channels[0]], "0123456789ab:5")
	wantReset(t, c.readers[channels[0]], domain.Position{Epoch: epoch, Seq: target + 1_000_000}.String())
	if _, fault := c.r.truth.problems(); fault != nil {
		t.Errorf("the log can't be followed: %v", fault)
	}
}

// waitTold waits until the log has all that anybody was told, and returns the last sequence of that.
func (c *chat) waitTold(t testing.TB) uint64 {
	t.Helper()
	c.r.mu.Lock()
	target := c.r.highest
	c.r.mu.Unlock()
	eventually(t, settlePatience, fmt.Sprintf("the log has sequence %d, which somebody was told (I1, I5)", target), func() bool {
		return c.r.truth.end() >= target
	})
	return target
}

// settle compares acks, feeds and changes up to where the log is followed.
func (c *chat) settle() {
	upTo := c.r.truth.end()
	c.r.compareAcks(upTo)
	c.r.compareFeeds(upTo)
	c.changes = c.r.compareChanges(c.changes)
}

// wantPresence waits until presence is right, and returns how long that took.
func (c *chat) wantPresence(t testing.TB) time.Duration {
	t.Helper()
	problem := ""
	defer func() {
		if t.Failed() {
			t.Logf("I9: presence: %s", problem)
		}
	}()
	return eventually(t, presencePatience, "presence is right (I9)", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), askTimeout)
		defer cancel()
		problem = c.r.comparePresence(ctx, c.stack, c.readers)
		return problem == ""
	})
}

// report fails the test with what was found.
func (c *chat) report(t testing.TB) {
	t.Helper()
	for _, finding := range append(c.r.takeFindings(), c.stack.faults()...) {
		t.Error(finding)
	}
}
