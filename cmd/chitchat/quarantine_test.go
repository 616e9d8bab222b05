package main_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/faustman/chitchat/internal/datadir"
	"github.com/faustman/chitchat/internal/natsd"
)

// What other programs put into the stream that is no event is quarantined, and
// everything goes on.
func TestJunkInTheStream(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	p := serve(t, data, freeAddress(t))
	token := p.signIn("ada", "lobby")
	ws, err := p.connect(token)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()

	sockets, err := datadir.FindSocketDir(data)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := natsd.Dial(filepath.Join(sockets, "nats.sock"), natsd.ClientOptions(slog.New(slog.DiscardHandler))...)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	junk := []string{
		"this is not JSON",
		`{"type":"message","v":1,"id":"z","from_user":{"id":"u","name":"Uma"},"sent_at":"2026-01-01T00:00:00Z","text":"a\u0000b"}`,
		`{"type":"poke","v":1,"from_user":{"id":"u","name":"Uma"},"sent_at":"2026-01-01T00:00:00Z"}`,
		"\xff\xfe",
		"",
	}
	for _, payload := range junk {
		if _, err := nc.Request("chitchat.lobby", []byte(payload), patience); err != nil {
			t.Fatalf("publish %q: %v", payload, err)
		}
	}
	answer, err := send(ws, "after", "and on it goes", false)
	if err != nil || answer.Type != "ack" {
		t.Fatalf("send: %+v, %v", answer, err)
	}
	if got := p.history(token, answer.Seq); len(got) != 1 || got[0].Seq != answer.Seq {
		t.Errorf("history = %+v, want the one message", got)
	}
	if status, body := get(p, "/readyz", ""); status != http.StatusOK {
		t.Errorf("GET /readyz = %d %s", status, body)
	}
	out, errs, code := chitchat(t, "status", "--data", data, "--json")
	var status struct{ Quarantined int }
	if err := json.Unmarshal([]byte(out), &status); err != nil || code != 0 || status.Quarantined != len(junk) {
		t.Errorf("status: exit code %d, %s %s; want %d quarantined", code, out, errs, len(junk))
	}
}
