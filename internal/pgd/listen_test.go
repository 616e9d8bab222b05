package pgd_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/faustman/chitchat/internal/pgd"
)

const (
	guest         = "visitor"
	guestPassword = "secret-of-the-guest"
)

// listening returns options for a Postgres on a free port.
func listening(t *testing.T) pgd.Options {
	t.Helper()
	opts := seeded(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	opts.Listen, opts.Guest = free.Addr().String(), guest
	free.Close()
	return opts
}

// admit lets the guest log in, and another role with the same password.
func admit(t *testing.T, server *pgd.Server) {
	t.Helper()
	verifier, err := pgd.Verifier(guestPassword)
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, server.URL(pgd.Database))
	for _, role := range []string{guest, "other"} {
		exec(t, conn, `CREATE ROLE `+role+` LOGIN PASSWORD '`+verifier+`'`)
	}
	exec(t, conn, `ALTER ROLE chitchat PASSWORD '`+verifier+`'`)
}

// knock connects over TCP and returns the SQLSTATE of the refusal, nothing when there is none.
func knock(t *testing.T, listen, user, password, database, more string) string {
	t.Helper()
	address := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: listen, Path: "/" + database, RawQuery: "sslmode=disable" + more}
	conn, err := pgx.Connect(t.Context(), address.String())
	if err == nil {
		conn.Close(context.Background())
		return ""
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return err.Error()
	}
	return refused.Code
}

func TestListenIsForOneGuest(t *testing.T) {
	opts := listening(t)
	server := start(t, opts)
	admit(t, server)
	for _, test := range []struct{ name, user, password, database, more, want string }{
		{"the guest", guest, guestPassword, pgd.Database, "", ""},
		{"wrong password", guest, "guess", pgd.Database, "", "28P01"},
		{"no password", guest, "", pgd.Database, "", "28P01"},
		{"another role", "other", guestPassword, pgd.Database, "", "28000"},
		{"the superuser", pgd.User, guestPassword, pgd.Database, "", "28000"},
		{"another database", guest, guestPassword, "postgres", "", "28000"},
		{"no such database", guest, guestPassword, "all", "", "28000"},
		{"replication", guest, guestPassword, pgd.Database, "&replication=true", "53300"}, // the server has no walsender at all,
		{"the superuser's replication", pgd.User, guestPassword, pgd.Database, "&replication=database", "53300"},
	} {
		if got := knock(t, opts.Listen, test.user, test.password, test.database, test.more); got != test.want {
			t.Errorf("%s: refused with %q, want %q", test.name, got, test.want)
		}
	}
}

// Whoever may connect over TCP is a matter of each start, not of the one before.
func TestNoListenAfterListen(t *testing.T) {
	opts := listening(t)
	server := start(t, opts)
	admit(t, server)
	stop(t, server)
	listen := opts.Listen
	opts.Listen = ""
	quiet := start(t, opts)
	conn := connect(t, quiet.URL(pgd.Database))
	for setting, want := range map[string]string{"listen_addresses": "", "port": "5432"} {
		if got := text(t, conn, "SHOW "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	if got := text(t, conn, `SELECT string_agg(concat_ws(' ', type, user_name[1], auth_method), ', ' ORDER BY line_number) FROM pg_hba_file_rules`); got != "local all trust, local all trust, host all reject, host all reject" {
		t.Errorf("rules = %s", got)
	}
	if conn, err := net.Dial("tcp", listen); err == nil {
		conn.Close()
		t.Errorf("something listens on %s", listen)
	}
}

// A configuration file, and what ALTER SYSTEM writes, do not open the port to others.
func TestNoConfigurationFileOpensTheListener(t *testing.T) {
	opts := listening(t)
	server := start(t, opts)
	admit(t, server)
	conn := connect(t, server.URL(pgd.Database))
	for _, setting := range []string{"listen_addresses = '0.0.0.0'", "hba_file = '/dev/null'", "password_encryption = md5"} {
		exec(t, conn, "ALTER SYSTEM SET "+setting)
	}
	stop(t, server)
	server = start(t, opts)
	conn = connect(t, server.URL(pgd.Database))
	host, _, _ := net.SplitHostPort(opts.Listen)
	for setting, want := range map[string]string{
		"listen_addresses": host, "hba_file": clusterOf(t, opts) + "/pg_hba.conf", "password_encryption": "scram-sha-256",
	} {
		if got := text(t, conn, "SHOW "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
}

func TestAgainListensAgain(t *testing.T) {
	opts := listening(t)
	opts.Unsafe = false
	server := start(t, opts)
	admit(t, server)
	pid, err := strconv.Atoi(strings.SplitN(text(t, connect(t, server.URL("postgres")), `SELECT pg_read_file('postmaster.pid')`), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitDone(t, server)
	again(t, server)
	if got := knock(t, opts.Listen, guest, guestPassword, pgd.Database, ""); got != "" {
		t.Errorf("the guest is refused with %q", got)
	}
	if got := knock(t, opts.Listen, "other", guestPassword, pgd.Database, ""); got != "28000" {
		t.Errorf("another role is refused with %q, want 28000", got)
	}
}

func TestPortInUse(t *testing.T) {
	opts := listening(t)
	taken, err := net.Listen("tcp", opts.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if err := startFails(t, opts); !strings.Contains(err.Error(), "Address already in use") {
		t.Errorf("Start = %v, want that the address is in use", err)
	}
}

// startFails returns the error of a start.
func startFails(t *testing.T, opts pgd.Options) error {
	t.Helper()
	mkdir(t, opts.Dir)
	server, err := pgd.Start(t.Context(), opts)
	if err == nil {
		stop(t, server)
		t.Fatal("Start = nil, want an error")
	}
	return err
}

func TestHolds(t *testing.T) {
	opts := listening(t)
	_, port, _ := net.SplitHostPort(opts.Listen)
	holds := func(when, port string, want bool) {
		t.Helper()
		if got := pgd.Holds(opts.Dir, port); got != want {
			t.Errorf("%s: Holds(%s) = %t, want %t", when, port, got, want)
		}
	}
	holds("before the first start", port, false)
	if pgd.Holds(filepath.Join(opts.Dir, "nowhere"), port) {
		t.Error("a directory that is not there: Holds = true, want false")
	}
	server := start(t, opts)
	holds("while it runs", port, true)
	holds("while it runs", "5432", false)
	stop(t, server)
	holds("after Stop", port, false)
}

func TestCheckListen(t *testing.T) {
	for _, test := range []struct {
		listen string
		want   string // in the error; no error if empty
	}{
		{"127.0.0.1:5433", ""},
		{"localhost:5433", ""},
		{"[::1]:5433", ""},
		{":65535", ""},
		{"0.0.0.0:1", ""},
		{"", "missing port"},
		{"localhost", "missing port"},
		{"5433", "missing port"},
		{"localhost:", "not a number"},
		{"localhost:0", "not a number"},
		{"localhost:65536", "not a number"},
		{"localhost:-1", "not a number"},
		{"localhost:postgres", "not a number"},
		{"*:5433", "not one host"},
		{"a,b:5433", "not one host"},
	} {
		err := pgd.CheckListen(test.listen)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("CheckListen(%q) = %v, want %q", test.listen, err, test.want)
		}
	}
}
