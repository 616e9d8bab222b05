package gateway_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi/gateway"
	"github.com/faustman/chitchat/httpapi/token"
)

// The golden files in testdata/frames are what the tests of the page read, too: so neither side can change alone.
// Those of the server's frames are bytes that came over a socket; the commands are written by hand.
var update = flag.Bool("update", false, "write the golden files of the server's frames anew")

const (
	// goldenEpoch is the log's epoch in golden files; a real one is different for each log.
	goldenEpoch = "k3v9x1q7m2b8"
	// goldenToken is the token that the commands bring.
	goldenToken = "a.fresh.token"
)

// renamed is a log with the epoch of the golden files.
type renamed struct{ *eventstore.Log }

func (renamed) Epoch() string { return goldenEpoch }

// stage is a gateway whose frames are the same in each run, and what came over its sockets.
type stage struct {
	*world
	*node
	t      *testing.T
	schema *frameSchema
	seen   seen
	golden map[string]string
}

func newStage(t *testing.T) *stage {
	w := setup(t)
	n := w.start(func(c *gateway.Config) {
		c.Log = renamed{w.log}
		c.MessageRate = 0.001 // one message each: the second is refused, however slow the machine
		c.Verify = func(raw string) (token.Claims, error) {
			if raw != goldenToken {
				return token.Claims{}, domain.Errorf(domain.CodeUnauthorized, "Unauthorized")
			}
			return token.Claims{User: person("ada"), Channel: "lobby", Expires: time.Now().Add(time.Hour)}, nil
		}
	})
	return &stage{world: w, node: n, t: t, schema: loadSchema(t), seen: seen{}, golden: map[string]string{}}
}

// enter connects in chitchat.v1 without reading.
func (s *stage) enter(user, channel string, opts options) *client {
	s.t.Helper()
	return s.connect(user, channel, opts, []string{gateway.Subprotocol})
}

// append stores events past the gateway and returns the sequence of the last one.
func (s *stage) append(channel domain.Channel, events ...domain.Event) uint64 {
	s.t.Helper()
	var last uint64
	for i, event := range events {
		key := fmt.Sprintf("%s %d %d", channel, len(s.golden), i)
		appended, err := s.log.Append(s.t.Context(), channel, key, event)
		if err != nil {
			s.t.Fatal(err)
		}
		last = appended.Seq
	}
	return last
}

// await reads up to the next frame of the type, holds all to the schema and returns that one.
func (s *stage) await(c *client, kind string) string {
	s.t.Helper()
	for {
		_ = c.SetReadDeadline(time.Now().Add(patience))
		_, payload, err := c.ReadMessage()
		if err != nil {
			s.t.Fatalf("wait for a frame of type %q: %v", kind, err)
		}
		s.schema.note(serverFrame, string(payload), s.seen)
		if decode(s.t, payload).Type == kind {
			return string(payload)
		}
	}
}

var retryAfter = regexp.MustCompile(`"retry_after_ms":[0-9]+`)

// keep awaits a frame for a golden file. How long to wait is the one thing in it that the clock decides.
func (s *stage) keep(c *client, kind, name string) {
	s.t.Helper()
	s.golden[name] = retryAfter.ReplaceAllString(s.await(c, kind), `"retry_after_ms":800`)
}

// say sends the command of a golden file.
func (s *stage) say(c *client, name string) {
	s.t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, []byte(readFrame(s.t, name))); err != nil {
		s.t.Fatal(err)
	}
}

// Every kind of frame comes over a real socket, with every field that the schema names and no other.
func TestGatewaySendsTheFramesOfTheSchema(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada := s.events()
	s.answers(ada)
	s.plainFrames()
	s.summaries()
	s.schema.wantAll(serverFrame, s.seen)
	for name, got := range s.golden {
		if *update {
			writeFrame(t, name, got)
		}
		if diff := cmp.Diff(readFrame(t, name), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, name := range frameFiles(t) {
		if _, sent := s.golden[name]; !sent && !strings.HasPrefix(name, "command-") {
			t.Errorf("%s is a golden file that no frame is compared with", name)
		}
	}
}

// events shows hello, reset and the log's events, and returns ada's socket.
func (s *stage) events() *client {
	john, err := domain.NewUser("John Snow", "john.snow@gmail.com")
	if err != nil {
		s.t.Fatal(err)
	}
	known := domain.Header{From: john, SentAt: time.Date(2026, 1, 1, 12, 0, 0, 123456789, time.UTC)}
	foreign := domain.Header{From: domain.User{ID: "u-7", Name: "Ygritte ❄"}, SentAt: time.Date(2026, 1, 1, 12, 0, 1, 0, time.UTC)}
	message := func(id, text string) domain.Event { return &domain.MessagePosted{Header: known, ID: id, Text: text} }

	first := s.append("lobby", message("m-1", "hey"))
	name := "AAECAwQFBgcI"
	session := name + "." + gateway.SessionProof([]byte("a session key for tests"), name, token.Claims{User: person("ada"), Channel: "lobby"})
	ada := s.enter("ada", "lobby", options{"session": session, "after": fmt.Sprintf("%s:%d", goldenEpoch, first)})
	s.keep(ada, "hello", "hello")
	s.await(ada, "join")

	s.append("lobby",
		message("m-2", "\"hey\" \\ <b>&amp;</b>\n\ttab \x7f \u2028 é 👋🏽"),
		&domain.SessionJoined{Header: known, Session: "s-1", Term: "t-1"},
		&domain.SessionLeft{Header: known, Session: "s-1", Term: "t-1", Reason: domain.ReasonClosed},
		&domain.SessionJoined{Header: foreign, Session: "s-2"},
		&domain.SessionLeft{Header: foreign, Session: "s-2", Reason: domain.ReasonLost},
	)
	s.keep(ada, "message", "message")
	s.keep(ada, "join", "join")
	s.keep(ada, "leave", "leave")
	s.keep(ada, "join", "join-without-term")
	s.keep(ada, "leave", "leave-lost")
	return ada
}

// answers shows what commands are answered with, and typing.
func (s *stage) answers(ada *client) {
	bob := s.enter("bob", "lobby", options{"after": "elsewhere:1"})
	s.await(bob, "hello")
	s.keep(bob, "reset", "reset")
	s.await(ada, "join")

	s.say(ada, "command-send")
	s.keep(ada, "ack", "ack")
	s.say(ada, "command-send")
	s.keep(ada, "error", "error-rate-limited")
	s.say(bob, "command-send-retry")
	s.await(bob, "ack")
	s.say(ada, "command-auth")
	s.keep(ada, "ack", "ack-auth")
	s.say(ada, "command-auth-with-id")
	s.keep(ada, "ack", "ack-auth-with-id")
	s.say(bob, "command-typing")
	s.keep(ada, "typing", "typing")
	ada.command(`{"type":"send","id":"m-3","text":" "}`)
	s.keep(ada, "error", "error")
	ada.command("Hello!")
	s.keep(ada, "error", "error-without-id")
}

// plainFrames shows the frames of the plain dialect.
func (s *stage) plainFrames() {
	cy := s.connect("cy", "lobby", options{"after": "elsewhere:1"}, nil)
	s.await(cy, "reset")
	s.await(cy, "join")
	cy.command("Hello!")
	s.await(cy, "message")
	cy.command(" ")
	s.await(cy, "error")
}

// summaries shows presence in a channel of more than 200 sessions.
func (s *stage) summaries() {
	const crowd = 202
	header := domain.Header{From: person("p1"), SentAt: time.Now().UTC()}
	var joins []domain.Event
	for i := range crowd {
		joins = append(joins, &domain.SessionJoined{
			Header:  domain.Header{From: person(fmt.Sprint("p", i)), SentAt: header.SentAt},
			Session: fmt.Sprint("s-", i), Term: "t-1",
		})
	}
	last := s.append("hall", joins...)
	watcher := s.enter("watcher", "hall", options{"after": fmt.Sprintf("%s:%d", goldenEpoch, last)})
	s.keep(watcher, "presence", "presence")
	s.append("hall", &domain.SessionLeft{Header: header, Session: "s-1", Term: "t-1", Reason: domain.ReasonClosed})
	s.keep(watcher, "presence", "presence-left")
}

// Each command of the golden files is one of the schema, and the gateway reads each of its fields.
func TestGatewayReadsTheCommandsOfTheSchema(t *testing.T) {
	t.Parallel()
	schema, got := loadSchema(t), seen{}
	for _, name := range frameFiles(t) {
		if !strings.HasPrefix(name, "command-") {
			continue
		}
		frame := readFrame(t, name)
		schema.note(clientCommand, frame, got)
		command, err := gateway.DecodeCommand([]byte(frame))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(frame), &fields); err != nil {
			t.Fatal(err)
		}
		read := asJSON(t, command).(map[string]any)
		for field, want := range fields {
			if read[field] != want {
				t.Errorf("%s: %s = %v, want %v", name, field, read[field], want)
			}
		}
	}
	schema.wantAll(clientCommand, got)
}

// frameFiles returns the names of the golden files.
func frameFiles(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "frames", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(paths))
	for _, path := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(path), ".json"))
	}
	return names
}

// readFrame returns the frame of a golden file.
func readFrame(t *testing.T, name string) string {
	t.Helper()
	frame, err := os.ReadFile(filepath.Join("testdata", "frames", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(frame), "\n")
}

func writeFrame(t *testing.T, name, frame string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join("testdata", "frames", name+".json"), []byte(frame+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}
