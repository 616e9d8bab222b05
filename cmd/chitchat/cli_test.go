package main_test

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestHelp(t *testing.T) {
	t.Parallel()
	out, _, code := chitchat(t, "--help")
	if code != 0 {
		t.Fatalf("exit code = %d", code)
	}
	for _, want := range []string{"serve", "status", "rebuild", "verify", "token", "sql", "migrate", "healthcheck", "version", "--data", "--nats-url",
		"--database-url", "--jwt-secret", "CHITCHAT_DATA", "NATS_URL", "DATABASE_URL", "JWT_SECRET", "http://localhost:8080"} {
		if !strings.Contains(out, want) {
			t.Errorf("--help does not name %s", want)
		}
	}
	for _, command := range []string{"serve", "status", "rebuild", "verify", "token", "sql", "migrate", "healthcheck", "version"} {
		if out, _, code := chitchat(t, command, "--help"); code != 0 || !strings.Contains(out, "Usage: chitchat "+command) {
			t.Errorf("%s --help: exit code %d, output %.100q", command, code, out)
		}
	}
	if out, _, _ := chitchat(t, "migrate", "--help"); !strings.Contains(out, "--accept-log") {
		t.Errorf("migrate --help does not name --accept-log: %s", out)
	}
	if out, _, _ := chitchat(t, "sql", "--help"); !strings.Contains(out, "member of chitchat_analyst") {
		t.Errorf("sql --help does not say whose URL to give: %s", out)
	}
	out, _, _ = chitchat(t, "serve", "--help")
	for _, want := range []string{"--listen", "CHITCHAT_LISTEN", "--allowed-origins", "--message-rate", "--leave-grace", "--pg-listen", "CHITCHAT_PG_LISTEN", "--pprof", "CHITCHAT_PPROF"} {
		if !strings.Contains(out, want) {
			t.Errorf("serve --help does not name %s", want)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--version"}, {"version"}} {
		if out, _, code := chitchat(t, args...); code != 0 || !strings.HasPrefix(out, "chitchat ") {
			t.Errorf("%v: exit code %d, output %q", args, code, out)
		}
	}
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	for _, test := range []struct {
		name string
		args []string
		want string // in the message
	}{
		{"unknown flag", []string{"serve", "--colour", "red"}, "--colour"},
		{"unknown command", []string{"dance"}, "dance"},
		{"listen without a port", []string{"serve", "--listen", "localhost"}, "--listen"},
		{"listen on no port that can be", []string{"serve", "--listen", ":99999"}, "--listen"},
		{"healthcheck of no port that can be", []string{"healthcheck", "--listen", ":99999"}, "--listen"},
		{"no directory of Postgres", []string{"serve", "--pg-bin", "/nope"}, "--pg-bin"},
		{"no Postgres in a directory", []string{"sql", "--pg-bin", "/", "SELECT 1"}, "--pg-bin"},
		{"tools' port without a host", []string{"serve", "--pg-listen", "5433"}, "--pg-listen"},
		{"tools' port that can't be", []string{"serve", "--pg-listen", "localhost:99999"}, "--pg-listen"},
		{"any port for tools", []string{"serve", "--pg-listen", "localhost:0"}, "--pg-listen"},
		{"tools' port of an outside database", []string{"serve", "--pg-listen", "localhost:5433", "--database-url=postgres://localhost/x"}, "--pg-listen"},
		{"profiles for everybody", []string{"serve", "--pprof", "0.0.0.0:6060"}, "--pprof"},
		{"profiles for whoever has a name", []string{"serve", "--pprof", "example.com:6060"}, "--pprof"},
		{"profiles at any address", []string{"serve", "--pprof", ":6060"}, "--pprof"},
		{"profiles without a port", []string{"serve", "--pprof", "localhost"}, "--pprof"},
		{"negative rate", []string{"serve", "--message-rate=-1"}, "--message-rate"},
		{"rate that is no number", []string{"serve", "--message-rate=fast"}, "message-rate"},
		{"endless grace", []string{"serve", "--leave-grace=48h"}, "--leave-grace"},
		{"short secret", []string{"serve", "--jwt-secret=x"}, "--jwt-secret"},
		{"NATS that is no URL", []string{"serve", "--nats-url=localhost"}, "--nats-url"},
		{"database that is no URL", []string{"serve", "--database-url=mysql://x"}, "--database-url"},
		{"origin without a scheme", []string{"serve", "--allowed-origins=example.com"}, "--allowed-origins"},
		{"token without a channel", []string{"token", "--name", "Ada"}, "channel"},
		{"token for no channel", []string{"token", "--name", "Ada", "--channel", "a.b"}, "channel"},
		{"token for nobody", []string{"token", "--name", " ", "--channel", "lobby"}, "name"},
		{"token for no email", []string{"token", "--name", "Ada", "--email", "x", "--channel", "lobby"}, "email"},
		{"unknown format", []string{"sql", "--format", "xml", "SELECT 1"}, "format"},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := append(test.args, "--data", data)
			out, errs, code := chitchat(t, args...)
			if code != 2 || out != "" || !strings.Contains(errs, test.want) || !strings.Contains(errs, "--help") {
				t.Errorf("exit code %d, stdout %q, stderr %q; want 2, nothing and %q", code, out, errs, test.want)
			}
		})
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("wrong use made the data directory: %v", err)
	}
}

func TestCommandsWithoutData(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	for _, args := range [][]string{{"status"}, {"sql", "SELECT 1"}, {"migrate"}, {"token", "--name", "Ada", "--channel", "lobby"}} {
		_, errs, code := chitchat(t, append(args, "--data", data)...)
		if code != 1 || !strings.Contains(errs, "no data directory") || !strings.Contains(errs, "--data") {
			t.Errorf("%v: exit code %d, stderr %q", args, code, errs)
		}
	}
	if _, errs, code := chitchat(t, "healthcheck", "--listen", freeAddress(t)); code != 1 || errs == "" {
		t.Errorf("healthcheck of nobody: exit code %d, stderr %q", code, errs)
	}
}

// The commands work beside a running server, and without one.
func TestCommandsBesideAServerAndWithout(t *testing.T) {
	t.Parallel()
	data, address := dataDir(t), freeAddress(t) // a first start from nothing, which makes them
	p := serve(t, data, address)
	ws, err := p.connect(p.signIn("ada", "lobby"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := send(ws, "first", "Hello!", false)
	if err != nil || answer.Type != "ack" {
		t.Fatalf("send: %+v, %v", answer, err)
	}
	t.Run("beside", func(t *testing.T) {
		wantCommands(t, data, answer.Seq)
		wantReadOnly(t, data, writes)
		token, _, code := chitchat(t, "token", "--data", data, "--name", "Bob", "--channel", "lobby")
		if code != 0 {
			t.Fatalf("token: exit code %d", code)
		}
		if status, body := get(p, "/auth", strings.TrimSpace(token)); status != http.StatusOK || !strings.Contains(string(body), `"Bob"`) {
			t.Errorf("the server answers %d %s to the minted token", status, body)
		}
		if out, errs, code := chitchat(t, "healthcheck", "--listen", address); code != 0 || !strings.Contains(out, "ready") {
			t.Errorf("healthcheck: exit code %d, %s %s", code, out, errs)
		}
		if _, errs, code := chitchat(t, "serve", "--data", data, "--listen", freeAddress(t)); code != 1 || !strings.Contains(errs, "already running") {
			t.Errorf("a second server: exit code %d, stderr %q", code, errs)
		}
	})
	_ = ws.Close()
	p.stop()
	t.Run("without", func(t *testing.T) {
		wantCommands(t, data, answer.Seq)
		wantReadOnly(t, data, writesOfEachKind)
	})
	t.Run("port in use", func(t *testing.T) {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		if _, errs, code := chitchat(t, "serve", "--data", data, "--listen", address); code != 1 || !strings.Contains(errs, "--listen") {
			t.Errorf("exit code %d, stderr %q", code, errs)
		}
	})
}

// wantCommands wants each command to show the one message, at seq, of data.
func wantCommands(t *testing.T, data string, seq uint64) {
	t.Helper()
	eventually(t, "the tables have the message", func() bool {
		out, errs, code := chitchat(t, "sql", "--data", data, "--format", "json", "SELECT user_name, text, seq FROM chat.messages")
		if code != 0 {
			t.Fatalf("sql: exit code %d, %s", code, errs)
		}
		var rows []struct {
			UserName string `json:"user_name"`
			Text     string `json:"text"`
			Seq      uint64 `json:"seq"`
		}
		if err := json.Unmarshal([]byte(out), &rows); err != nil {
			t.Fatalf("sql: %v in %s", err, out)
		}
		return len(rows) == 1 && rows[0].UserName == "ada" && rows[0].Text == "Hello!" && rows[0].Seq == seq
	})
	out, errs, code := chitchat(t, "status", "--data", data, "--json")
	var status struct {
		LogSeq     uint64 `json:"log_seq"`
		AppliedSeq uint64 `json:"applied_seq"`
		Gateways   []struct{ Sockets int }
	}
	if err := json.Unmarshal([]byte(out), &status); err != nil || code != 0 {
		t.Fatalf("status: exit code %d, %v, %s %s", code, err, out, errs)
	}
	if status.LogSeq < seq || status.AppliedSeq < seq || len(status.Gateways) != 1 || status.Gateways[0].Sockets > 1 {
		t.Errorf("status = %+v", status)
	}
	out, _, code = chitchat(t, "status", "--data", data)
	if code != 0 || !strings.Contains(out, "lag") || !strings.Contains(out, "quarantine") {
		t.Errorf("status: exit code %d, %s", code, out)
	}
	if out, errs, code := chitchat(t, "migrate", "--data", data); code != 0 || out != "the database is up to date\n" {
		t.Errorf("migrate: exit code %d, %s %s", code, out, errs)
	}
}

// writesOfEachKind are some of writes for a Postgres that is started for each of
// them: what is written, what is read, and who one becomes.
var writesOfEachKind = []string{"INSERT INTO chat.messages (channel) VALUES ('x')", "RESET ROLE; SELECT * FROM model_1.message",
	"SET ROLE chitchat; SELECT 1", "RESET ALL; RESET ROLE; SET transaction_read_only=off; CREATE TABLE public.x ()"}

// writes are what an analyst must not do.
var writes = append([]string{"CREATE TABLE chat.x ()", "SELECT * FROM model_1.message", "SELECT pg_read_file('/etc/passwd')",
	"SET ROLE NONE; CREATE TABLE x ()", "SET ROLE NONE; SET default_transaction_read_only=off; CREATE TABLE x ()",
	"RESET ROLE; SELECT * FROM chitchat.generation", "SET SESSION AUTHORIZATION chitchat",
	"SET default_transaction_read_only=off; INSERT INTO chat.messages (channel) VALUES ('x')",
	"SET default_transaction_read_only=off; COMMIT; CREATE TEMPORARY TABLE x ()",
	"RESET ROLE; SELECT pg_read_file('/etc/passwd')", "RESET ROLE; COPY (SELECT 1) TO PROGRAM 'true'"}, writesOfEachKind...)

// wantReadOnly wants the queries of an analyst to change nothing and to read
// nothing but the views, whatever they set first.
func wantReadOnly(t *testing.T, data string, queries []string) {
	t.Helper()
	for _, query := range queries {
		if _, errs, code := chitchat(t, "sql", "--data", data, query); code != 1 || !strings.Contains(errs, "ERROR") {
			t.Errorf("%s: exit code %d, %s", query, code, errs)
		}
	}
}

// Tokens are in no line of the log, however they came.
func TestTokensAreNotLogged(t *testing.T) {
	t.Parallel()
	p := serve(t, seededDir(t), freeAddress(t), "CHITCHAT_LOG_LEVEL=debug")
	token := p.signIn("ada", "lobby")
	get(p, "/auth?token="+token, "")
	get(p, "/messages?token="+token, "")
	get(p, "/nowhere?token="+token, token)
	if ws, err := p.connect(token); err == nil {
		_, _ = send(ws, "x", "a secret text", false)
		_ = ws.Close()
	}
	p.stop()
	signature := token[strings.LastIndex(token, ".")+1:]
	if text := p.log.String(); strings.Contains(text, signature) || strings.Contains(text, "a secret text") {
		t.Errorf("the log has a token or a text:\n%s", text)
	}
}

// A password in an address is shown nowhere, whatever is wrong with the rest.
func TestPasswordsAreNotShown(t *testing.T) {
	t.Parallel()
	const password = "s3cretWord"
	closed := freeAddress(t)
	for _, args := range [][]string{
		{"serve", "--nats-url", "ada:" + password + "@localhost"},
		{"serve", "--nats-url", "nats://ada:" + password + "@localhost:port"},
		{"serve", "--nats-url", "nats://ada:" + password + "%zz@localhost"},
		{"serve", "--nats-url", "nats://localhost:4222,nats://ada:" + password + "@[::1"},
		{"serve", "--nats-url", "nats://ada:" + password + "@" + closed},
		{"serve", "--nats-url", "strange://ada:" + password + "@" + closed},
		{"status", "--nats-url", "nats://ada:" + password + "@" + closed, "--database-url", "postgres://ada:" + password + "@" + closed + "/x"},
		{"serve", "--database-url", "postgres://ada:" + password + "%zz@localhost/x"},
		{"serve", "--database-url", "postgres://ada:" + password + "@localhost:port/x"},
		{"serve", "--database-url", "postgres://ada:" + password + "@localhost/x?sslmode=sometimes"},
		{"serve", "--database-url", "postgres://localhost/x?sslmode=sometimes&user=ada&password=" + password},
		{"serve", "--database-url", "host=localhost user=ada password=" + password},
		{"sql", "--database-url", "postgres://ada:" + password + "@" + closed + "/x", "SELECT 1"},
		{"migrate", "--database-url", "postgres://ada:" + password + "@" + closed + "/x"},
	} {
		out, errs, code := chitchat(t, append(args, "--data", dataDir(t))...)
		flag := args[1][2:strings.LastIndex(args[1], "-")]
		if code == 0 || strings.Contains(out+errs, password) {
			t.Errorf("%q: exit code %d, %s%s; want a failure without the password", args, code, out, errs)
		}
		if code == 2 && !strings.Contains(errs, flag) {
			t.Errorf("%q: %s, want it to name --%s-url", args, errs, flag)
		}
	}
}

// psql gets the address without the password, which everybody on the machine
// could see.
func TestPsqlGetsThePasswordByEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fake := "#!/bin/sh\necho \"args $*\"\necho \"password $PGPASSWORD\"\necho \"options $PGOPTIONS\"\n"
	if err := os.WriteFile(filepath.Join(dir, "psql"), []byte(fake), 0o700); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(binary, "sql", "--data", dataDir(t), "--database-url", "postgres://ada:s3cretWord@localhost/x")
	command.Env = append(cleanEnvironment(), "PATH="+dir)
	output, err := command.CombinedOutput()
	want := "args postgres://ada@localhost/x\npassword s3cretWord\noptions -c role=chitchat_analyst"
	if err != nil || !strings.HasPrefix(string(output), want) {
		t.Errorf("psql was given %s, %v, want %q", output, err, want)
	}
}
