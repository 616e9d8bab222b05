package gateway_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi/gateway"
)

func TestCloseCodes(t *testing.T) {
	t.Parallel()
	n := setup(t).start()
	for _, test := range []struct {
		name  string
		plain bool
		do    func(c *client)
		want  int
	}{
		{"binary", false, func(c *client) { c.write(websocket.BinaryMessage, "x") }, 1003},
		{"binary in plain", true, func(c *client) { c.write(websocket.BinaryMessage, "x") }, 1003},
		{"not UTF-8", false, func(c *client) { c.write(websocket.TextMessage, "\xff") }, 1007},
		{"not UTF-8 in plain", true, func(c *client) { c.write(websocket.TextMessage, "a\xc3") }, 1007},
		{"too long", false, func(c *client) { c.write(websocket.TextMessage, strings.Repeat("x", 60_000)) }, 1009},
		{"too long in plain", true, func(c *client) { c.write(websocket.TextMessage, strings.Repeat("x", 16_001)) }, 1009},
		{"ping flood", false, func(c *client) {
			for range 100 {
				_ = c.WriteControl(websocket.PingMessage, nil, time.Now().Add(patience))
			}
		}, 1008},
		{"command flood", false, func(c *client) {
			for range 300 {
				c.write(websocket.TextMessage, `{"type":"typing"}`)
			}
		}, 4029},
		{"flood of what is refused", true, func(c *client) {
			for range 300 {
				c.write(websocket.TextMessage, " ")
			}
		}, 4029},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c *client
			if test.plain {
				c = n.plain("ada", "lobby", nil)
			} else {
				c = n.v1("ada", "lobby", nil)
			}
			c.t = t
			test.do(c)
			if code := c.closed(); code != test.want {
				t.Errorf("close code = %d, want %d", code, test.want)
			}
		})
	}
}

// write writes a frame; the server may have closed already.
func (c *client) write(kind int, payload string) { _ = c.WriteMessage(kind, []byte(payload)) }

func TestPingIsAnswered(t *testing.T) {
	t.Parallel()
	n := setup(t).start()
	c := n.v1("ada", "lobby", nil)
	pong := make(chan string, 1)
	c.SetPongHandler(func(data string) error {
		pong <- data
		return nil
	})
	if err := c.WriteControl(websocket.PingMessage, []byte("are you there?"), time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	c.next("join")
	c.command(`{"type":"auth","token":""}`)
	c.next("error") // reading is what handles the pong
	if got := <-pong; got != "are you there?" {
		t.Errorf("pong = %q", got)
	}
}

// A client that stops reading is closed, and costs the others nothing: they
// get every event meanwhile.
func TestSlowClientIsClosed(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start()
	slow := n.v1("slow", "lobby", nil)
	slow.next("join")
	if tcp, ok := slow.UnderlyingConn().(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(256 << 10) // so that the kernel takes no more than the test sends
	}
	fast := n.v1("fast", "lobby", nil)
	fast.until(func(f frame) bool { return f.Type == "join" && f.Session == fast.session })
	// More than the kernel buffers on both sides and what a room keeps.
	const writers, each = 8, 250
	text := strings.Repeat("x", 4000)
	var posted sync.WaitGroup
	for writer := range writers {
		posted.Go(func() {
			for i := range each {
				id := fmt.Sprint("big-", writer, "-", i)
				event, err := domain.PostMessage{From: person("poster"), ID: id, Text: text}.Event(time.Now())
				if err == nil {
					_, err = w.log.Append(t.Context(), "lobby", id, event)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range writers * each {
		fast.next("message")
	}
	posted.Wait()
	var last frame
	for { // what was on the way still comes, in order
		_ = slow.SetReadDeadline(time.Now().Add(patience))
		_, payload, err := slow.ReadMessage()
		if err != nil {
			if !websocket.IsCloseError(err, 4008) {
				t.Errorf("slow ended with %v after seq %d, want close code 4008", err, last.Seq)
			}
			break
		}
		f := decode(t, payload)
		if last.Seq != 0 && f.Prev != last.Seq {
			t.Fatalf("%+v does not follow seq %d", f, last.Seq)
		}
		last = f
	}
	again := n.v1("slow", "lobby", options{"after": domain.Position{Epoch: w.log.Epoch(), Seq: last.Seq}.String()})
	first := again.read()
	if first.Type == "message" && first.Prev != last.Seq {
		t.Errorf("resumed with %+v behind seq %d", first, last.Seq)
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	w := setup(t)
	byHost := w.start()
	byList := w.start(func(c *gateway.Config) { c.AllowedOrigins = []string{"https://chat.example.com"} })
	for _, test := range []struct {
		name   string
		node   *node
		origin string
		want   bool
	}{
		{"none", byHost, "", true},
		{"own", byHost, byHost.server.URL, true},
		{"foreign", byHost, "https://evil.example.com", false},
		{"null", byHost, "null", false},
		{"on the list", byList, "https://chat.example.com", true},
		{"own, not on the list", byList, byList.server.URL, false},
		{"looks like it", byList, "https://chat.example.com.evil.example", false},
		{"other scheme", byList, "http://chat.example.com", false},
	} {
		header := http.Header{}
		if test.origin != "" {
			header.Set("Origin", test.origin)
		}
		ws, response, err := test.node.dial("ada", "lobby", nil, nil, header)
		if ws != nil {
			_ = ws.Close()
		}
		if test.want != (err == nil) || !test.want && response.StatusCode != http.StatusForbidden {
			t.Errorf("%s: got %v, want allowed %v", test.name, err, test.want)
		}
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.start()
	var clients []*client
	for i := range 20 {
		clients = append(clients, n.v1(fmt.Sprint("p", i), "lobby", nil))
	}
	eventually(t, "all are there", func() bool { return n.Sockets() == 20 })
	for i, c := range clients {
		c.command(`{"type":"send","id":"last-%d","text":"one more thing"}`, i)
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		n.Drain(ctx, 50*time.Millisecond)
	}()
	acked := 0
	for i, c := range clients {
		code := 0
		for code == 0 {
			_ = c.SetReadDeadline(time.Now().Add(patience))
			_, payload, err := c.ReadMessage()
			if closed, ok := err.(*websocket.CloseError); ok { //nolint:errorlint // gorilla returns it bare
				code = closed.Code
			} else if err != nil {
				t.Fatal(err)
			} else if f := decode(t, payload); f.Type == "ack" && f.ID == fmt.Sprint("last-", i) {
				acked++
			}
		}
		if code != 1012 {
			t.Errorf("close code = %d, want 1012", code)
		}
	}
	<-drained
	if n.Sockets() != 0 {
		t.Errorf("%d sockets are left", n.Sockets())
	}
	if len(n.Ready()) == 0 {
		t.Error("a draining gateway says that it is ready")
	}
	if _, response, err := n.dial("late", "lobby", nil, nil, nil); err == nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("connect while draining: %v, want 503", err)
	}
	n.stop()
	// What was stored was acked: nobody is left in doubt.
	next := w.start()
	late := next.v1("late", "lobby", options{"after": w.log.Epoch() + ":0"})
	stored := 0
	for _, f := range late.until(func(f frame) bool { return f.Session == late.session }) {
		switch f.Type {
		case "message":
			stored++
		case "leave":
			t.Errorf("%+v: a restart within the grace period shows no leave", f)
		}
	}
	if stored != acked {
		t.Errorf("%d messages are stored, %d were acked", stored, acked)
	}
}
