package main_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/faustman/chitchat/internal/datadir"
	"github.com/faustman/chitchat/internal/natsd"
)

// say sends a message that must be acked, and returns it.
func say(t *testing.T, ws *websocket.Conn, text string) frame {
	t.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	answer, err := send(ws, id, text, false)
	if err != nil || answer.Type != "ack" {
		t.Fatalf("send %s: %+v, %v", text, answer, err)
	}
	return frame{Seq: answer.Seq, ID: id, Text: text}
}

func (p *process) mustConnect(token string) *websocket.Conn {
	p.t.Helper()
	ws, err := p.connect(token)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = ws.Close() })
	return ws
}

// A log that comes back from a backup without its end is refused until an
// operator accepts it, however it grows: its sequences would be given twice.
func TestLogThatLostItsEnd(t *testing.T) {
	t.Parallel()
	data, address := seededDir(t), freeAddress(t)
	p := serve(t, data, address)
	kept := say(t, p.mustConnect(p.signIn("ada", "lobby")), "kept")
	p.stop()
	backup := filepath.Join(filepath.Dir(data), filepath.Base(filepath.Dir(data))+"-backup")
	t.Cleanup(func() { _ = os.RemoveAll(backup) })
	if err := os.CopyFS(backup, os.DirFS(filepath.Join(data, "nats"))); err != nil {
		t.Fatal(err)
	}

	p = serve(t, data, address)
	token := p.signIn("ada", "lobby")
	lost := say(t, p.mustConnect(token), "lost")
	p.history(token, lost.Seq)
	p.stop()
	if err := os.RemoveAll(filepath.Join(data, "nats")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(data, "nats"), os.DirFS(backup)); err != nil {
		t.Fatal(err)
	}

	for round := range 2 {
		p = start(t, data, address)
		eventually(t, "the server says what is wrong and what to do", func() bool {
			status, body := get(p, "/readyz", "")
			return status == http.StatusServiceUnavailable && bytes.Contains(body, []byte("chitchat migrate --accept-log"))
		})
		// Neither a socket, which would join, nor a send.
		if ws, err := p.connect(p.signIn("bob", "lobby")); err == nil {
			answer, err := send(ws, uuid.NewString(), "collides", false)
			if err != nil || answer.Code != "unavailable" {
				t.Errorf("round %d: send = %+v, %v, want it refused as unavailable", round, answer, err)
			}
			_ = ws.Close()
		}
		grow(t, data, 5)
		if _, errs, code := chitchat(t, "migrate", "--accept-log", "--data", data); code != 1 || !strings.Contains(errs, "already running") {
			t.Errorf("migrate --accept-log beside the server: exit code %d, %s", code, errs)
		}
		p.stop()
	}

	out, errs, code := chitchat(t, "migrate", "--accept-log", "--data", data)
	if code != 0 || !strings.Contains(out, "its epoch is now") || !strings.Contains(out, "thrown away") {
		t.Fatalf("migrate --accept-log: exit code %d, %s %s", code, out, errs)
	}
	p = serve(t, data, address)
	token = p.signIn("ada", "lobby")
	next := say(t, p.mustConnect(token), "next")
	got := p.history(token, next.Seq)
	if len(got) != 2 || got[0].ID != kept.ID || got[1].ID != next.ID {
		t.Errorf("history = %+v, want kept and next", got)
	}
	if out, errs, code := chitchat(t, "status", "--data", data); code != 0 {
		t.Errorf("status: exit code %d, %s %s", code, out, errs)
	}
}

// grow publishes n entries straight into the server's log, as any program may.
func grow(t *testing.T, data string, n int) {
	t.Helper()
	sockets, err := datadir.FindSocketDir(data)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := natsd.Dial(filepath.Join(sockets, "nats.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range n {
		if _, err := conn.Request("chitchat.lobby", []byte("grown"), patience); err != nil {
			t.Fatal(err)
		}
	}
}

// A log that was wiped has another epoch; the same command accepts it.
func TestLogThatWasWiped(t *testing.T) {
	t.Parallel()
	data, address := seededDir(t), freeAddress(t)
	p := serve(t, data, address)
	token := p.signIn("ada", "lobby")
	p.history(token, say(t, p.mustConnect(token), "wiped").Seq)
	p.stop()
	if err := os.RemoveAll(filepath.Join(data, "nats")); err != nil {
		t.Fatal(err)
	}
	p = start(t, data, address)
	eventually(t, "the server says what is wrong", func() bool {
		_, body := get(p, "/readyz", "")
		return bytes.Contains(body, []byte("another log")) && bytes.Contains(body, []byte("--accept-log"))
	})
	first := say(t, p.mustConnect(p.signIn("bob", "lobby")), "people go on chatting")
	p.stop()
	if out, errs, code := chitchat(t, "migrate", "--accept-log", "--data", data); code != 0 {
		t.Fatalf("migrate --accept-log: exit code %d, %s %s", code, out, errs)
	}
	p = serve(t, data, address)
	if got := p.history(p.signIn("ada", "lobby"), first.Seq); len(got) != 1 || got[0].ID != first.ID {
		t.Errorf("history = %+v, want %+v alone", got, first)
	}
}

// The private Postgres is killed: people go on chatting, history says that it
// is not to be had, Postgres comes back by itself, and every row is there, once.
func TestPrivatePostgresIsKilled(t *testing.T) {
	t.Parallel()
	data := seededDir(t)
	p := serve(t, data, freeAddress(t), "CHITCHAT_MESSAGE_RATE=0")
	token := p.signIn("ada", "lobby")
	ws := p.mustConnect(token)
	var sent []frame
	sent = append(sent, say(t, ws, "before"))
	p.history(token, sent[0].Seq)
	for round := range 2 {
		killPostgres(t, data)
		unavailable := false
		for i := 0; !unavailable || i < 20; i++ {
			sent = append(sent, say(t, ws, fmt.Sprintf("%d while it is away: %d", round, i)))
			status, _ := get(p, "/messages", token)
			unavailable = unavailable || status == http.StatusServiceUnavailable
			if i > 10_000 {
				t.Fatal("GET /messages was never 503 without Postgres")
			}
		}
		eventually(t, "all is applied", func() bool {
			status, _ := get(p, fmt.Sprintf("/messages?min_seq=%d", sent[len(sent)-1].Seq), token)
			return status == http.StatusOK
		})
	}
	wantSame(t, p.history(token, sent[len(sent)-1].Seq), sent)
}

// killPostgres kills the postmaster of the private Postgres.
func killPostgres(t *testing.T, data string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, "pg-*", "postmaster.pid"))
	if err != nil || len(files) != 1 {
		t.Fatalf("pid files of Postgres: %v, %v, want one", files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(content), "\n", 2)[0])
	if err != nil || pid <= 1 {
		t.Fatalf("pid of Postgres: %d, %v", pid, err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
