package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/internal/datadir"
	"github.com/faustman/chitchat/internal/natsd"
	"github.com/faustman/chitchat/internal/pgd"
)

// What other programs put into the stream that is no event is quarantined, and
// everything goes on.
func TestJunkInTheStream(t *testing.T) {
	t.Parallel()
	data := seededDir(t)
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

// quarantine runs a command of the quarantine, which must end with the code.
func quarantine(t *testing.T, want int, data string, args ...string) (stdout, stderr string) {
	t.Helper()
	out, errs, code := chitchat(t, append([]string{"quarantine", "--data", data}, args...)...)
	if code != want {
		t.Errorf("quarantine %q: exit code %d, want %d: %s %s", args, code, want, out, errs)
	}
	return out, errs
}

func TestQuarantine(t *testing.T) {
	t.Parallel()
	data := seededDir(t)
	p := serve(t, data, freeAddress(t))
	token := p.signIn("ada", "lobby")
	ws := p.mustConnect(token)
	first := say(t, ws, "first")
	junk, odd := publish(t, data, "junk \x1b[2J"), publish(t, data, "\xff\xfe")
	p.history(token, say(t, ws, "last").Seq)
	wantQuarantine(t, data, junk, odd, first.Seq)

	tables, err := pgd.Attach(data, pgd.Database)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), tables)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	change := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	change(`ALTER TABLE model_1.message ADD CONSTRAINT odd CHECK (text <> 'refused'); ALTER TABLE model_1.session ADD CONSTRAINT odd CHECK (user_name <> 'bob')`)
	refused := say(t, ws, "refused")
	stay := p.mustConnect(p.signIn("bob", "lobby"))
	p.history(token, say(t, stay, "I am here").Seq)
	if out, errs := quarantine(t, 1, data, "retry", fmt.Sprint(refused.Seq)); !strings.Contains(errs, "stays in the quarantine: Postgres refuses it") || !strings.Contains(errs, `"odd"`) {
		t.Errorf("retry of what is still refused: %s %s", out, errs)
	}
	change(`ALTER TABLE model_1.message DROP CONSTRAINT odd; ALTER TABLE model_1.session DROP CONSTRAINT odd`)
	out, errs := quarantine(t, 1, data, "retry", fmt.Sprint(refused.Seq), fmt.Sprint(refused.Seq+1), fmt.Sprint(junk), "99999")
	for _, want := range []string{"run `chitchat rebuild`", "it is still no event", "sequence 99999: it is not in the quarantine"} {
		if !strings.Contains(errs, want) {
			t.Errorf("retry: %s, want %q", errs, want)
		}
	}
	if want := fmt.Sprintf("lobby %d ada: refused\n", refused.Seq); !strings.HasPrefix(out, "applied: ") || !strings.HasSuffix(out, want) {
		t.Errorf("retry: %q, want it to end with %q", out, want)
	}
	if got := p.history(token, 0); len(got) != 4 || got[2].Seq != refused.Seq {
		t.Errorf("history = %+v, want the message in its place", got)
	}
	_ = stay.Close()
	p.stop()
	wantQuarantineAlone(t, data, junk, odd)
}

// wantQuarantineAlone wants each command to do its work without a server, too.
func wantQuarantineAlone(t *testing.T, data string, junk, odd uint64) {
	t.Helper()
	quarantine(t, 0, data, "skip", fmt.Sprint(junk))
	out, _ := quarantine(t, 0, data, "list", "--json")
	if strings.Contains(out, fmt.Sprintf(`"seq": %d,`, junk)) || !strings.Contains(out, fmt.Sprintf(`"seq": %d,`, odd)) {
		t.Errorf("list after skip of %d is %s, want %d", junk, out, odd)
	}
	if out, _ := quarantine(t, 0, data, "show", fmt.Sprint(junk)); !strings.Contains(out, `junk \x1b[2J`) {
		t.Errorf("show has no payload:\n%s", out)
	}
	if _, errs := quarantine(t, 1, data, "retry", fmt.Sprint(junk), "99999"); !strings.Contains(errs, "it is still no event") || !strings.Contains(errs, "it is not in the quarantine") {
		t.Errorf("retry: %s", errs)
	}
}

// publish puts an entry into the log as any program may, and returns its
// sequence.
func publish(t *testing.T, data, payload string) uint64 {
	t.Helper()
	sockets, err := datadir.FindSocketDir(data)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := natsd.Dial(filepath.Join(sockets, "nats.sock"), natsd.ClientOptions(slog.New(slog.DiscardHandler))...)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	answer, err := nc.Request("chitchat.lobby", []byte(payload), patience)
	if err != nil {
		t.Fatal(err)
	}
	var stored struct{ Seq uint64 }
	if err := json.Unmarshal(answer.Data, &stored); err != nil || stored.Seq == 0 {
		t.Fatalf("publish: %s, %v", answer.Data, err)
	}
	return stored.Seq
}

// wantQuarantine wants list, show and skip to do their work on two entries, and
// leaves neither skipped.
func wantQuarantine(t *testing.T, data string, junk, odd, applied uint64) {
	t.Helper()
	listed := func(args ...string) (seqs []uint64, skipped int) {
		t.Helper()
		out, _ := quarantine(t, 0, data, append([]string{"list", "--json"}, args...)...)
		var entries []struct {
			Seq       uint64
			Code      string
			SkippedAt string `json:"skipped_at"`
		}
		if err := json.Unmarshal([]byte(out), &entries); err != nil || out[0] != '[' {
			t.Fatalf("list --json: %v in %s", err, out)
		}
		for _, e := range entries {
			if e.Code == "refused" { // a join, which needs a rebuild
				continue
			}
			if seqs = append(seqs, e.Seq); e.SkippedAt != "" {
				skipped++
			}
		}
		return seqs, skipped
	}
	if got, skipped := listed(); !slices.Equal(got, []uint64{junk, odd}) || skipped != 0 {
		t.Errorf("list = %v, %d skipped, want %d and %d", got, skipped, junk, odd)
	}
	out, errs := quarantine(t, 0, data, "list", "--limit", "1")
	if !strings.Contains(out, "SEQ") || !strings.Contains(out, "invalid") || strings.Contains(out, "\x1b") || !strings.Contains(errs, fmt.Sprintf("add --after %d", junk)) {
		t.Errorf("list --limit 1: %q, %s", out, errs)
	}
	if got, _ := listed("--after", fmt.Sprint(junk)); !slices.Equal(got, []uint64{odd}) {
		t.Errorf("list --after = %v, want %d", got, odd)
	}
	out, _ = quarantine(t, 0, data, "show", fmt.Sprint(junk))
	for _, want := range []string{"subject", "chitchat.lobby", "invalid", "it is not the JSON of an event", "9 bytes", `junk \x1b[2J`} {
		if !strings.Contains(out, want) {
			t.Errorf("show has no %q:\n%s", want, out)
		}
	}
	for seq, want := range map[uint64]string{junk: `"payload": "junk \u001b[2J"`, odd: `"payload_base64": "//4="`} {
		if out, _ := quarantine(t, 0, data, "show", fmt.Sprint(seq), "--json"); !strings.Contains(out, want) || !json.Valid([]byte(out)) {
			t.Errorf("show --json has no %s:\n%s", want, out)
		}
	}
	for _, args := range [][]string{{"show", fmt.Sprint(applied)}, {"skip", fmt.Sprint(junk), fmt.Sprint(applied)}, {"retry", fmt.Sprint(applied)}} {
		if out, errs := quarantine(t, 1, data, args...); out != "" || !strings.Contains(errs, "it is not in the quarantine") {
			t.Errorf("quarantine %q: %q, %s; want that it is not there", args, out, errs)
		}
	}
	if out, _ := quarantine(t, 0, data, "skip", fmt.Sprint(junk)); out != fmt.Sprintf("sequence %d is skipped\n", junk) {
		t.Errorf("skip: %q", out)
	}
	if got, _ := listed(); !slices.Equal(got, []uint64{odd}) {
		t.Errorf("list of what was not skipped = %v, want %d", got, odd)
	}
	if got, skipped := listed("--all"); !slices.Equal(got, []uint64{junk, odd}) || skipped != 1 {
		t.Errorf("list --all = %v, %d skipped, want both, one skipped", got, skipped)
	}
	if out, _ := quarantine(t, 0, data, "skip", "--undo", fmt.Sprint(junk)); out != fmt.Sprintf("sequence %d is no longer skipped\n", junk) {
		t.Errorf("skip --undo: %q", out)
	}
	if got, _ := listed(); !slices.Equal(got, []uint64{junk, odd}) {
		t.Errorf("list after --undo = %v, want both", got)
	}
}

func TestQuarantineWrongUse(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	for _, args := range [][]string{{}, {"show"}, {"show", "x"}, {"show", "-1"}, {"skip"}, {"retry"}, {"retry", "x"}, {"list", "--limit", "0"}, {"list", "--limit", "1001"}, {"dance"}} {
		if out, errs := quarantine(t, 2, data, args...); out != "" || !strings.Contains(errs, "--help") {
			t.Errorf("quarantine %q: %q, %s", args, out, errs)
		}
	}
	for _, args := range [][]string{{"list"}, {"show", "1"}, {"skip", "1"}, {"retry", "1"}} {
		if _, errs := quarantine(t, 1, data, args...); !strings.Contains(errs, "no data directory") {
			t.Errorf("quarantine %q without data: %s", args, errs)
		}
	}
	for command, want := range map[string]string{"": "duplicate", "list": "--all", "show": "--json", "skip": "--undo", "retry": "chitchat rebuild"} {
		out, _, code := chitchat(t, strings.Fields("quarantine "+command+" --help")...)
		if code != 0 || !strings.Contains(out, "Usage: chitchat quarantine") || !strings.Contains(out, want) {
			t.Errorf("quarantine %s --help: exit code %d, without %q:\n%s", command, code, want, out)
		}
	}
}
