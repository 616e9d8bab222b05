package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faustman/chitchat/internal/natsd"
	"github.com/faustman/chitchat/internal/pgd"
	"github.com/faustman/chitchat/projections"
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
	// restartFirst and restartMost bound the wait before Postgres is started
	// again after it ended by itself.
	restartFirst = time.Second
	restartMost  = 30 * time.Second
)

// keepPostgres starts the private Postgres again when it ends by itself.
// People go on chatting meanwhile.
func (s *server) keepPostgres(ctx context.Context, config *Config) error {
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
		socketDir, err := s.backend.dir.SocketDir()
		if err != nil {
			return err
		}
		bounded, cancel := context.WithTimeout(ctx, startTimeout)
		server, err := pgd.Start(bounded, s.backend.postgresOptions(config, socketDir, s.logger))
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
// full or its server is ill, and restarts that server when there is space
// again. For an outside NATS it does nothing.
type diskGuard struct {
	server *natsd.Server
	dir    string
	logger *slog.Logger
	fault  atomic.Pointer[string]
}

func newDiskGuard(b *backend, logger *slog.Logger) *diskGuard {
	g := &diskGuard{server: b.nats, logger: logger}
	if b.nats != nil {
		g.dir = filepath.Clean(b.dir.Path())
	}
	return g
}

// refuse returns why nothing may be stored now, or nil.
func (g *diskGuard) refuse() error {
	if fault := g.fault.Load(); fault != nil {
		return fmt.Errorf("%s", *fault)
	}
	return nil
}

func (g *diskGuard) run(ctx context.Context) error {
	if g.server == nil {
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
	free, err := natsd.FreeSpace(g.dir)
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

// heal asks the log's server for its health and restarts it when it is ill.
func (g *diskGuard) heal(ctx context.Context) {
	err := g.server.Healthz()
	if err == nil {
		if g.fault.Swap(nil) != nil {
			g.logger.Info("the log can be written to again")
		}
		return
	}
	g.set("the log's server is not healthy")
	g.logger.Error("the embedded NATS server is not healthy and is restarted", "cause", err)
	bounded, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := g.server.Restart(bounded); err != nil {
		g.logger.Error("restart the embedded NATS server", "cause", err)
	}
}

func (g *diskGuard) set(fault string) {
	if old := g.fault.Swap(&fault); old == nil || *old != fault {
		g.logger.Error("nothing is stored now", "reason", fault)
	}
}

// registerProjector makes the projector's state visible to Prometheus.
func registerProjector(registry *prometheus.Registry, projector *projections.Projector) {
	gauge := func(name, help string, value func(projections.Status) float64) {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return value(projector.Status()) }))
	}
	gauge("chitchat_projector_lag_events", "Entries of the log that the tables don't have yet.",
		func(s projections.Status) float64 { return float64(s.Lag) })
	gauge("chitchat_projector_lag_seconds", "For how long the tables have been behind the log.",
		func(s projections.Status) float64 { return s.Behind.Seconds() })
	gauge("chitchat_projector_applied_seq", "Last sequence of the log that the tables have.",
		func(s projections.Status) float64 { return float64(s.Applied.Seq) })
	gauge("chitchat_projector_quarantined_events", "Entries of the log that are in quarantine.",
		func(s projections.Status) float64 { return float64(s.Quarantined) })
	gauge("chitchat_projector_fault", "1 while the projector waits for a fault to pass.",
		func(s projections.Status) float64 {
			if s.Fault != nil {
				return 1
			}
			return 0
		})
}
