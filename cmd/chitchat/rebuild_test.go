package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/internal/pgd"
)

// owner connects to the private Postgres of a running server as its owner.
func owner(t testing.TB, data string) *pgx.Conn {
	t.Helper()
	url, err := pgd.Attach(data, pgd.Database)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// want runs a command and wants its exit code, and a text in its output.
func want(t testing.TB, code int, text string, args ...string) (stdout string) {
	t.Helper()
	out, errs, got := chitchat(t, args...)
	if got != code || !strings.Contains(out+errs, text) {
		t.Errorf("chitchat %s: exit code %d, %s %s; want %d and %q", strings.Join(args, " "), got, out, errs, code, text)
	}
	return out
}

// said returns a running server in which something was said.
func said(t *testing.T) (p *process, data string) {
	t.Helper()
	data = seededDir(t)
	p = serve(t, data, freeAddress(t))
	token := p.signIn("ada", "lobby")
	ws := p.mustConnect(token)
	for _, text := range []string{"Hello!", "how are you?", "bye"} {
		p.history(token, say(t, ws, text).Seq)
	}
	_ = ws.Close()
	return p, data
}

func TestRebuildAndVerify(t *testing.T) {
	t.Parallel()
	p, data := said(t)
	conn := owner(t, data)
	if got := want(t, 0, "", "sql", "--data", data, "--format", "csv", "SELECT 1 AS nothing WHERE false"); got != "nothing\n" {
		t.Errorf("sql of no row prints %q, want the column", got)
	}
	if got := want(t, 0, "", "sql", "--data", data, "SELECT chr(27) || '[31m' AS colour"); got != "colour\n\\x1b[31m\n" {
		t.Errorf("sql prints %q, want the escape made harmless", got)
	}
	out := want(t, 0, "generation 1 against the log of epoch", "verify", "--data", data)
	if !strings.Contains(out, "message     3 rows  equal\n") && !strings.Contains(out, "message  3 rows  equal") {
		t.Errorf("verify = %s, want the table of messages", out)
	}
	if _, err := conn.Exec(t.Context(), `UPDATE model_1.message SET text = 'how are you!' WHERE text = 'how are you?'`); err != nil {
		t.Fatal(err)
	}
	out = want(t, 1, "chitchat rebuild", "verify", "--data", data)
	for _, part := range []string{"DIFFERS", "table message: 1 rows differ in 1 blocks, from sequence ", `text: the log says "how are you?" and the table says "how are you!"`} {
		if !strings.Contains(out, part) {
			t.Errorf("verify = %s, want %q in it", out, part)
		}
	}
	var found struct {
		Equal  bool
		From   uint64 `json:"from_seq"`
		Tables []struct {
			Table       string
			Differences []struct{ Log, Table map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(want(t, 1, "", "verify", "--data", data, "--json")), &found); err != nil || found.Equal || found.From == 0 ||
		found.Tables[0].Differences[0].Log["text"] != "how are you?" {
		t.Errorf("verify --json = %+v, %v", found, err)
	}

	want(t, 0, "generation 2 is live", "rebuild", "--data", data)
	want(t, 0, "generation 2 against", "verify", "--data", data)
	want(t, 0, "generation 1 is live", "rebuild", "--data", data, "--rollback")
	want(t, 1, "how are you!", "verify", "--data", data) // it is the old one
	want(t, 0, `"former": 1`, "rebuild", "--data", data, "--rollback", "--json")
	want(t, 0, "generation 1 is live", "rebuild", "--data", data, "--rollback")
	want(t, 0, "dropped generation 2", "rebuild", "--data", data, "--drop-old")
	want(t, 0, "no former tables", "rebuild", "--data", data, "--drop-old")
	want(t, 1, "there is no former generation", "rebuild", "--data", data, "--rollback")
	p.stop()

	out = want(t, 0, "generation 2 is live", "rebuild", "--data", data) // without a server
	if !strings.Contains(out, "generation 1 is kept") {
		t.Errorf("rebuild = %s, want what is kept", out)
	}
	want(t, 0, "equal", "verify", "--data", data)
	want(t, 0, "how are you?", "sql", "--data", data, "SELECT text FROM chat.messages")
}

// A rebuild waits for who reads the views, says so, is alone, and is broken off
// by Ctrl-C without a trace.
func TestRebuildBrokenOff(t *testing.T) {
	t.Parallel()
	_, data := said(t)
	conn := owner(t, data)
	if _, err := conn.Exec(t.Context(), `BEGIN; SELECT count(*) FROM chat.messages`); err != nil {
		t.Fatal(err)
	}
	waits, done := &buffer{}, make(chan error, 1)
	command := exec.Command(binary, "rebuild", "--data", data)
	command.Env, command.Stderr = cleanEnvironment(), waits
	var out bytes.Buffer
	command.Stdout = &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { done <- command.Wait() }()
	eventually(t, "the rebuild waits", func() bool { return strings.Contains(waits.String(), "waits for") })
	want(t, 1, "another rebuild is under way", "rebuild", "--data", data)
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := <-done; command.ProcessState.ExitCode() != 1 || !strings.Contains(waits.String(), "the live tables are as they were") {
		t.Errorf("rebuild after Ctrl-C: %v, %s", err, waits)
	}
	if _, err := conn.Exec(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	want(t, 0, "generation 1 against", "verify", "--data", data)
	want(t, 0, "is live", "rebuild", "--data", data)
}

func TestRebuildAndVerifyRefuse(t *testing.T) {
	t.Parallel()
	nothing := dataDir(t)
	for _, command := range []string{"rebuild", "verify"} {
		if out := want(t, 0, "Usage: chitchat "+command, command, "--help"); !strings.Contains(out, "log") || !strings.Contains(out, "--json") {
			t.Errorf("%s --help = %s", command, out)
		}
		want(t, 1, "no data directory", command, "--data", nothing)
		want(t, 2, "--database-url", command, "--database-url", "nonsense")
		want(t, 2, "unknown flag", command, "--what")
	}
	want(t, 2, "--drop-old", "rebuild", "--rollback", "--drop-old", "--data", nothing)

	p, data := said(t)
	conn := owner(t, data)
	if _, err := conn.Exec(t.Context(), `CREATE ROLE plain LOGIN; GRANT USAGE ON SCHEMA chitchat TO plain`); err != nil {
		t.Fatal(err)
	}
	p.stop()
	// Another log: the one of a second directory beside this one's tables.
	_, other := said(t)
	p = serve(t, data, freeAddress(t))
	address, err := pgd.Attach(data, pgd.Database)
	if err != nil {
		t.Fatal(err)
	}
	want(t, 1, "this is another log", "verify", "--data", other, "--database-url", address)
	plain := strings.Replace(address, "://", "://plain@", 1)
	if strings.Contains(address, "user=") || strings.Contains(address, "@") {
		plain = address[:strings.Index(address, "://")+3] + "plain@" + address[strings.Index(address, "@")+1:]
	}
	want(t, 1, "permission denied", "verify", "--data", data, "--database-url", plain)
	want(t, 1, "permission denied", "rebuild", "--data", data, "--database-url", plain)
	p.stop()
}
