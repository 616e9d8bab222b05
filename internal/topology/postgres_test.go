//go:build topology

package topology_test

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/internal/pgd"
	"github.com/faustman/chitchat/internal/pgtest"
)

const (
	// owner is the role that chitchat connects as, and its password.
	owner         = "chitchat_owner"
	ownerPassword = "owner-in-a-test"
	// postgresPatience bounds a start of Postgres, one after a crash too.
	postgresPatience = 60 * time.Second
)

// postgres is a server that chitchat reaches over TCP with a password.
type postgres struct {
	t       testing.TB
	dir     string
	listen  string
	running *pgd.Server
}

// newPostgres starts a server that ends with the test.
func newPostgres(t testing.TB) *postgres {
	t.Helper()
	dir, err := os.MkdirTemp(pgtest.FastDir(), "topology-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil { // root's servants may have to pass through
		t.Fatal(err)
	}
	p := &postgres{t: t, dir: dir, listen: freeAddress(t)}
	ctx, cancel := context.WithTimeout(t.Context(), postgresPatience)
	defer cancel()
	p.running, err = pgd.Start(ctx, pgd.Options{
		Dir: dir, SocketDir: filepath.Join(dir, "sockets"), Bin: os.Getenv("CHITCHAT_PG_BIN"),
		ExtraBinDirs: pgd.FetchedDirs("../.."), Listen: p.listen, Guest: owner, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.running.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	p.makeOwner(ctx)
	return p
}

// makeOwner makes the role that compose files call POSTGRES_USER.
func (p *postgres) makeOwner(ctx context.Context) {
	p.t.Helper()
	conn, err := pgx.Connect(ctx, p.running.URL(pgd.Database))
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "CREATE ROLE "+owner+" LOGIN SUPERUSER PASSWORD '"+ownerPassword+"'"); err != nil {
		p.t.Fatal(err)
	}
}

// url returns the server's address over TCP.
func (p *postgres) url() string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(owner, ownerPassword), Host: p.listen,
		Path: pgd.Database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// pid returns the id of the postmaster.
func (p *postgres) pid() int {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "pg-*", "postmaster.pid"))
	if err != nil || len(files) != 1 {
		p.t.Fatalf("look for the postmaster: %v, %v", files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		p.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		p.t.Fatal(err)
	}
	return pid
}

// kill ends the postmaster as a power cut would, as far as the kernel lets us.
func (p *postgres) kill() {
	p.t.Helper()
	if err := syscall.Kill(p.pid(), syscall.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
	<-p.running.Done()
}

// start starts the server again. It may have to wait for the servants of the one that was killed to notice.
func (p *postgres) start() {
	p.t.Helper()
	eventually(p.t, postgresPatience, "Postgres starts again", func() bool {
		again, err := p.running.Again(p.t.Context())
		if err != nil {
			return false
		}
		p.running = again
		return true
	})
}
