package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/faustman/chitchat/internal/natsd"
)

const (
	// minFree is the free space under which nothing more is stored, in bytes:
	// a full disk breaks a stream until its server is restarted.
	minFree = 256 << 20
	// diskInterval is how often the free space is looked at. At ten times the
	// rate that one disk was seen to take, less than minFree is written between
	// two looks.
	diskInterval = time.Second
	// healthInterval is how often the embedded log is asked for its health.
	healthInterval = 5 * time.Second
	// restartFirst and restartMost bound the wait before Postgres, or the log's
	// server, is started again; it doubles from one to the other.
	restartFirst = time.Second
	restartMost  = 30 * time.Second
)

// keepPostgres starts the private Postgres again when it ends by itself, at the
// same address. People go on chatting meanwhile.
func (s *server) keepPostgres(ctx context.Context) error {
	wait := restartFirst
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.backend.postgres.Done():
		}
		s.logger.Error("Postgres ended by itself and is started again", "cause", s.backend.postgres.Err(), "wait", wait.String())
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		bounded, cancel := context.WithTimeout(ctx, startTimeout)
		server, err := s.backend.postgres.Again(bounded)
		cancel()
		if err != nil {
			s.logger.Error("start Postgres", "cause", err)
			wait = min(2*wait, restartMost)
			continue
		}
		s.backend.postgres, wait = server, restartFirst
	}
}

// diskGuard refuses to store anything when the embedded log's disk is nearly
// full or its server is ill, and restarts that server until it is well again,
// first when there is space. An outside NATS is its operator's to watch: for
// one, the guard does nothing.
type diskGuard struct {
	free    func() (uint64, error) // space of the data directory, in bytes; nil for an outside NATS
	health  func() error
	restart func(ctx context.Context) error
	logger  *slog.Logger
	fault   atomic.Pointer[string]
	// wait is the pause after the next restart, which comes at next; only run
	// uses them.
	wait time.Duration
	next time.Time
}

func newDiskGuard(b *backend, logger *slog.Logger) *diskGuard {
	g := &diskGuard{logger: logger, wait: restartFirst}
	if b.nats != nil {
		dir := filepath.Clean(b.dir.Path())
		g.free = func() (uint64, error) { return natsd.FreeSpace(dir) }
		g.health, g.restart = b.nats.Healthz, b.nats.Restart
	}
	return g
}

// refuse returns why nothing may be stored now, or nil.
func (g *diskGuard) refuse() error {
	if fault := g.fault.Load(); fault != nil {
		return errors.New(*fault)
	}
	return nil
}

func (g *diskGuard) run(ctx context.Context) error {
	if g.free == nil {
		return nil
	}
	ticker := time.NewTicker(diskInterval)
	defer ticker.Stop()
	checked := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if g.full() {
			continue
		}
		if time.Since(checked) >= healthInterval || g.fault.Load() != nil {
			g.heal(ctx)
			checked = time.Now()
		}
	}
}

// full looks at the free space and reports whether there is too little.
func (g *diskGuard) full() bool {
	free, err := g.free()
	if err != nil {
		g.set("the data directory's free space can't be read")
		g.logger.Error("read the free space", "cause", err)
		return true
	}
	if free < minFree {
		g.set(fmt.Sprintf("the disk of the data directory has under %d MiB free: make space", minFree>>20))
		return true
	}
	return false
}

// heal asks the log's server for its health and restarts it when it is ill,
// less and less often while that does not help.
func (g *diskGuard) heal(ctx context.Context) {
	err := g.health()
	if err == nil {
		g.wait, g.next = restartFirst, time.Time{}
		if g.fault.Swap(nil) != nil {
			g.logger.Info("the log can be written to again")
		}
		return
	}
	g.set("the log's server is not healthy")
	if time.Now().Before(g.next) {
		return
	}
	g.logger.Error("the embedded NATS server is not healthy and is restarted", "cause", err, "next", g.wait.String())
	bounded, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := g.restart(bounded); err != nil {
		g.logger.Error("restart the embedded NATS server", "cause", err)
	}
	g.next = time.Now().Add(g.wait)
	g.wait = min(2*g.wait, restartMost)
}

func (g *diskGuard) set(fault string) {
	if old := g.fault.Swap(&fault); old == nil || *old != fault {
		g.logger.Error("nothing is stored now", "reason", fault)
	}
}
