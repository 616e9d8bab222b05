package gateway_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi/gateway"
)

func TestTwoTabsAreOneJoin(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start()
	watcher := n.plain("watcher", "lobby", nil)
	watcher.next("join")
	first := n.v1("ada", "lobby", nil)
	if f := watcher.next("join"); f.From != person("ada") {
		t.Fatalf("got %+v", f)
	}
	second := n.v1("ada", "lobby", nil)
	if first.session == second.session {
		t.Fatal("two tabs have one session")
	}
	first.until(func(f frame) bool { return f.Type == "join" && f.Session == second.session })
	first.leave()
	w.post("lobby", 1)
	if f := watcher.next("message"); f.From != person("poster") {
		t.Errorf("got %+v, want nothing of the first tab's end", f)
	}
	second.leave()
	if f := watcher.next("leave"); f.From != person("ada") || f.Reason != "closed" {
		t.Errorf("got %+v, want ada's leave", f)
	}
}

func TestReconnectWithinGraceIsSilent(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first, second := w.start(), w.start()
	watcher := first.v1("watcher", "lobby", nil)
	watcher.next("join")
	ada := first.v1("ada", "lobby", nil)
	watcher.until(func(f frame) bool { return f.Type == "join" && f.Session == ada.session })
	_ = ada.UnderlyingConn().Close() // the network broke

	again := first.v1("ada", "lobby", options{"session": ada.session})
	if again.session != ada.session {
		t.Errorf("session = %q, want %q", again.session, ada.session)
	}
	w.post("lobby", 1)
	watcher.next("message") // and no join or leave before it

	_ = again.UnderlyingConn().Close()
	elsewhere := second.v1("ada", "lobby", options{"session": ada.session})
	moved := watcher.next("join")
	if moved.Session != ada.session {
		t.Errorf("moved = %+v", moved)
	}
	plain := first.plain("plain watcher", "lobby", nil)
	plain.next("join")
	elsewhere.leave()
	if f := plain.next("leave"); f.From != person("ada") {
		t.Errorf("got %+v, want ada's leave", f)
	}
}

func TestSessionLeavesAfterGrace(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start(func(c *gateway.Config) { c.LeaveGrace = 50 * time.Millisecond })
	watcher := n.plain("watcher", "lobby", nil)
	watcher.next("join")
	ada := n.v1("ada", "lobby", nil)
	watcher.next("join")
	_ = ada.UnderlyingConn().Close()
	if f := watcher.next("leave"); f.From != person("ada") || f.Session != ada.session || f.Reason != "closed" {
		t.Errorf("got %+v, want ada's leave", f)
	}
}

func TestSessionOfSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	n := setup(t).start()
	ada := n.v1("ada", "lobby", nil)
	for name, c := range map[string]struct{ user, channel, session string }{
		"another user":    {"bob", "lobby", ada.session},
		"another channel": {"ada", "cellar", ada.session},
		"made up":         {"ada", "lobby", "AAAAAAAAAAAA.AAAAAAAAAAAA"},
		"no proof":        {"ada", "lobby", "hello"},
	} {
		_, response, err := n.dial(c.user, c.channel, options{"session": c.session}, nil, nil)
		if err == nil || response.StatusCode != http.StatusForbidden {
			t.Errorf("%s: got %v, %v; want 403", name, response, err)
		}
	}
}

// A gateway that died leaves sessions behind; the next one ends those that
// nobody took up, and only those.
func TestNextRunEndsSessionsOfTheDead(t *testing.T) {
	t.Parallel()
	w := setup(t)
	begin, err := w.log.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The dead one: its term is in the bucket, stopped so that there is no
	// need to wait until it is taken for dead.
	dead := "dead-term"
	if err := w.terms.Put(t.Context(), eventstore.Term{ID: dead, Began: begin.Seq, Stopped: true}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gone", "gone2"} {
		join := &domain.SessionJoined{Header: domain.Header{From: person(name), SentAt: time.Now()}, Session: "s-" + name, Term: dead}
		if _, err := w.log.Append(t.Context(), "lobby", "join-"+name, join); err != nil {
			t.Fatal(err)
		}
	}
	n := w.start(func(c *gateway.Config) { c.LeaveGrace = 0 })
	watcher := n.v1("watcher", "lobby", nil)
	watcher.next("join")
	for range 2 {
		f := watcher.next("leave")
		if f.Session != "s-gone" && f.Session != "s-gone2" || f.Reason != "closed" {
			t.Errorf("got %+v", f)
		}
	}
	eventually(t, "the dead term is forgotten", func() bool {
		terms, err := w.terms.List(t.Context())
		return err == nil && len(terms) == 1
	})
}

func TestSessionEndedByOthersJoinsAgain(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start()
	ada := n.v1("ada", "lobby", nil)
	ada.next("join")
	leave := &domain.SessionLeft{
		Header: domain.Header{From: person("ada"), SentAt: time.Now()}, Session: ada.session, Reason: domain.ReasonLost,
	}
	if _, err := w.log.Append(t.Context(), "lobby", "swept", leave); err != nil {
		t.Fatal(err)
	}
	ada.next("leave")
	if f := ada.next("join"); f.Session != ada.session {
		t.Errorf("got %+v, want to be back", f)
	}
}
