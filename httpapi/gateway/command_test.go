package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi/gateway"
)

func TestSameIDIsOneMessage(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first, second := w.start(), w.start()
	c := first.v1("ada", "lobby", nil)
	seq := c.send("my-id", "hello", "").Seq
	if again := c.send("my-id", "hello", "").Seq; again != seq {
		t.Errorf("second send: seq %d, want %d", again, seq)
	}
	other := second.v1("ada", "lobby", options{"session": c.session})
	if again := other.send("my-id", "hello", `,"retry":true`).Seq; again != seq {
		t.Errorf("retry elsewhere: seq %d, want %d", again, seq)
	}
	if bobs := first.v1("bob", "lobby", nil).send("my-id", "hello", "").Seq; bobs == seq {
		t.Error("another user's message with the same id was taken for the first one's")
	}
	end, err := w.log.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	records, err := w.log.History(t.Context(), "lobby", 0, end.Seq, eventstore.Bounds{Scan: 1000, Events: 1000})
	if err != nil {
		t.Fatal(err)
	}
	messages := 0
	for _, record := range records {
		if record.Event.Type() == domain.TypeMessage {
			messages++
		}
	}
	if messages != 2 {
		t.Errorf("%d messages are in the log, want ada's and bob's", messages)
	}
}

// tables answers from a map, as the read model would.
type tables struct {
	seq    map[string]uint64
	down   atomic.Bool
	waited atomic.Uint64
}

func (s *tables) WaitApplied(_ context.Context, seq uint64) error {
	s.waited.Store(seq)
	return s.fault()
}

func (s *tables) FindMessage(_ context.Context, user, id string) (uint64, bool, error) {
	seq, found := s.seq[user+id]
	return seq, found, s.fault()
}

func (s *tables) OpenStays(context.Context) (domain.Position, []domain.Stay, error) {
	return domain.Position{}, nil, errors.New("not asked here")
}

func (s *tables) fault() error {
	if s.down.Load() {
		return errors.New("the database is gone")
	}
	return nil
}

func TestOldIDIsLookedUp(t *testing.T) {
	t.Parallel()
	old := uuid.Must(uuid.Parse("01890000-0000-7000-8000-000000000001")).String() // of 2023
	store := &tables{seq: map[string]uint64{person("ada").ID + old: 7, person("ada").ID + "plain-id": 8}}
	w := setup(t)
	end := w.post("lobby", 20)
	n := w.start(func(c *gateway.Config) { c.Tables, c.Recent = store, 5 })
	c := n.v1("ada", "lobby", nil)

	if got := c.send(old, "x", `,"retry":true`); got.Seq != 7 {
		t.Errorf("retry of an old id = %+v, want seq 7", got)
	}
	if store.waited.Load() <= end {
		t.Errorf("the tables were asked at %d, want them caught up beyond %d", store.waited.Load(), end)
	}
	if got := c.send("plain-id", "x", ""); got.Seq != 8 {
		t.Errorf("an id that does not show its age = %+v, want seq 8", got)
	}
	if got := c.send("new-id", "x", `,"retry":true`); got.Type != "ack" || got.Seq <= end {
		t.Errorf("retry of what is not in the log = %+v, want it stored", got)
	}
	store.down.Store(true)
	if got := c.send("other-id", "x", `,"retry":true`); got.Code != "unknown" || got.ID != "other-id" {
		t.Errorf("retry without tables = %+v, want unknown", got)
	}
	if got := c.send("other-id", "x", ""); got.Type != "ack" {
		t.Errorf("new message without tables = %+v, want an ack", got)
	}
	if got := c.send(uuid.Must(uuid.NewV7()).String(), "x", `,"retry":true`); got.Type != "ack" {
		t.Errorf("retry of a fresh id without tables = %+v, want an ack: the log knows it itself", got)
	}
}

// flaky is a log whose appends of messages fail in a chosen way, after or
// before they are done.
type flaky struct {
	*eventstore.Log
	fail   atomic.Pointer[error]
	before atomic.Bool
	once   atomic.Bool
}

func (f *flaky) Append(ctx context.Context, channel domain.Channel, key string, event domain.Event) (eventstore.Appended, error) {
	fault := f.fail.Load()
	if fault == nil || event.Type() != domain.TypeMessage {
		return f.Log.Append(ctx, channel, key, event)
	}
	if f.once.Load() {
		f.fail.Store(nil)
	}
	if !f.before.Load() {
		if _, err := f.Log.Append(ctx, channel, key, event); err != nil {
			return eventstore.Appended{}, err
		}
	}
	return eventstore.Appended{}, fmt.Errorf("append: %w", *fault)
}

func TestUnknownOutcomeReachesTheClient(t *testing.T) {
	t.Parallel()
	w := setup(t)
	log := &flaky{Log: w.log}
	n := w.start(func(c *gateway.Config) { c.Log = log })
	c := n.v1("ada", "lobby", nil)
	log.fail.Store(&eventstore.ErrUnknown)
	id := uuid.Must(uuid.NewV7()).String()
	if got := c.send(id, "did it arrive?", ""); got.Code != "unknown" || got.ID != id {
		t.Fatalf("answer = %+v, want unknown", got)
	}
	log.fail.Store(nil)
	retried := c.send(id, "did it arrive?", `,"retry":true`)
	if retried.Type != "ack" {
		t.Fatalf("answer = %+v, want an ack", retried)
	}
	late := n.v1("bob", "lobby", options{"after": w.log.Epoch() + ":0"})
	frames := late.until(func(f frame) bool { return f.Type == "join" && f.Session == late.session })
	count := 0
	for _, f := range frames {
		if f.ID == id {
			count++
		}
	}
	if count != 1 {
		t.Errorf("the message was delivered %d times, want once", count)
	}

	log.before.Store(true)
	log.fail.Store(&eventstore.ErrRefused)
	if got := c.send("refused", "x", ""); got.Code != "unavailable" {
		t.Errorf("answer = %+v, want unavailable", got)
	}
}

func TestPlainMessageSurvivesAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := setup(t)
	log := &flaky{Log: w.log}
	n := w.start(func(c *gateway.Config) { c.Log = log })
	c := n.plain("ada", "lobby", nil)
	c.next("join")
	log.once.Store(true)
	log.fail.Store(&eventstore.ErrUnknown)
	c.command("hello")
	if f := c.next("message"); f.Text != "hello" {
		t.Errorf("got %+v", f)
	}
	w.post("lobby", 1)
	if f := c.read(); f.Type == "message" && f.Text == "hello" {
		t.Errorf("the message came twice")
	}
}

func TestNothingIsStoredWhenTheLogRefuses(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var full atomic.Bool
	n := w.start(func(c *gateway.Config) {
		c.Refuse = func() error {
			if full.Load() {
				return errors.New("the disk is full")
			}
			return nil
		}
	})
	c := n.v1("ada", "lobby", nil)
	full.Store(true)
	if got := c.send("x", "x", ""); got.Code != "unavailable" || strings.Contains(got.Message, "disk") {
		t.Errorf("answer = %+v, want unavailable without the inner reason", got)
	}
	if reasons := n.Ready(); len(reasons) != 1 || reasons[0] != "the disk is full" {
		t.Errorf("Ready = %q", reasons)
	}
	full.Store(false)
	if got := c.send("x", "x", ""); got.Type != "ack" {
		t.Errorf("answer = %+v, want an ack", got)
	}
}

func TestCommandsThatAreRefused(t *testing.T) {
	t.Parallel()
	n := setup(t).start()
	c := n.v1("ada", "lobby", nil)
	c.next("join")
	for _, test := range []struct{ name, command, code string }{
		{"not JSON", `hello`, "invalid_command"},
		{"an array", `[1]`, "invalid_command"},
		{"unknown", `{"type":"dance","id":"1"}`, "invalid_command"},
		{"no type", `{}`, "invalid_command"},
		{"no id", `{"type":"send","text":"x"}`, "invalid_id"},
		{"id with a space", `{"type":"send","id":"a b","text":"x"}`, "invalid_id"},
		{"id too long", `{"type":"send","id":"` + strings.Repeat("x", 65) + `","text":"x"}`, "invalid_id"},
		{"no text", `{"type":"send","id":"1"}`, "invalid_text"},
		{"white space", `{"type":"send","id":"1","text":" \n\t "}`, "invalid_text"},
		{"U+0000", `{"type":"send","id":"1","text":"a\u0000b"}`, "invalid_text"},
		{"half of a surrogate pair", `{"type":"send","id":"1","text":"a\ud800b"}`, "invalid_text"},
		{"text that is a number", `{"type":"send","id":"1","text":5}`, "invalid_command"},
		{"4001 characters", `{"type":"send","id":"1","text":"` + strings.Repeat("é", 4001) + `"}`, "invalid_text"},
		{"bad token", `{"type":"auth","token":""}`, "unauthorized"},
		{"another user's token", `{"type":"auth","token":"user=bob&channel=lobby"}`, "forbidden"},
		{"another channel's token", `{"type":"auth","token":"user=ada&channel=cellar"}`, "forbidden"},
	} {
		c.command("%s", test.command)
		f := c.next("error")
		if f.Code != test.code || f.Message == "" {
			t.Errorf("%s: got %+v, want %s", test.name, f, test.code)
		}
		if strings.Contains(test.command, `"id":"1"`) && f.ID != "1" {
			t.Errorf("%s: the answer's id is %q, want 1", test.name, f.ID)
		}
	}
	for _, text := range []string{"x", strings.Repeat("é", 4000), strings.Repeat("😀", 4000)} {
		if got := c.send(uuid.NewString(), text, ""); got.Type != "ack" {
			t.Errorf("a text of %d bytes: %+v, want an ack", len(text), got)
		}
	}
	if got := c.send("meant", "a real \ufffd", ""); got.Type != "ack" {
		t.Errorf("U+FFFD itself: %+v, want an ack", got)
	}
	escaped := strings.Repeat(`\ud83d\ude00`, 4000)
	c.command(`{"type":"send","id":"escaped","text":"%s"}`, escaped)
	c.until(func(f frame) bool { return f.Type == "ack" && f.ID == "escaped" })
}

func TestPlainRefusals(t *testing.T) {
	t.Parallel()
	n := setup(t).start()
	c := n.plain("ada", "lobby", nil)
	c.next("join")
	c.command(" ")
	if f := c.next("error"); f.Code != "invalid_text" {
		t.Errorf("got %+v", f)
	}
	c.command("a\x00b")
	if f := c.next("error"); f.Code != "invalid_text" {
		t.Errorf("got %+v", f)
	}
	longest := strings.Repeat("😀", 4000)
	c.command("%s", longest)
	if f := c.next("message"); f.Text != longest {
		t.Errorf("the longest text came back with %d bytes", len(f.Text))
	}
}

func TestTyping(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first, second := w.start(), w.start()
	ada, bob, plain := first.v1("ada", "lobby", nil), second.v1("bob", "lobby", nil), first.plain("cy", "lobby", nil)
	plain.next("join")
	ada.command(`{"type":"typing"}`)
	frames := bob.until(ofType("typing"))
	if got := frames[len(frames)-1].From; got != person("ada") {
		t.Errorf("typing = %+v, want ada", got)
	}
	w.post("lobby", 1)
	for _, f := range ada.until(ofType("message")) {
		if f.Type == "typing" {
			t.Error("ada is told of her own typing")
		}
	}
	for _, f := range plain.until(ofType("message")) {
		if f.Type == "typing" {
			t.Error("typing is shown in plain")
		}
	}
}

func TestFreshTokenKeepsTheSocket(t *testing.T) {
	t.Parallel()
	n := setup(t).start()
	c := n.v1("ada", "lobby", options{"ttl": "2s"})
	c.command(`{"type":"auth","token":"user=ada&channel=lobby&ttl=1h"}`)
	c.until(ofType("ack"))
	doomed := n.v1("bob", "lobby", options{"ttl": "2s"})
	if code := doomed.closed(); code != 4001 {
		t.Errorf("close code = %d, want 4001", code)
	}
	if got := c.send("after", "still here", ""); got.Type != "ack" {
		t.Errorf("got %+v", got)
	}
}

func TestMessageRate(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start(func(c *gateway.Config) { c.MessageRate = 0.5 })
	c := n.v1("ada", "lobby", nil)
	if got := c.send("ok", "x", ""); got.Type != "ack" { // the burst
		t.Errorf("first message: %+v, want an ack", got)
	}
	got := c.send("over", "x", "")
	if got.Code != "rate_limited" || got.RetryMS < 1 || got.RetryMS > 2000 || got.ID != "over" {
		t.Errorf("got %+v, want rate_limited", got)
	}
	// The limit is the user's, not the socket's, nor can it be shaken off.
	_ = c.Close()
	if got := n.v1("ada", "cellar", nil).send("over2", "x", ""); got.Code != "rate_limited" {
		t.Errorf("on another socket: %+v, want rate_limited", got)
	}
	if got := n.v1("bob", "lobby", nil).send("bobs", "x", ""); got.Type != "ack" {
		t.Errorf("somebody else: %+v, want an ack", got)
	}
	eventually(t, "ada may send again", func() bool {
		return n.v1("ada", "lobby", nil).send(uuid.NewString(), "x", "").Type == "ack"
	})
}

func TestNoMessageRate(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.start(func(c *gateway.Config) { c.MessageRate = 0 }).v1("ada", "lobby", nil)
	began := time.Now()
	for i := range 200 {
		if got := c.send(fmt.Sprint("m", i), "x", ""); got.Type != "ack" {
			t.Fatalf("message %d after %v: %+v", i, time.Since(began), got)
		}
	}
}

// The usual rate: 20 a second, with a burst of 40.
func TestUsualMessageRate(t *testing.T) {
	t.Parallel()
	c := setup(t).start(func(c *gateway.Config) { c.MessageRate = 20 }).v1("ada", "lobby", nil)
	began, acked := time.Now(), 0
	for range 80 {
		switch got := c.send(uuid.Must(uuid.NewV7()).String(), "x", ""); got.Type {
		case "ack":
			acked++
		case "error":
			if got.Code != "rate_limited" || got.RetryMS < 1 || got.RetryMS > 50 {
				t.Fatalf("got %+v, want rate_limited with a wait of up to 50 ms", got)
			}
		}
	}
	if most := 40 + int(20*time.Since(began).Seconds()) + 1; acked < 40 || acked > most {
		t.Errorf("%d of 80 were taken, want 40 to %d", acked, most)
	}
}
