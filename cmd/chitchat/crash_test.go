package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/faustman/chitchat/internal/pgtest"
)

// writer sends messages one after the other, each until it is acked, across
// crashes of the server, and keeps what was acked.
type writer struct {
	name  string
	pause time.Duration // after each
	acked []frame
}

func (w *writer) run(p func() *process, token string, stop <-chan struct{}) {
	var ws *websocket.Conn
	defer func() {
		if ws != nil {
			_ = ws.Close()
		}
	}()
	for i := 0; ; i++ {
		time.Sleep(w.pause) // one that writes without a pause leaves no core to what is tested
		id, text, retry := uuid.Must(uuid.NewV7()).String(), fmt.Sprintf("%s %d", w.name, i), false
		for {
			select {
			case <-stop:
				return
			default:
			}
			var err error
			if ws == nil {
				if ws, err = p().connect(token); err != nil {
					ws = nil
					time.Sleep(20 * time.Millisecond) // a client's back-off, in small
					continue
				}
			}
			answer, err := send(ws, id, text, retry)
			if err == nil && answer.Type == "ack" {
				w.acked = append(w.acked, frame{Seq: answer.Seq, ID: id, Text: text})
				break
			}
			if err != nil {
				_ = ws.Close()
				ws = nil
			}
			retry = true
		}
	}
}

// Ten times kill -9 under load: every acked message is there once, in the same
// order for who reads SQL and who reads the log, and each writer's own order
// holds.
func TestKillUnderLoad(t *testing.T) {
	t.Parallel()
	const kills = 10
	data, address := seededDir(t), freeAddress(t)
	var mu sync.Mutex
	current := serve(t, data, address, "CHITCHAT_MESSAGE_RATE=0", "CHITCHAT_LEAVE_GRACE=1s")
	process := func() *process {
		mu.Lock()
		defer mu.Unlock()
		return current
	}
	stop := make(chan struct{})
	var group sync.WaitGroup
	writers := make([]*writer, 4)
	for i := range writers {
		writers[i] = &writer{name: fmt.Sprint("writer", i)}
		token := current.signIn(writers[i].name, "lobby")
		group.Go(func() { writers[i].run(process, token, stop) })
	}
	token := current.signIn("reader", "lobby")
	for range kills {
		waitForMessages(t, process(), token, 20)
		process().kill()
		next := serve(t, data, address, "CHITCHAT_MESSAGE_RATE=0", "CHITCHAT_LEAVE_GRACE=1s")
		mu.Lock()
		current = next
		mu.Unlock()
	}
	waitForMessages(t, process(), token, 20)
	close(stop)
	group.Wait()

	last := uint64(0)
	for _, w := range writers {
		if n := len(w.acked); n > 0 {
			last = max(last, w.acked[n-1].Seq)
		}
	}
	stored := process().history(token, last)
	wantAcked(t, writers, stored)
	wantSame(t, stored, replay(t, process(), token, len(stored)))
	eventually(t, "the sessions of the killed are gone", func() bool {
		out, _, code := chitchat(t, "sql", "--data", data, "--format", "csv", "SELECT count(*) FROM chat.sessions WHERE left_at IS NULL")
		return code == 0 && strings.TrimSpace(out) == "count\n0"
	})
	lost, _, _ := chitchat(t, "sql", "--data", data, "--format", "csv", "SELECT count(*) > 0 AS lost FROM chat.sessions WHERE reason = 'lost'")
	if strings.TrimSpace(lost) != "lost\nt" {
		t.Errorf("no session is said to be lost: %q", lost)
	}
}

// wantAcked wants every acked message stored once, at its sequence, and each
// writer's in the order in which they were sent.
func wantAcked(t *testing.T, writers []*writer, stored []frame) {
	t.Helper()
	bySeq, byID := map[uint64]frame{}, map[string]int{}
	for _, m := range stored {
		bySeq[m.Seq] = m
		byID[m.ID]++
	}
	acked := 0
	for _, w := range writers {
		previous := uint64(0)
		for _, m := range w.acked {
			acked++
			if got := bySeq[m.Seq]; got.ID != m.ID || got.Text != m.Text {
				t.Errorf("acked %+v, stored there is %+v", m, got)
			}
			if byID[m.ID] != 1 {
				t.Errorf("acked %+v is stored %d times", m, byID[m.ID])
			}
			if m.Seq <= previous {
				t.Errorf("%s: seq %d after %d", w.name, m.Seq, previous)
			}
			previous = m.Seq
		}
	}
	t.Logf("%d acked, %d stored", acked, len(stored))
}

// wantSame wants the same messages in the same order.
func wantSame(t *testing.T, got, want []frame) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d messages, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Seq != want[i].Seq || got[i].ID != want[i].ID {
			t.Errorf("message %d = %+v, want %+v", i, got[i], want[i])
		}
	}
}

// waitForMessages waits until n more messages are stored than are now.
func waitForMessages(t *testing.T, p *process, token string, n int) {
	t.Helper()
	var page struct{ Messages []frame }
	read := func(query string) []frame {
		t.Helper()
		status, body := get(p, "/messages?"+query, token)
		if err := json.Unmarshal(body, &page); status != http.StatusOK || err != nil {
			t.Fatalf("GET /messages?%s: %d %s, %v", query, status, body, err)
		}
		return page.Messages
	}
	begin := uint64(0)
	for _, newest := range read("limit=1") {
		begin = newest.Seq
	}
	eventually(t, "writers write", func() bool { return len(read(fmt.Sprintf("limit=%d&after=%d", n, begin))) == n })
}

// replay reads n messages of the channel from the beginning of the log.
func replay(t *testing.T, p *process, token string, n int) []frame {
	t.Helper()
	_, body := get(p, "/messages?limit=1", token)
	epoch, _, _ := strings.Cut(strings.SplitN(string(body), `"position":"`, 2)[1], ":")
	ws, err := p.connect(token, "after="+epoch+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	var messages []frame
	for len(messages) < n {
		var f frame
		_ = ws.SetReadDeadline(time.Now().Add(patience))
		if err := ws.ReadJSON(&f); err != nil {
			t.Fatalf("after %d of %d messages: %v", len(messages), n, err)
		}
		if f.Type == "message" {
			messages = append(messages, f)
		}
	}
	return messages
}

// Postgres is gone for a while: people go on chatting, history says that it is
// not to be had, and afterwards every row is there, once.
func TestPostgresGoneForAWhile(t *testing.T) {
	t.Parallel()
	postgres := pgtest.NewServer(t)
	p := serve(t, dataDir(t), freeAddress(t), "DATABASE_URL="+postgres.URL())
	token := p.signIn("ada", "lobby")
	ws, err := p.connect(token)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	var sent []frame
	say := func() {
		t.Helper()
		id := uuid.Must(uuid.NewV7()).String()
		answer, err := send(ws, id, "text "+id, false)
		if err != nil || answer.Type != "ack" {
			t.Fatalf("send: %+v, %v", answer, err)
		}
		sent = append(sent, frame{Seq: answer.Seq, ID: id})
	}
	say()
	postgres.Stop()
	for range 20 {
		say()
	}
	status, body := get(p, "/messages", token)
	if status != http.StatusServiceUnavailable || !strings.Contains(string(body), `"code":"unavailable"`) {
		t.Errorf("GET /messages without Postgres = %d %s, want 503", status, body)
	}
	eventually(t, "the server says that it is not ready", func() bool {
		status, body := get(p, "/readyz", "")
		return status == http.StatusServiceUnavailable && strings.Contains(string(body), "tables")
	})
	postgres.Start()
	eventually(t, "all is applied", func() bool {
		status, _ := get(p, fmt.Sprintf("/messages?min_seq=%d", sent[len(sent)-1].Seq), token)
		return status == http.StatusOK
	})
	wantSame(t, p.history(token, sent[len(sent)-1].Seq), sent)
}
