package pgd_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/faustman/chitchat/internal/pgd"
)

// Connections hold on to an address: the next Postgres is at the same, wherever that is.
func TestAgainIsAtTheSameAddress(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*pgd.Options)
	}{
		{"below the given directory", func(*pgd.Options) {}},
		{"in a temporary one", func(o *pgd.Options) { o.SocketDir = "" }},
		{"in a temporary one, for a long path", func(o *pgd.Options) { o.SocketDir = filepath.Join(o.SocketDir, strings.Repeat("x", 100)) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts := seeded(t)
			opts.Unsafe = false
			test.change(&opts)
			server := start(t, opts)
			if _, err := server.Again(t.Context()); err == nil {
				t.Error("Again while it runs = nil, want an error")
			}
			conn := connect(t, server.URL(pgd.Database))
			sockets := text(t, conn, "SHOW unix_socket_directories")
			exec(t, conn, `CREATE TABLE kept AS SELECT 'yes' AS value`)
			for _, remove := range []bool{false, true} {
				pid, err := strconv.Atoi(strings.SplitN(text(t, connect(t, server.URL("postgres")), `SELECT pg_read_file('postmaster.pid')`), "\n", 2)[0])
				if err != nil {
					t.Fatal(err)
				}
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				waitDone(t, server)
				if remove { // as a start that failed does
					if err := os.RemoveAll(sockets); err != nil {
						t.Fatal(err)
					}
				}
				next := again(t, server)
				if next.URL(pgd.Database) != server.URL(pgd.Database) {
					t.Errorf("URL = %s, want %s", next.URL(pgd.Database), server.URL(pgd.Database))
				}
				server = next
				if got := text(t, connect(t, server.URL(pgd.Database)), `SELECT value FROM kept`); got != "yes" {
					t.Errorf("value = %s, want yes", got)
				}
			}
		})
	}
}

// again starts the server again, as often as it takes until the children of the killed one are gone.
func again(t *testing.T, server *pgd.Server) *pgd.Server {
	t.Helper()
	for deadline := time.Now().Add(testTimeout); ; {
		next, err := server.Again(t.Context())
		if err == nil {
			t.Cleanup(func() { stop(t, next) })
			return next
		}
		if time.Now().After(deadline) {
			t.Fatalf("Again: %v", err)
		}
		time.Sleep(100 * time.Millisecond) // as whoever keeps it running does; each try starts processes
	}
}

func TestAgainRefusesSomebodyElsesDirectory(t *testing.T) {
	opts := seeded(t)
	opts.SocketDir = ""
	server := start(t, opts)
	sockets := text(t, connect(t, server.URL(pgd.Database)), "SHOW unix_socket_directories")
	stop(t, server)
	if err := os.WriteFile(sockets, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(sockets) })
	if next, err := server.Again(t.Context()); err == nil || !strings.Contains(err.Error(), "somebody else") {
		t.Errorf("Again = %v, %v, want a refusal", next, err)
	}
}
