package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// guarded is a disk guard whose world a test makes.
type guarded struct {
	*diskGuard

	mu       sync.Mutex
	free     uint64
	spaceErr error
	ill      error
	restarts []time.Duration // since the beginning
}

func guard(t *testing.T) *guarded {
	t.Helper()
	began := time.Now()
	g := &guarded{free: minFree}
	g.diskGuard = &diskGuard{
		free: func() (uint64, error) {
			g.mu.Lock()
			defer g.mu.Unlock()
			return g.free, g.spaceErr
		},
		health: func() error {
			g.mu.Lock()
			defer g.mu.Unlock()
			return g.ill
		},
		restart: func(context.Context) error {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.restarts = append(g.restarts, time.Since(began).Round(time.Second))
			return errors.New("it does not start")
		},
		logger: slog.New(slog.DiscardHandler),
		wait:   restartFirst,
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run = %v, want nil", err)
		}
	})
	return g
}

// set changes the world.
func (g *guarded) set(free uint64, spaceErr, ill error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free, g.spaceErr, g.ill = free, spaceErr, ill
}

// restarted returns when the server was restarted.
func (g *guarded) restarted() []time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.restarts)
}

// after lets the time pass and wants the guard to refuse, or not.
func (g *guarded) after(t *testing.T, d time.Duration, refuses bool) {
	t.Helper()
	time.Sleep(d) // in synctest's bubble: no time passes outside
	synctest.Wait()
	if err := g.refuse(); (err != nil) != refuses {
		t.Errorf("refuse = %v, want a refusal %t", err, refuses)
	}
}

func TestGuardOfAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard(t)
		g.after(t, 10*time.Second, false)
		g.set(minFree-1, nil, nil)
		g.after(t, diskInterval, true)
		g.after(t, time.Minute, true)
		g.set(minFree, nil, nil)
		g.after(t, diskInterval, false)
		g.set(minFree, errors.New("gone"), nil)
		g.after(t, diskInterval, true)
		g.set(minFree, nil, nil)
		g.after(t, diskInterval, false)
		if restarts := g.restarted(); len(restarts) != 0 {
			t.Errorf("restarts at %v, want none of a server that is well", restarts)
		}
	})
}

func TestGuardRestartsAnIllServerWithBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard(t)
		g.set(minFree, nil, errors.New("a stream is broken"))
		g.after(t, 5*time.Minute+500*time.Millisecond, true)
		var pauses []time.Duration
		restarts := g.restarted()
		for i := 1; i < len(restarts); i++ {
			pauses = append(pauses, restarts[i]-restarts[i-1])
		}
		want := []time.Duration{1, 2, 4, 8, 16, 30, 30}
		for i, seconds := range want {
			if i >= len(pauses) || pauses[i] != seconds*time.Second {
				t.Fatalf("pauses between restarts = %v, want %v seconds to begin with", pauses, want)
			}
		}
		if most := 15; len(restarts) > most {
			t.Errorf("%d restarts in five minutes, want at most %d", len(restarts), most)
		}
		g.set(minFree, nil, nil)
		g.after(t, diskInterval, false)
		before := len(restarts)
		g.set(minFree, nil, errors.New("broken again")) // and the back-off begins anew
		g.after(t, healthInterval+2*time.Second, true)
		if got := len(g.restarted()) - before; got < 2 {
			t.Errorf("%d restarts of a server that was well between, want 2", got)
		}
	})
}

func TestGuardOfAnOutsideNATS(t *testing.T) {
	g := newDiskGuard(&backend{}, slog.New(slog.DiscardHandler))
	if err := g.run(t.Context()); err != nil || g.refuse() != nil {
		t.Errorf("run = %v, refuse = %v, want nothing done", err, g.refuse())
	}
}

// Browsers send an Origin without a slash at its end.
func TestOriginsAreNormalized(t *testing.T) {
	c := serveCommand{Listen: "localhost:0", Roles: roles{gateway: true, api: true, projector: true}, AllowedOrigins: []string{"https://chat.example.com/", "http://localhost:3000"}}
	if err := c.check(&Config{}); err != nil {
		t.Fatal(err)
	}
	if c.AllowedOrigins[0] != "https://chat.example.com" || c.AllowedOrigins[1] != "http://localhost:3000" {
		t.Errorf("origins = %q, want them without a slash at the end", c.AllowedOrigins)
	}
}
