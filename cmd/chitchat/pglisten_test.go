package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// tool is an outside program that reads the private Postgres.
type tool struct {
	t        *testing.T
	address  string
	password string
}

// serveTools serves with a port for tools.
func serveTools(t *testing.T, data, address string) (*process, tool) {
	t.Helper()
	p := serve(t, data, freeAddress(t), "CHITCHAT_PG_LISTEN="+address)
	password, err := os.ReadFile(filepath.Join(data, "pg-analyst-password"))
	if err != nil {
		t.Fatal(err)
	}
	return p, tool{t, address, strings.TrimSpace(string(password))}
}

func (c tool) url(user, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: c.address, Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

// connect connects as the analyst, or as somebody else.
func (c tool) connect(user, password, database string) (*pgx.Conn, error) {
	conn, err := pgx.Connect(c.t.Context(), c.url(user, password, database))
	if err == nil {
		c.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	}
	return conn, err
}

func (c tool) analyst() *pgx.Conn {
	c.t.Helper()
	conn, err := c.connect("chitchat_analyst", c.password, "chitchat")
	if err != nil {
		c.t.Fatalf("connect as the analyst: %v", err)
	}
	return conn
}

// pgx runs statements in a session of the analyst, to the first that fails. It
// returns the first value of the last one, and the SQLSTATE of an error.
func (c tool) pgx(statements ...string) (value, state string) {
	c.t.Helper()
	conn := c.analyst()
	defer conn.Close(context.Background())
	for _, statement := range statements {
		results, err := conn.PgConn().Exec(c.t.Context(), statement).ReadAll()
		if err != nil {
			return "", sqlState(err)
		}
		value = ""
		for _, result := range results {
			if len(result.Rows) > 0 {
				value = string(result.Rows[0][0])
			}
		}
	}
	return value, ""
}

// pgxStates runs each statement in a session of the analyst that may write and has
// forgotten the statement before. It returns their SQLSTATEs.
func (c tool) pgxStates(statements []string) (states []string) {
	c.t.Helper()
	conn := c.analyst()
	defer conn.Close(context.Background())
	run := func(statement string) error {
		_, err := conn.PgConn().Exec(c.t.Context(), statement).ReadAll()
		return err
	}
	for _, statement := range statements {
		for _, first := range forget {
			if err := run(first); err != nil {
				c.t.Fatalf("%s: %v", first, err)
			}
		}
		states = append(states, sqlState(run(statement)))
	}
	return states
}

// forget makes a session as new, with the right to write.
var forget = []string{"ROLLBACK", "DISCARD ALL", "SET default_transaction_read_only = off"}

// sqlState returns the SQLSTATE of an error of Postgres, nothing for none.
func sqlState(err error) string {
	if err == nil {
		return ""
	}
	var failed *pgconn.PgError
	if errors.As(err, &failed) {
		return failed.Code
	}
	return fmt.Sprint(err)
}

// psqlState finds the SQLSTATE in what psql prints of an error.
var psqlState = regexp.MustCompile(`ERROR:  ([0-9A-Z]{5})`)

// psqlCommand is the program that people use, in a session of the analyst.
func (c tool) psqlCommand(args ...string) (command *exec.Cmd, out, errs *bytes.Buffer) {
	args = append([]string{"-X", "-q", "-A", "-t", "-v", "VERBOSITY=sqlstate", c.url("chitchat_analyst", "", "chitchat")}, args...)
	command = exec.CommandContext(c.t.Context(), "psql", args...)
	command.Env = append(cleanEnvironment(), "PGPASSWORD="+c.password)
	out, errs = &bytes.Buffer{}, &bytes.Buffer{}
	command.Stdout, command.Stderr = out, errs
	return command, out, errs
}

// psqlStates is pgxStates, by psql.
func (c tool) psqlStates(statements []string) (states []string) {
	c.t.Helper()
	var script strings.Builder
	for _, statement := range statements {
		fmt.Fprintf(&script, "%s;\n%s;\n\\echo state :SQLSTATE\n", strings.Join(forget, ";\n"), statement)
	}
	command, out, errs := c.psqlCommand()
	command.Stdin = strings.NewReader(script.String())
	if err := command.Run(); err != nil {
		c.t.Fatalf("psql: %v, %s", err, errs)
	}
	for line := range strings.Lines(out.String()) {
		if state, found := strings.CutPrefix(strings.TrimSpace(line), "state "); found {
			states = append(states, strings.TrimPrefix(state, "00000"))
		}
	}
	return states
}

// psql is pgx, by psql.
func (c tool) psql(statements ...string) (value, state string) {
	c.t.Helper()
	args := []string{"-v", "ON_ERROR_STOP=1"}
	for _, statement := range statements {
		args = append(args, "-c", statement)
	}
	command, out, errs := c.psqlCommand(args...)
	err := command.Run()
	if match := psqlState.FindStringSubmatch(errs.String()); match != nil {
		return "", match[1]
	}
	if err != nil {
		return "", fmt.Sprint(err, " ", errs.String())
	}
	value, _, _ = strings.Cut(out.String(), "\n")
	return value, ""
}

func TestToolsOverTCP(t *testing.T) {
	t.Parallel()
	data := seededDir(t)
	p, c := serveTools(t, data, freeAddress(t))
	ws, err := p.connect(p.signIn("ada", "lobby"))
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if answer, err := send(ws, "first", "Hello!", false); err != nil || answer.Type != "ack" {
		t.Fatalf("send: %+v, %v", answer, err)
	}
	eventually(t, "the tables have the message", func() bool {
		value, _ := c.pgx("SELECT count(*) FROM chat.messages")
		return value == "1"
	})
	for _, by := range []struct {
		name   string
		run    func(...string) (string, string)
		states func([]string) []string
	}{{"pgx", c.pgx, c.pgxStates}, {"psql", c.psql, c.psqlStates}} {
		t.Run(by.name, func(t *testing.T) {
			if _, err := exec.LookPath("psql"); err != nil && by.name == "psql" {
				t.Skip("psql is not installed; pgx checks the same") // it comes with no Postgres that npm brings
			}
			wantReads(t, by.run)
			wantRefusals(t, by.run, by.states)
			wantGuardRails(t, by.run)
		})
	}
	wantDoor(t, c)
	wantOthersHidden(t, c)
	wantConnectionLimit(t, c)
	wantSecret(t, p, c)
}

// wantDoor wants nobody else, and nowhere else, to be let in.
func wantDoor(t *testing.T, c tool) {
	t.Helper()
	for _, test := range []struct{ name, user, password, database, want string }{
		{"wrong password", "chitchat_analyst", "guess", "chitchat", "28P01"},
		{"no password", "chitchat_analyst", "", "chitchat", "28P01"},
		{"the superuser", "chitchat", c.password, "chitchat", "28000"},
		{"the reader", "chitchat_reader", c.password, "chitchat", "28000"},
		{"nobody", "nobody", c.password, "chitchat", "28000"},
		{"another database", "chitchat_analyst", c.password, "postgres", "28000"},
	} {
		if _, err := c.connect(test.user, test.password, test.database); err == nil || sqlState(err) != test.want {
			t.Errorf("%s: connect = %v, want SQLSTATE %s", test.name, err, test.want)
		}
	}
}

// wantOthersHidden wants what others ask of Postgres to be hidden.
func wantOthersHidden(t *testing.T, c tool) {
	t.Helper()
	got, state := c.pgx("SELECT string_agg(DISTINCT query, ', ') FROM pg_stat_activity WHERE usename = 'chitchat'")
	if got != "<insufficient privilege>" || state != "" {
		t.Errorf("queries of others = %q, %s, want them hidden", got, state)
	}
}

// wantConnectionLimit wants that analysts leave connections to others.
func wantConnectionLimit(t *testing.T, c tool) {
	t.Helper()
	const limit = 20
	for n := range limit {
		if _, err := c.connect("chitchat_analyst", c.password, "chitchat"); err != nil {
			t.Fatalf("connection %d = %v, want %d of them", n+1, err, limit)
		}
	}
	if _, err := c.connect("chitchat_analyst", c.password, "chitchat"); err == nil || sqlState(err) != "53300" {
		t.Errorf("connection %d = %v, want SQLSTATE 53300", limit+1, err)
	}
}

// wantSecret wants the log to say where the password is, and not what it is.
func wantSecret(t *testing.T, p *process, c tool) {
	t.Helper()
	file := filepath.Join(p.data, "pg-analyst-password")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the password's file: %v, %v, want mode 0600", info, err)
	}
	text := p.log.String()
	for _, want := range []string{c.address, "chitchat_analyst", file} {
		if !strings.Contains(text, want) {
			t.Errorf("the log does not name %s", want)
		}
	}
	if strings.Contains(text, "Hello!") || strings.Contains(text, "permission denied") {
		t.Errorf("the log has what analysts did wrong, and what people wrote:\n%s", text)
	}
	if strings.Contains(text, c.password) || strings.Contains(text, "no TLS") {
		t.Errorf("the log has the password, or warns of an address that only this machine reaches:\n%s", text)
	}
}

// A port for tools is a matter of one run of the server: it is there after a
// crash of Postgres or of the server, and gone when it is not asked for again.
func TestToolsComeAndGoWithTheFlag(t *testing.T) {
	t.Parallel()
	data, address := seededDir(t), freeAddress(t)
	p, c := serveTools(t, data, address)

	// What a role may do to itself holds until the next start.
	if _, state := c.pgx("SET default_transaction_read_only = off", "ALTER ROLE chitchat_analyst SET statement_timeout = 0; ALTER ROLE chitchat_analyst IN DATABASE chitchat SET work_mem = '1GB'; ALTER ROLE chitchat_analyst PASSWORD 'mine'"); state != "" {
		t.Errorf("ALTER ROLE of oneself = %s: Postgres refuses it by now, which the documents should say", state)
	}
	p.kill()
	p, c = serveTools(t, data, address)
	if got, state := c.pgx("SELECT current_setting('statement_timeout') || ' ' || current_setting('work_mem')"); got != "30s 4MB" || state != "" {
		t.Errorf("limits after a restart = %q, %s, want 30s 4MB", got, state)
	}

	killPostgres(t, data)
	eventually(t, "Postgres is back at the port", func() bool {
		conn, err := c.connect("chitchat_analyst", c.password, "chitchat")
		return err == nil && conn.Ping(t.Context()) == nil
	})
	wantDoor(t, c)
	p.stop()

	p = serve(t, data, freeAddress(t))
	if conn, err := net.Dial("tcp", address); err == nil {
		_ = conn.Close()
		t.Errorf("something listens on %s", address)
	}
	out, errs, code := chitchat(t, "sql", "--data", data, "--format", "csv", "SELECT current_setting('listen_addresses') AS tcp, rolcanlogin, rolconnlimit FROM pg_roles WHERE rolname = 'chitchat_analyst'")
	if code != 0 || out != "tcp,rolcanlogin,rolconnlimit\n,f,20\n" {
		t.Errorf("without --pg-listen: exit code %d, %s%s, want no address and no login", code, out, errs)
	}
	if strings.Contains(p.log.String(), "password_file") {
		t.Error("the log of a server without --pg-listen says how tools connect")
	}
}

func TestToolsPortInUse(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	data := dataDir(t)
	_, errs, code := chitchat(t, "serve", "--data", data, "--listen", freeAddress(t), "--pg-listen", listener.Addr().String())
	if code != 1 || !strings.Contains(errs, "--pg-listen") || !strings.Contains(errs, "address already in use") {
		t.Errorf("exit code %d, stderr %q, want 1 and the flag", code, errs)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("something was started all the same: %v", err)
	}
	same := freeAddress(t)
	if _, errs, code := chitchat(t, "serve", "--data", data, "--listen", same, "--pg-listen", same); code != 1 || !strings.Contains(errs, "--listen") {
		t.Errorf("one port for both: exit code %d, stderr %q, want 1 and the flag", code, errs)
	}
}
