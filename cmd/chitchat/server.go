package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi"
	"github.com/faustman/chitchat/httpapi/gateway"
	"github.com/faustman/chitchat/httpapi/lookup"
	"github.com/faustman/chitchat/httpapi/token"
	"github.com/faustman/chitchat/internal/telemetry"
	"github.com/faustman/chitchat/projections"
)

// server is the parts of a serving process. What its roles don't need is nil.
type server struct {
	roles     roles
	backend   *backend
	log       *eventstore.Log
	watch     *logWatch
	store     *projections.Store
	projector *projections.Projector
	sweeper   *gateway.Sweeper
	gateway   *gateway.Gateway
	authority *token.Authority
	api       *httpapi.Server
	disk      *diskGuard
	traces    *telemetry.Traces // nil when nothing is traced
	pprof     net.Listener      // nil without --pprof
	logger    *slog.Logger
	verdict   atomic.Pointer[verdict] // of a projector elsewhere; nil while none is heard
	complain  rate.Sometimes          // about tables that can't be read
	notice    time.Duration           // see giveNotice
	leaving   atomic.Bool             // not ready any more, and still listening
}

// assemble makes the parts, from the log outwards. The server that it returns
// with an error has some of them, to be closed.
func (c *serveCommand) assemble(ctx context.Context, b *backend, config *Config, address net.Addr, logger *slog.Logger) (*server, error) {
	s := &server{roles: c.Roles, backend: b, logger: logger, disk: newDiskGuard(b, logger), notice: c.DrainNotice, complain: rate.Sometimes{Interval: complainInterval}}
	registry := newRegistry()
	for _, part := range []func() error{
		func() error { return s.startTraces(ctx) },
		func() error { return s.openLog(ctx, c, config, registry) },
		func() error { return s.openTables(ctx, c, registry) },
		func() error { return s.openGateway(ctx, c, address, registry) },
		func() error { return s.openAPI(c, address, registry) },
	} {
		if err := part(); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *server) openLog(ctx context.Context, c *serveCommand, config *Config, registry prometheus.Registerer) (err error) {
	options := eventstore.Options{Replicas: c.Replicas, Logger: s.logger, Tracer: s.traces.Tracer("eventstore")}
	if s.watch, err = newLogWatch(ctx, s.backend, config, registry, s.logger); err != nil {
		return err
	}
	if s.log, err = eventstore.Open(ctx, s.backend.conn, options); err != nil {
		return err
	}
	s.watch.watch(s.log)
	return nil
}

// openTables makes what reads and writes the tables.
func (s *server) openTables(ctx context.Context, c *serveCommand, registry *prometheus.Registry) (err error) {
	if !c.Roles.tables() {
		return nil
	}
	s.store, err = projections.Open(ctx, projections.Config{URL: s.backend.databaseURL, Epoch: s.log.Epoch(), Logger: s.logger})
	if err != nil || !c.Roles.projector {
		return err
	}
	s.projector = projections.NewProjector(s.store, s.log, projections.Options{Registerer: registry, Tracer: s.traces.Tracer("projections")})
	terms, err := s.log.Terms(ctx)
	if err != nil {
		return err
	}
	s.sweeper = gateway.NewSweeper(gateway.SweeperConfig{
		Log:        s.log,
		Terms:      terms,
		Stays:      s.store,
		Held:       s.store.HeldTerms,
		LeaveGrace: c.LeaveGrace,
		Due:        func() bool { return s.projector.Status().Leading },
		Registerer: registry,
		Logger:     s.logger,
	})
	return nil
}

// openGateway makes what serves websockets, and the authority over tokens. A
// gateway without a database asks an api for what the tables know.
func (s *server) openGateway(ctx context.Context, c *serveCommand, address net.Addr, registry prometheus.Registerer) (err error) {
	if !c.Roles.people() {
		return nil
	}
	if s.authority, err = c.openAuthority(ctx, s.backend.secret, s.logger); err != nil || !c.Roles.gateway {
		return err
	}
	terms, err := s.log.Terms(ctx)
	if err != nil {
		return err
	}
	var tables gateway.Tables = lookup.NewClient(s.log)
	if s.store != nil {
		tables = s.store
	}
	s.gateway, err = gateway.New(gateway.Config{
		Log:            s.log,
		Terms:          terms,
		Tables:         tables,
		Verify:         s.authority.Verify,
		SessionKey:     sessionKey(s.backend.secret),
		AllowedOrigins: c.origins(address),
		MessageRate:    c.MessageRate,
		LeaveGrace:     c.LeaveGrace,
		Refuse:         s.refuse,
		Registerer:     registry,
		Tracer:         s.traces.Tracer("httpapi/gateway"),
		Logger:         s.logger,
	})
	return err
}

// openAPI makes what answers HTTP: all that the roles have, and health.
func (s *server) openAPI(c *serveCommand, address net.Addr, registry *prometheus.Registry) (err error) {
	config := httpapi.Config{
		Ready:          s.notReady,
		Metrics:        registry,
		Tracer:         s.traces.Tracer("httpapi"),
		Log:            s.logger,
		Web:            page(),
		AllowedOrigins: c.origins(address),
	}
	if s.authority != nil {
		config.Tokens = s.authority
	}
	if s.gateway != nil {
		config.Channel = s.gateway
	}
	if c.Roles.api {
		config.Reader = s.store
	}
	s.api, err = httpapi.New(config)
	return err
}

// close gives back what the parts hold.
func (s *server) close() {
	if s.watch != nil {
		s.watch.close()
	}
	if s.store != nil {
		s.store.Close()
	}
	s.traces.Close()
}

// startTraces begins to send traces, if the environment names a collector.
func (s *server) startTraces(ctx context.Context) (err error) {
	roles := strings.Split(s.roles.String(), ",")
	s.traces, err = telemetry.Start(ctx, telemetry.Options{Roles: roles, Version: buildVersion(), Logger: s.logger})
	return err
}

// run serves until ctx ends or a part fails, then ends all in order: sockets,
// requests, the other parts.
func (s *server) run(ctx context.Context, listener net.Listener) error {
	parts, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, parts := errgroup.WithContext(parts)
	for _, part := range s.parts() {
		group.Go(func() error { return part(parts) })
	}
	web := s.api.HTTPServer()
	group.Go(func() error {
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	select {
	case <-ctx.Done():
		s.giveNotice(parts)
	case <-parts.Done():
	}
	s.end(web)
	stop()
	return group.Wait()
}

// parts returns what runs in the background for the roles.
func (s *server) parts() []func(context.Context) error {
	parts := []func(context.Context) error{s.watch.run, s.disk.run}
	if s.gateway != nil {
		parts = append(parts, s.gateway.Run)
	}
	if s.projector != nil {
		parts = append(parts, s.projector.Run, s.sweeper.Run)
	}
	if s.projector != nil && s.backend.nats == nil {
		parts = append(parts, s.tellVerdict)
	} else if s.projector == nil {
		parts = append(parts, s.hearVerdict)
	}
	if s.roles.api && s.backend.nats == nil {
		parts = append(parts, s.answerGateways)
	}
	if s.backend.postgres != nil {
		parts = append(parts, s.keepPostgres)
	}
	if s.pprof != nil {
		parts = append(parts, s.servePprof)
	}
	return parts
}

// answerGateways tells gateways that have no database what the tables know.
func (s *server) answerGateways(ctx context.Context) error {
	complain := rate.Sometimes{Interval: time.Second} // each repeated message asks
	return lookup.Answer(ctx, s.log, s.store, func(err error) {
		complain.Do(func() { s.logger.Warn("answer a gateway", "cause", err) })
	})
}

// giveNotice says not ready, and, where a proxy is in front, waits until that
// has seen it. What comes meanwhile is served.
func (s *server) giveNotice(parts context.Context) {
	sockets := 0
	if s.gateway != nil {
		sockets = s.gateway.Sockets()
	}
	s.logger.Info("shutting down", "sockets", sockets)
	s.leaving.Store(true)
	if s.roles.all() || !s.roles.people() {
		return
	}
	select {
	case <-time.After(s.notice):
	case <-parts.Done():
	}
}

// end closes the sockets, spread over some time, and then what listens.
func (s *server) end(web *http.Server) {
	bounded, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if s.gateway != nil {
		s.gateway.Drain(bounded, min(drainPerSocket*time.Duration(s.gateway.Sockets()), drainMost))
	}
	if err := web.Shutdown(bounded); err != nil {
		_ = web.Close()
	}
}
