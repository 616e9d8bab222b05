package projections_test

// To be replaced by internal/pgtest.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var (
	pgDir     string
	databases atomic.Int64
)

func mainWithPostgres(m *testing.M) int {
	dir, err := os.MkdirTemp("", "pgt")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	attr := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			panic(err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		_ = os.Chown(dir, uid, gid)
	}
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	bin := bins[len(bins)-1]
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.SysProcAttr = attr
		cmd.Dir = dir
		cmd.Stderr = nil
		return cmd
	}
	if out, err := run("initdb", "-N", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-D", dir+"/data").CombinedOutput(); err != nil {
		panic(string(out))
	}
	server := run("postgres", "-D", dir+"/data", "-c", "listen_addresses=", "-c", "unix_socket_directories="+dir, "-c", "max_connections=100")
	if err := server.Start(); err != nil {
		panic(err)
	}
	defer func() { _ = server.Process.Signal(syscall.SIGINT); _ = server.Wait() }()
	pgDir = dir
	for range 200 {
		conn, err := pgx.Connect(context.Background(), postgresURL("postgres"))
		if err == nil {
			_ = conn.Close(context.Background())
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return m.Run()
}

func postgresURL(database string) string {
	return fmt.Sprintf("host=%s user=postgres dbname=%s", pgDir, database)
}

func newDatabase(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("t%d", databases.Add(1))
	conn, err := pgx.Connect(t.Context(), postgresURL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return postgresURL(name)
}
