package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi"
	"github.com/faustman/chitchat/httpapi/gateway"
	"github.com/faustman/chitchat/httpapi/token"
	"github.com/faustman/chitchat/projections"
	"github.com/faustman/chitchat/web"
)

const (
	// drainPerSocket and drainMost spread the end of sockets over time, so that
	// their clients don't all come back in the same moment.
	drainPerSocket = 2 * time.Millisecond
	drainMost      = 5 * time.Second
)

// serveCommand runs everything in one process.
type serveCommand struct {
	Listen         string        `env:"CHITCHAT_LISTEN" default:"localhost:8080" help:"Address of the one HTTP port." placeholder:"HOST:PORT"`
	AllowedOrigins []string      `env:"CHITCHAT_ALLOWED_ORIGINS" help:"Origins whose pages may connect, like https://chat.example.com. Default: the server's own." placeholder:"ORIGIN"`
	MessageRate    float64       `env:"CHITCHAT_MESSAGE_RATE" default:"20" help:"Messages a second and user, with a burst of twice that; 0 means no limit."`
	LeaveGrace     time.Duration `env:"CHITCHAT_LEAVE_GRACE" default:"10s" help:"How long a lost connection may take to come back before its session leaves."`
	JWKSURL        string        `name:"jwks-url" env:"CHITCHAT_JWKS_URL" help:"Take tokens of an outside service with these keys (RS256, ES256, EdDSA); POST /auth is then off." placeholder:"URL"`
	PGListen       string        `name:"pg-listen" env:"CHITCHAT_PG_LISTEN" help:"Also let tools read the private Postgres at this address, as chitchat_analyst with the password in pg-analyst-password below --data. Default: no port." placeholder:"HOST:PORT"`
}

func (c *serveCommand) check(config *Config) error {
	if err := config.check(); err != nil {
		return err
	}
	if err := checkListen(c.Listen); err != nil {
		return err
	}
	if err := c.checkPGListen(config); err != nil {
		return err
	}
	if c.MessageRate < 0 || c.MessageRate > 1e6 {
		return usagef("--message-rate (CHITCHAT_MESSAGE_RATE) must be from 0 to 1000000")
	}
	if c.LeaveGrace < 0 || c.LeaveGrace > time.Hour {
		return usagef("--leave-grace (CHITCHAT_LEAVE_GRACE) must be from 0s to 1h")
	}
	for i, origin := range c.AllowedOrigins {
		if !strings.HasPrefix(origin, "http://") && !strings.HasPrefix(origin, "https://") {
			return usagef("--allowed-origins (CHITCHAT_ALLOWED_ORIGINS) %q is not an origin like https://chat.example.com", origin)
		}
		c.AllowedOrigins[i] = strings.TrimRight(origin, "/") // browsers send none
	}
	return nil
}

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, out *console, config *Config) error {
	if err := c.check(config); err != nil {
		return err
	}
	began := time.Now()
	reserved, err := c.reservePGListen(config)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	reserved.Close()
	if err != nil {
		return fmt.Errorf("listen on --listen (CHITCHAT_LISTEN): %w", err)
	}
	defer listener.Close()
	b, err := openBackend(ctx, config, needs{log: true, tables: true, secret: true, pgListen: c.PGListen}, out.logger)
	if err != nil {
		return err
	}
	c.sayPGListen(b, out.logger)
	s, err := c.assemble(ctx, b, listener.Addr(), out.logger)
	if err == nil {
		out.logger.Info("serving", "address", "http://"+listener.Addr().String(), "epoch", s.log.Epoch(), "took", time.Since(began).Round(time.Millisecond).String())
		err = s.run(ctx, listener)
		s.store.Close()
	}
	return errors.Join(err, b.close())
}

// server is the parts of a serving process.
type server struct {
	backend   *backend
	log       *eventstore.Log
	store     *projections.Store
	projector *projections.Projector
	gateway   *gateway.Gateway
	authority *token.Authority
	api       *httpapi.Server
	disk      *diskGuard
	logger    *slog.Logger
}

// assemble makes the parts, from the log outwards.
func (c *serveCommand) assemble(ctx context.Context, b *backend, address net.Addr, logger *slog.Logger) (*server, error) {
	s := &server{backend: b, logger: logger, disk: newDiskGuard(b, logger)}
	var err error
	if s.log, err = eventstore.Open(ctx, b.conn, eventstore.Options{Logger: logger}); err != nil {
		return nil, err
	}
	if b.nats == nil {
		logger.Warn("an outside NATS can't be asked whether it syncs every write: make sure that its configuration has sync_interval: always")
	}
	terms, err := s.log.Terms(ctx, 1)
	if err != nil {
		return nil, err
	}
	if s.store, err = projections.Open(ctx, projections.Config{URL: b.databaseURL, Epoch: s.log.Epoch(), Logger: logger}); err != nil {
		return nil, err
	}
	s.projector = projections.NewProjector(s.store, s.log, projections.Options{})
	if s.authority, err = c.openAuthority(ctx, b.secret, logger); err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registerProjector(registry, s.projector)
	origins := c.origins(address)
	s.gateway, err = gateway.New(gateway.Config{
		Log:            s.log,
		Terms:          terms,
		Tables:         s.store,
		Verify:         s.authority.Verify,
		SessionKey:     sessionKey(b.secret),
		AllowedOrigins: origins,
		MessageRate:    c.MessageRate,
		LeaveGrace:     c.LeaveGrace,
		Refuse:         s.refuse,
		Registerer:     registry,
		Logger:         logger,
	})
	if err != nil {
		return nil, err
	}
	s.api, err = httpapi.New(httpapi.Config{
		Tokens:         s.authority,
		Reader:         s.store,
		Channel:        s.gateway,
		Ready:          s.notReady,
		Metrics:        registry,
		Log:            logger,
		Web:            page(),
		AllowedOrigins: origins,
	})
	return s, err
}

func (c *serveCommand) openAuthority(ctx context.Context, secret []byte, logger *slog.Logger) (*token.Authority, error) {
	if c.JWKSURL == "" {
		return token.NewSecretAuthority(secret, time.Now)
	}
	authority, err := token.NewJWKSAuthority(ctx, c.JWKSURL, time.Now, logger)
	if err != nil {
		return nil, usagef("--jwks-url (CHITCHAT_JWKS_URL): %w", err)
	}
	return authority, nil
}

// origins are those whose pages may connect. A server on the loopback
// interface names its own, since there a page of any site could reach it under
// a name of its own that points to this machine; elsewhere its own origin is
// known by the Host header alone.
func (c *serveCommand) origins(address net.Addr) []string {
	if len(c.AllowedOrigins) > 0 {
		return c.AllowedOrigins
	}
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		return nil
	}
	var origins []string
	for _, host := range []string{"localhost", "127.0.0.1", "[::1]"} {
		origins = append(origins, fmt.Sprintf("http://%s:%d", host, tcp.Port))
		if tcp.Port == 80 { // which browsers leave out
			origins = append(origins, "http://"+host)
		}
	}
	return origins
}

func page() fs.FS {
	if files, built := web.Files(); built {
		return files
	}
	return nil
}

// sessionKey derives the key of session ids from the secret of tokens, so that
// gateways which share the one share the other.
func sessionKey(secret []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("chitchat session"))
	return mac.Sum(nil)
}

// errTimeline is why nothing is stored on another timeline; the projector's
// fault says the rest.
var errTimeline = errors.New("nothing is stored: this log would give sequences twice")

// refuse returns why nothing may be stored now, or nil. On another timeline of
// the same log, what is stored gets sequences that were given away before.
func (s *server) refuse() error {
	if mismatch := s.projector.Status().Position; mismatch != nil && mismatch.SameEpoch() {
		return errTimeline
	}
	return s.disk.refuse()
}

// notReady returns why the process can't serve.
func (s *server) notReady() []string {
	reasons := append(s.gateway.Ready(), s.authority.Problems()...)
	if status := s.projector.Status(); status.Rebuild != nil {
		reasons = append(reasons, fmt.Sprintf("the tables are of another program and are built anew: %s, %d of %d",
			status.Rebuild.Phase, status.Rebuild.Seq, status.Rebuild.End))
	} else if status.Fault != nil {
		reasons = append(reasons, "the tables are not kept up: "+publicReason(status.Fault))
	} else if status.Applied == (domain.Position{}) {
		reasons = append(reasons, "the tables are not open yet")
	}
	return reasons
}

// publicReason tells a fault without the database's words, which may show SQL
// or an address.
func publicReason(fault error) string {
	var position *projections.PositionError
	var model *projections.ModelError
	switch {
	case errors.As(fault, &position):
		return position.Error()
	case errors.As(fault, &model):
		return model.Error()
	case errors.Is(fault, projections.ErrUnavailable):
		return "Postgres can't be reached"
	default:
		return "see the server's log"
	}
}

// run serves until ctx ends or a part fails, then ends all in order: sockets,
// requests, gateway, projector.
func (s *server) run(ctx context.Context, listener net.Listener) error {
	parts, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, parts := errgroup.WithContext(parts)
	group.Go(func() error { return s.gateway.Run(parts) })
	group.Go(func() error { return s.projector.Run(parts) })
	group.Go(func() error { return s.disk.run(parts) })
	if s.backend.postgres != nil {
		group.Go(func() error { return s.keepPostgres(parts) })
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
		s.logger.Info("shutting down", "sockets", s.gateway.Sockets())
	case <-parts.Done():
	}
	bounded, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	s.gateway.Drain(bounded, min(drainPerSocket*time.Duration(s.gateway.Sockets()), drainMost))
	if err := web.Shutdown(bounded); err != nil {
		_ = web.Close()
	}
	stop()
	return group.Wait()
}
