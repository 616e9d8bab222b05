package pgtest

import (
	"context"
	"testing"

	"github.com/faustman/chitchat/internal/pgd"
)

// Server is a Postgres of one test alone.
type Server struct {
	t       testing.TB
	opts    pgd.Options
	running *pgd.Server
}

// NewServer starts a server for this test, which is stopped at its end. It needs the machine's own binaries. A Server is
// not safe for concurrent use.
func NewServer(t testing.TB) *Server {
	t.Helper()
	opts, remove, err := private()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	s := &Server{t: t, opts: opts}
	t.Cleanup(func() {
		s.Stop()
		if err := remove(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	s.Start()
	return s
}

// Start starts the server again after Stop, with what it has stored. Its URL stays the same.
func (s *Server) Start() {
	s.t.Helper()
	if s.running != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	running, err := pgd.Start(ctx, s.opts)
	if err != nil {
		s.t.Fatalf("pgtest: %v", err)
	}
	s.running = running
}

// Stop stops the server and ends all connections to it. Stopping twice is allowed.
func (s *Server) Stop() {
	s.t.Helper()
	if s.running == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), databaseTimeout)
	defer cancel()
	if err := s.running.Stop(ctx); err != nil {
		s.t.Errorf("pgtest: %v", err)
	}
	s.running = nil
}

// URL returns the address of the server's database, which is empty at first. The server must be running.
func (s *Server) URL() string {
	s.t.Helper()
	if s.running == nil {
		s.t.Fatal("pgtest: URL of a stopped server")
	}
	return s.running.URL(pgd.Database)
}
