package pgd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// pidFile is the file in a cluster by which Postgres says that it runs, and how.
	pidFile = "postmaster.pid"
	// statusReady is its status when connections are taken.
	statusReady = "ready"
	// poll is the time between two looks at that file.
	poll = 5 * time.Millisecond
	// orphanPatience bounds the fast shutdown of an orphan, which writes everything to disk.
	orphanPatience = 30 * time.Second
	// quitPatience bounds an immediate shutdown, which writes nothing.
	quitPatience = 5 * time.Second
)

// ErrNotRunning is returned by [Attach] when no private Postgres runs on the directory.
var ErrNotRunning = errors.New("no private Postgres is running")

// postmaster is what the pid file says.
type postmaster struct {
	pid       int
	socketDir string
	port      string
	status    string
}

// Attach returns the URL of a database of the Postgres that another process runs in dir. It returns
// [ErrNotRunning] when there is none, or none that takes connections yet.
func Attach(dir, database string) (string, error) {
	path, _, err := newest(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && path == "" {
		return "", ErrNotRunning
	}
	if err != nil {
		return "", err
	}
	running, err := readPostmaster(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", ErrNotRunning
	}
	if err != nil {
		return "", err
	}
	if running.status != statusReady || running.socketDir == "" || !owns(running.pid, path) {
		return "", ErrNotRunning
	}
	return socketURL(running.socketDir, running.port, database), nil
}

// readPostmaster reads the pid file of a cluster. Postgres fills it in the course of its start, so the end may be
// missing.
func readPostmaster(cluster string) (postmaster, error) {
	content, err := os.ReadFile(filepath.Join(cluster, pidFile))
	if err != nil {
		return postmaster{}, err
	}
	// Lines: pid, data directory, start time, port, socket directory, listen address, shared memory, status.
	lines := append(strings.Split(string(content), "\n"), make([]string, 8)...)
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	pid, err := strconv.Atoi(lines[0])
	if err != nil {
		return postmaster{}, fmt.Errorf("read %s: %w", pidFile, err)
	}
	return postmaster{pid: pid, port: lines[3], socketDir: lines[4], status: lines[7]}, nil
}

// evict ends a Postgres that a killed predecessor has left running on the cluster, and removes a pid file that names
// a process which is no Postgres: the number has been given anew, and Postgres would refuse to start. A file that names
// no process stays: by it Postgres finds the children that a killed postmaster has left behind, still writing.
func evict(ctx context.Context, cluster string, log *slog.Logger) error {
	file := filepath.Join(cluster, pidFile)
	old, err := readPostmaster(cluster)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		log.Warn("remove unreadable pid file of Postgres", "err", err)
		return remove(file)
	}
	if errors.Is(syscall.Kill(old.pid, 0), syscall.ESRCH) {
		return nil
	}
	if !owns(old.pid, cluster) {
		log.Debug("remove stale pid file of Postgres", "pid", old.pid)
		return remove(file)
	}
	log.Warn("ending the Postgres that a killed chitchat has left behind", "pid", old.pid)
	for _, step := range []struct {
		signal   syscall.Signal
		patience time.Duration
	}{{syscall.SIGINT, orphanPatience}, {syscall.SIGQUIT, quitPatience}} {
		if err := syscall.Kill(old.pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("end orphaned Postgres %d: %w", old.pid, err)
		}
		gone, err := waitGone(ctx, old.pid, cluster, step.patience)
		if gone || err != nil {
			return err
		}
	}
	return fmt.Errorf("orphaned Postgres %d on %s does not end: kill it", old.pid, cluster)
}

// waitGone waits until the process has ended and its pid file is gone; the one may come before the other. A file that
// stays is removed by the next start.
func waitGone(ctx context.Context, pid int, cluster string, patience time.Duration) (bool, error) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		if !owns(pid, cluster) {
			return true, remove(filepath.Join(cluster, pidFile))
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return false, nil
		case <-ctx.Done():
			return false, fmt.Errorf("wait for orphaned Postgres: %w", ctx.Err())
		}
	}
}

// remove removes a file that may be gone already.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove stale pid file: %w", err)
	}
	return nil
}
