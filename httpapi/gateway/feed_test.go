package gateway_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi/gateway"
)

func TestMessageReachesBothDialects(t *testing.T) {
	t.Parallel()
	n := setup(t).start()
	ada := n.v1("ada", "lobby", nil)
	join := ada.next("join")
	if join.From != person("ada") || join.Session != ada.session || join.Prev != 0 || join.Seq == 0 {
		t.Errorf("own join = %+v", join)
	}
	bob := n.plain("bob", "lobby", nil)
	if f := bob.next("join"); f.From != person("bob") {
		t.Errorf("join = %+v, want bob's", f)
	}
	bobs := ada.next("join")
	if bobs.Prev != join.Seq {
		t.Errorf("prev = %d, want %d", bobs.Prev, join.Seq)
	}
	bob.command("Hello!")
	got, want := ada.next("message"), bob.next("message")
	if got.Text != "Hello!" || got.From != person("bob") || got.ID == "" || got.Prev != bobs.Seq {
		t.Errorf("message = %+v", got)
	}
	if got.Seq != want.Seq || got.ID != want.ID {
		t.Errorf("v1 got %+v, plain got %+v", got, want)
	}
	if ack := ada.send("id-1", "hi", ""); ack.Type != "ack" || ack.ID != "id-1" || ack.Seq <= got.Seq {
		t.Errorf("answer = %+v, want an ack", ack)
	}
}

// The seam: what is read before and a socket opened behind it give every event
// once, while others write.
func TestResumeIsContiguousWhileOthersWrite(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start()
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for range 2 {
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					w.post("busy", 1)
				}
			}
		})
	}
	for round := range 25 {
		position, err := w.log.Last(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c := n.v1(fmt.Sprint("reader", round), "busy", options{"after": position.String()})
		if c.hello.Position != position.String() {
			t.Fatalf("hello's position = %s, want %s", c.hello.Position, position)
		}
		last := position.Seq
		for i := range 40 {
			f := c.read()
			if i == 0 && f.Prev > position.Seq || i > 0 && f.Prev != last || f.Seq <= last {
				t.Fatalf("round %d, frame %d: seq %d, prev %d behind %d", round, i, f.Seq, f.Prev, last)
			}
			last = f.Seq
		}
		_ = c.Close()
	}
	close(stop)
	writers.Wait()
}

func TestResumeAfterThousandEvents(t *testing.T) {
	t.Parallel()
	for _, restarted := range []bool{false, true} {
		t.Run(fmt.Sprint("restarted ", restarted), func(t *testing.T) {
			w := setup(t)
			n := w.start()
			before := w.post("lobby", 1)
			w.post("elsewhere", 10)
			last := w.post("lobby", 1000)
			if restarted {
				n.stop()
				n = w.start()
			}
			for _, dialect := range []string{"v1", "plain"} {
				position := domain.Position{Epoch: w.log.Epoch(), Seq: before}
				var c *client
				if dialect == "v1" {
					c = n.v1("ada", "lobby", options{"after": position.String()})
				} else {
					c = n.plain("ada", "lobby", options{"after": position.String()})
				}
				frames := c.until(func(f frame) bool { return f.Seq >= last })
				if len(frames) != 1000 {
					t.Fatalf("%s: got %d events, want 1000", dialect, len(frames))
				}
				prev := before
				for i, f := range frames {
					if f.Prev != prev || f.Text != fmt.Sprint("text ", i) {
						t.Fatalf("%s: event %d = %+v, want prev %d", dialect, i, f, prev)
					}
					prev = f.Seq
				}
				_ = c.Close()
			}
		})
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start()
	last := w.post("lobby", 3)
	n.plain("first", "lobby", options{"after": w.log.Epoch() + ":0"}).until(func(f frame) bool { return f.Seq == last }) // it has read so far
	beyond := domain.Position{Epoch: w.log.Epoch(), Seq: last + 1000}
	for name, after := range map[string]string{
		"another epoch": "0123456789ab:2",
		"beyond":        beyond.String(),
		"malformed":     "yesterday",
		"empty":         "",
		"a sequence":    "2",
		"negative":      w.log.Epoch() + ":-1",
	} {
		t.Run(name, func(t *testing.T) {
			plain := n.plain("ada", "lobby", options{"after": after})
			if f := plain.next("reset"); f.Position == "" {
				t.Errorf("reset = %+v, want a position", f)
			}
			v1 := n.v1("ada", "lobby", options{"after": after})
			reset := v1.next("reset")
			position, err := domain.ParsePosition(reset.Position)
			if err != nil || position.Epoch != w.log.Epoch() || position.Seq < last || reset.Position != v1.hello.Position {
				t.Errorf("reset = %+v, hello = %+v", reset, v1.hello)
			}
			v1.command(`{"type":"send","id":"x-%s","text":"after reset"}`, position)
			frames := v1.until(ofType("message"))
			if first := frames[0]; first.Type != "ack" && first.Prev > position.Seq {
				t.Errorf("first event after reset = %+v, want a prev at or before %d", first, position.Seq)
			}
		})
	}
}

func TestPositionBetweenEventsOfOtherChannels(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start()
	first := w.post("lobby", 1)
	between := w.post("elsewhere", 5)
	last := w.post("lobby", 1)
	c := n.v1("ada", "lobby", options{"after": domain.Position{Epoch: w.log.Epoch(), Seq: between}.String()})
	if f := c.next("message"); f.Seq != last || f.Prev != first {
		t.Errorf("got seq %d, prev %d; want %d and %d", f.Seq, f.Prev, last, first)
	}
}

func TestEntryThatIsNoEventIsNotDelivered(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start()
	c := n.v1("ada", "lobby", nil)
	join := c.next("join")
	publish(t, w, "chitchat.lobby", "this is not JSON")
	publish(t, w, "chitchat.lobby", `{"type":"poke","v":1}`)
	publish(t, w, "chitchat.Not-A-Channel", `{}`)
	w.post("lobby", 1)
	if f := c.next("message"); f.Prev != join.Seq {
		t.Errorf("prev = %d, want %d: what is no event has no place in the chain", f.Prev, join.Seq)
	}
}

// A message that another program stored a second time is not delivered again.
func TestRepeatedMessageIsDeliveredOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start()
	c := n.v1("ada", "lobby", nil)
	c.next("join")
	event := `{"type":"message","v":1,"id":"twice","from_user":{"id":"u","name":"Uma"},"sent_at":"2026-01-01T00:00:00Z","text":"once"}`
	publish(t, w, "chitchat.lobby", event)
	publish(t, w, "chitchat.lobby", event)
	w.post("lobby", 1)
	frames := c.until(func(f frame) bool { return f.From == person("poster") })
	if len(frames) != 2 || frames[1].Prev != frames[0].Seq {
		t.Errorf("got %+v, want the message once and a chain without the second", frames)
	}
}

func TestBigChannelIsToldInSummaries(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start()
	watcher := n.v1("watcher", "big", nil)
	const people = 260
	var clients []*client
	for i := range people {
		clients = append(clients, n.plain(fmt.Sprint("p", i), "big", nil))
	}
	last := watcher.hello
	var summaries []frame
	users := map[string]bool{}
	for len(users) < people+1 {
		f := watcher.read()
		if f.Prev > last.Seq && last.Type != "hello" || f.Seq < last.Seq {
			t.Fatalf("%+v does not follow %+v", f, last)
		}
		last = f
		switch f.Type {
		case "join":
			users[f.From.ID] = true
		case "presence":
			summaries = append(summaries, f)
			for _, user := range f.Joined {
				users[user.ID] = true
			}
		}
	}
	if len(summaries) == 0 || len(summaries) > 30 {
		t.Errorf("got %d summaries for 60 joins", len(summaries))
	}
	if got := last.Users; got != people+1 {
		t.Errorf("the last summary counts %d users, want %d", got, people+1)
	}
	clients[0].leave()
	message := w.post("big", 1)
	frames := watcher.until(func(f frame) bool { return f.Type == "presence" && len(f.Left) > 0 })
	if !slices.ContainsFunc(frames, func(f frame) bool { return f.Seq == message }) {
		frames = append(frames, watcher.until(ofType("message"))...)
	}
	for _, f := range frames {
		if f.Prev != last.Seq {
			t.Errorf("%+v does not follow %+v", f, last)
		}
		last = f
	}
}

// Many who come into a closed room in the same moment find one room.
func TestRoomOpensOnceForManyAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start()
	w.post("rush", 3)
	var rush sync.WaitGroup
	for i := range 20 {
		rush.Go(func() {
			ws, _, err := n.dial(fmt.Sprint("p", i), "rush", options{"after": w.log.Epoch() + ":0"}, nil, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer ws.Close()
			c := &client{Conn: ws, t: t}
			for range 3 {
				if f := c.read(); f.Type != "message" {
					t.Errorf("got %+v, want the messages from before", f)
				}
			}
		})
	}
	rush.Wait()
}

// A position that is older than what the process remembers is resumed from the
// log in chitchat.v1, and is a reset in plain, where what is shown depends on
// who was there before.
func TestResumeBeyondMemory(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start(func(c *gateway.Config) { c.Recent = 10 })
	before := w.post("lobby", 1)
	for range 20 {
		w.post("lobby", 3)
		w.post("elsewhere", 2)
	}
	after := options{"after": domain.Position{Epoch: w.log.Epoch(), Seq: before}.String()}
	c := n.v1("ada", "lobby", after)
	prev := before
	for i := range 60 {
		f := c.next("message")
		if f.Prev != prev {
			t.Fatalf("event %d: prev %d, want %d", i, f.Prev, prev)
		}
		prev = f.Seq
	}
	if f := c.next("join"); f.Prev != prev || f.Session != c.session {
		t.Errorf("got %+v behind %d, want ada's join", f, prev)
	}
	n.plain("bob", "lobby", after).next("reset")
}
