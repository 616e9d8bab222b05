package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi"
	"github.com/faustman/chitchat/httpapi/gateway"
	"github.com/faustman/chitchat/httpapi/token"
	"github.com/faustman/chitchat/internal/natstest"
)

// patience bounds every wait of a test for a condition.
const patience = 20 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a log and the gateways that serve it.
type world struct {
	t     testing.TB
	nc    *nats.Conn
	log   *eventstore.Log
	terms *eventstore.Terms
}

func setup(t testing.TB) *world {
	t.Helper()
	nc := natstest.Conn(t)
	log, err := eventstore.Open(t.Context(), nc, eventstore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	terms, err := log.Terms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, nc: nc, log: log, terms: terms}
}

// publish stores bytes in the log past all rules, as any program may.
func publish(t testing.TB, w *world, subject, payload string) {
	t.Helper()
	if err := w.nc.Publish(subject, []byte(payload)); err != nil {
		t.Fatal(err)
	}
}

// post appends n messages of the user "poster" to the channel, past any
// gateway, and returns the last sequence.
func (w *world) post(channel domain.Channel, n int) uint64 {
	w.t.Helper()
	var seq uint64
	for i := range n {
		id := fmt.Sprintf("post-%d-%d", time.Now().UnixNano(), i)
		event, err := domain.PostMessage{From: person("poster"), ID: id, Text: fmt.Sprint("text ", i)}.Event(time.Now())
		if err != nil {
			w.t.Fatal(err)
		}
		appended, err := w.log.Append(w.t.Context(), channel, id, event)
		if err != nil {
			w.t.Fatal(err)
		}
		seq = appended.Seq
	}
	return seq
}

// node is a running gateway behind an HTTP server.
type node struct {
	*gateway.Gateway
	t      testing.TB
	server *httptest.Server
	stop   func()
}

// start runs a gateway; configure may change its configuration.
func (w *world) start(configure ...func(*gateway.Config)) *node {
	w.t.Helper()
	config := gateway.Config{
		Log:        w.log,
		Terms:      w.terms,
		SessionKey: []byte("a session key for tests"),
		LeaveGrace: 10 * time.Second,
		Verify: func(raw string) (token.Claims, error) {
			values, err := url.ParseQuery(raw)
			if err != nil {
				return token.Claims{}, err
			}
			return claims(values)
		},
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range configure {
		f(&config)
	}
	g, err := gateway.New(config)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	n := &node{Gateway: g, t: w.t}
	n.server = httptest.NewServer(http.HandlerFunc(n.handle))
	stopped := false
	n.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("Run = %v", err)
		}
		n.server.Close()
	}
	w.t.Cleanup(n.stop)
	eventually(w.t, "the gateway is ready", func() bool { return len(g.Ready()) == 0 })
	return n
}

// handle serves the websocket for the user and channel of the query.
func (n *node) handle(w http.ResponseWriter, r *http.Request) {
	c, err := claims(r.URL.Query())
	if err == nil {
		err = n.Upgrade(w, r, c)
	}
	if err != nil {
		refusal := err.(*domain.Error) //nolint:errorlint // a test's own handler
		http.Error(w, refusal.Error(), httpapi.AnswerTo(refusal.Code).Status)
	}
}

func claims(query url.Values) (token.Claims, error) {
	expires := time.Now().Add(time.Hour)
	if query.Has("ttl") {
		ttl, err := time.ParseDuration(query.Get("ttl"))
		if err != nil {
			return token.Claims{}, domain.Errorf(domain.CodeUnauthorized, "Unauthorized")
		}
		expires = time.Now().Add(ttl)
	}
	if query.Get("user") == "" {
		return token.Claims{}, domain.Errorf(domain.CodeUnauthorized, "Unauthorized")
	}
	return token.Claims{User: person(query.Get("user")), Channel: domain.Channel(query.Get("channel")), Expires: expires}, nil
}

func person(name string) domain.User {
	user, err := domain.NewUser(name, "")
	if err != nil {
		panic(err)
	}
	return user
}

// frame is any frame from the server.
type frame struct {
	Type     string        `json:"type"`
	Seq      uint64        `json:"seq"`
	Prev     uint64        `json:"prev"`
	ID       string        `json:"id"`
	From     domain.User   `json:"from_user"`
	Text     string        `json:"text"`
	Session  string        `json:"session"`
	Reason   string        `json:"reason"`
	Code     string        `json:"code"`
	Message  string        `json:"message"`
	RetryMS  int           `json:"retry_after_ms"`
	Position string        `json:"position"`
	PingMS   int           `json:"ping_ms"`
	Joined   []domain.User `json:"joined"`
	Left     []domain.User `json:"left"`
	Users    int           `json:"users"`
}

// client is a socket of a test.
type client struct {
	*websocket.Conn
	t       testing.TB
	hello   frame
	session string
}

// options of a connection: query parameters besides user and channel.
type options map[string]string

// plain connects in the plain dialect.
func (n *node) plain(user, channel string, opts options) *client {
	n.t.Helper()
	return n.connect(user, channel, opts, nil)
}

// v1 connects in chitchat.v1 and reads hello.
func (n *node) v1(user, channel string, opts options) *client {
	n.t.Helper()
	c := n.connect(user, channel, opts, []string{gateway.Subprotocol})
	c.hello = c.next("hello")
	c.session = c.hello.Session
	return c
}

func (n *node) connect(user, channel string, opts options, protocols []string) *client {
	n.t.Helper()
	ws, response, err := n.dial(user, channel, opts, protocols, nil)
	if err != nil {
		n.t.Fatalf("connect: %v %v", err, response)
	}
	c := &client{Conn: ws, t: n.t}
	n.t.Cleanup(func() { _ = ws.Close() })
	return c
}

func (n *node) dial(user, channel string, opts options, protocols []string, header http.Header) (*websocket.Conn, *http.Response, error) {
	query := url.Values{"user": {user}, "channel": {channel}}
	for key, value := range opts {
		query.Set(key, value)
	}
	dialer := websocket.Dialer{Subprotocols: protocols, HandshakeTimeout: patience}
	ws, response, err := dialer.Dial("ws"+strings.TrimPrefix(n.server.URL, "http")+"/channel?"+query.Encode(), header)
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	return ws, response, err
}

// read returns the next frame.
func (c *client) read() frame {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	kind, payload, err := c.ReadMessage()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	if kind != websocket.TextMessage {
		c.t.Fatalf("got a frame of kind %d, want text", kind)
	}
	var f frame
	if err := json.Unmarshal(payload, &f); err != nil {
		c.t.Fatalf("frame %s: %v", payload, err)
	}
	return f
}

// next returns the next frame and fails unless it is of the type.
func (c *client) next(kind string) frame {
	c.t.Helper()
	f := c.read()
	if f.Type != kind {
		c.t.Fatalf("got %+v, want a frame of type %q", f, kind)
	}
	return f
}

// until reads up to and with the first frame for which ok holds.
func (c *client) until(ok func(frame) bool) []frame {
	c.t.Helper()
	var frames []frame
	for {
		f := c.read()
		frames = append(frames, f)
		if ok(f) {
			return frames
		}
	}
}

func ofType(kind string) func(frame) bool {
	return func(f frame) bool { return f.Type == kind }
}

func (c *client) command(format string, args ...any) {
	c.t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, format, args...)); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// send sends a message in chitchat.v1 and returns its answer; other frames
// that come before it are dropped.
func (c *client) send(id, text string, more string) frame {
	c.t.Helper()
	c.command(`{"type":"send","id":%q,"text":%q%s}`, id, text, more)
	frames := c.until(func(f frame) bool { return f.Type == "ack" || f.Type == "error" })
	return frames[len(frames)-1]
}

// closed reads until the server closes and returns the code.
func (c *client) closed() int {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	for {
		_, _, err := c.ReadMessage()
		if err == nil {
			continue
		}
		closeError, ok := err.(*websocket.CloseError) //nolint:errorlint // gorilla returns it bare
		if !ok {
			c.t.Fatalf("the connection ended without a close frame: %v", err)
		}
		return closeError.Code
	}
}

// leave closes with 1000 and waits for the end.
func (c *client) leave() {
	c.t.Helper()
	message := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := c.WriteControl(websocket.CloseMessage, message, time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	if code := c.closed(); code != websocket.CloseNormalClosure {
		c.t.Fatalf("close code = %d, want 1000", code)
	}
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
		time.Sleep(2 * time.Millisecond) // between two looks at the condition
	}
}

func decode(t testing.TB, payload []byte) frame {
	t.Helper()
	var f frame
	if err := json.Unmarshal(payload, &f); err != nil {
		t.Fatalf("frame %s: %v", payload, err)
	}
	return f
}
