package pgd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/internal/pgd"
)

const (
	// serveEnv makes the test binary run Postgres in the directory that it names until it is killed.
	serveEnv = "PGD_TEST_SERVE"
	// socketEnv is the socket directory of that.
	socketEnv = "PGD_TEST_SOCKETS"
)

// serveUntilKilled is the child: it commits a row, says so, and waits.
func serveUntilKilled(dir string) {
	ctx := context.Background()
	server, err := pgd.Start(ctx, pgd.Options{
		Dir: dir, SocketDir: os.Getenv(socketEnv), Bin: os.Getenv("CHITCHAT_PG_BIN"), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	conn, err := pgx.Connect(ctx, server.URL(pgd.Database))
	if err == nil {
		_, err = conn.Exec(ctx, `CREATE TABLE kept AS SELECT 'yes' AS value`)
	}
	fmt.Println("committed", err)
	bufio.NewReader(os.Stdin).ReadString('\n')
	os.Exit(1)
}

// killServer runs Postgres in a child, commits a row, and kills the child with SIGKILL.
func killServer(t *testing.T, opts pgd.Options) {
	t.Helper()
	mkdir(t, opts.Dir)
	child := osexec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), serveEnv+"="+opts.Dir, socketEnv+"="+opts.SocketDir)
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "committed <nil>\n" {
		t.Fatalf("child said %q, %v", line, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait() // killed: the error is the point
}

func TestStartAfterKill(t *testing.T) {
	opts := seeded(t)
	opts.Unsafe = false
	killServer(t, opts)
	begin := time.Now()
	server := start(t, opts)
	t.Logf("start after kill -9: %s", time.Since(begin))
	if got := text(t, connect(t, server.URL(pgd.Database)), `SELECT value FROM kept`); got != "yes" {
		t.Errorf("value = %s, want yes", got)
	}
}

func TestPostgresEndsWithItsParent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has Pdeathsig; elsewhere the next start ends the orphan, which TestOrphanIsEnded shows")
	}
	opts := seeded(t)
	killServer(t, opts)
	file := filepath.Join(clusterOf(t, opts), "postmaster.pid")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(testTimeout)
	for {
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("Postgres goes on without its parent")
		}
	}
}
