package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// What GET /messages returned and what a socket opened behind its position
// gives are, together, every message once and in order, while others write.
func TestSeamOfHistoryAndSocket(t *testing.T) {
	t.Parallel()
	p := serve(t, seededDir(t), freeAddress(t), "CHITCHAT_MESSAGE_RATE=0")
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for i := range 3 {
		w := &writer{name: fmt.Sprint("writer", i)}
		token := p.signIn(w.name, "lobby")
		writers.Go(func() { w.run(func() *process { return p }, token, stop) })
	}
	token := p.signIn("reader", "lobby")
	waitForMessages(t, p, token, 10)
	var seen [][]frame
	for range 20 {
		seen = append(seen, crossSeam(t, p, token))
	}
	close(stop)
	writers.Wait()

	all := p.history(token, 0)
	place := map[uint64]int{}
	for i, m := range all {
		place[m.Seq] = i
	}
	for round, messages := range seen {
		first, known := place[messages[0].Seq]
		if !known {
			t.Fatalf("round %d: %+v is not in the history", round, messages[0])
		}
		for i, m := range messages {
			if want := all[first+i]; m.Seq != want.Seq || m.ID != want.ID {
				t.Fatalf("round %d, message %d: got %+v, want %+v", round, i, m, want)
			}
		}
	}
}

// crossSeam reads a page of history and goes on from its position with a
// socket, and returns the messages of both.
func crossSeam(t *testing.T, p *process, token string) []frame {
	t.Helper()
	status, body := get(p, "/messages", token)
	var page struct {
		Messages []frame
		Position string
	}
	if err := json.Unmarshal(body, &page); err != nil || status != http.StatusOK {
		t.Fatalf("GET /messages: %d, %v", status, err)
	}
	_, digits, _ := strings.Cut(page.Position, ":")
	position, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		t.Fatalf("position %q: %v", page.Position, err)
	}
	ws, err := p.connect(token, "after="+page.Position)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	messages := page.Messages
	for last, n := position, 0; n < 40; {
		var f frame
		_ = ws.SetReadDeadline(time.Now().Add(patience))
		if err := ws.ReadJSON(&f); err != nil {
			t.Fatal(err)
		}
		if f.Seq == 0 {
			continue // hello
		}
		if last == position && f.Prev > last || last != position && f.Prev != last || f.Seq <= last {
			t.Fatalf("%+v does not follow sequence %d", f, last)
		}
		last = f.Seq
		if f.Type == "message" {
			messages = append(messages, f)
			n++
		}
	}
	return messages
}
