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
	"strings"
	"time"

	"github.com/faustman/chitchat/httpapi/token"
	"github.com/faustman/chitchat/internal/telemetry"
	"github.com/faustman/chitchat/web"
)

const (
	// drainPerSocket and drainMost spread the end of sockets over time, so that
	// their clients don't all come back in the same moment.
	drainPerSocket = 2 * time.Millisecond
	drainMost      = 5 * time.Second
	// maxNotice bounds --drain-notice: the ends of all parts of the program come
	// behind it.
	maxNotice = time.Minute
	// maxReplicas is the most that JetStream has.
	maxReplicas = 5
)

// serveCommand runs everything in one process, or the parts that --roles names.
type serveCommand struct {
	Roles          roles         `env:"CHITCHAT_ROLES" default:"gateway,api,projector" help:"What this process is: any of gateway (websockets; needs NATS), api (HTTP and the page; needs NATS and Postgres) and projector (the tables; needs both)." placeholder:"ROLE,…"`
	Listen         string        `env:"CHITCHAT_LISTEN" default:"localhost:8080" help:"Address of the one HTTP port." placeholder:"HOST:PORT"`
	AllowedOrigins []string      `env:"CHITCHAT_ALLOWED_ORIGINS" help:"Origins whose pages may connect, like https://chat.example.com. Default: the server's own." placeholder:"ORIGIN"`
	MessageRate    float64       `env:"CHITCHAT_MESSAGE_RATE" default:"20" help:"Messages a second and user, with a burst of twice that; 0 means no limit."`
	LeaveGrace     time.Duration `env:"CHITCHAT_LEAVE_GRACE" default:"10s" help:"How long a lost connection may take to come back before its session leaves."`
	DrainNotice    time.Duration `env:"CHITCHAT_DRAIN_NOTICE" default:"3s" help:"For how long a gateway or an api that is ended says that it is not ready before it stops, so that a proxy in front sends nothing more. A process that is everything does not wait."`
	JWKSURL        string        `name:"jwks-url" env:"CHITCHAT_JWKS_URL" help:"Take tokens of an outside service with these keys (RS256, ES256, EdDSA); POST /auth is then off." placeholder:"URL"`
	Replicas       int           `env:"CHITCHAT_REPLICAS" help:"How many NATS servers keep the log, when it is made. Default: 3 where NATS is a cluster, else 1." placeholder:"N"`
	Pprof          string        `env:"CHITCHAT_PPROF" help:"Serve profiles of the program (/debug/pprof) at this loopback address. Default: no port." placeholder:"HOST:PORT"`
	PGListen       string        `name:"pg-listen" env:"CHITCHAT_PG_LISTEN" help:"Also let tools read the private Postgres at this address, as chitchat_analyst with the password in pg-analyst-password below --data. Default: no port." placeholder:"HOST:PORT"`
}

func (c *serveCommand) check(config *Config) error {
	if err := config.check(); err != nil {
		return err
	}
	if err := checkListen(c.Listen); err != nil {
		return err
	}
	if err := c.Roles.check(config, c.JWKSURL != ""); err != nil {
		return err
	}
	if err := c.checkPGListen(config); err != nil {
		return err
	}
	if err := c.checkPprof(); err != nil {
		return err
	}
	if err := telemetry.Check(); err != nil {
		return usageError{err}
	}
	if c.Replicas < 0 || c.Replicas > maxReplicas || c.Replicas > 1 && config.NATSURL == "" {
		return usagef("--replicas (CHITCHAT_REPLICAS) must be from 1 to %d, and more than 1 is for an outside cluster (--nats-url)", maxReplicas)
	}
	if c.MessageRate < 0 || c.MessageRate > 1e6 {
		return usagef("--message-rate (CHITCHAT_MESSAGE_RATE) must be from 0 to 1000000")
	}
	if c.LeaveGrace < 0 || c.LeaveGrace > time.Hour {
		return usagef("--leave-grace (CHITCHAT_LEAVE_GRACE) must be from 0s to 1h")
	}
	if c.DrainNotice < 0 || c.DrainNotice > maxNotice {
		return usagef("--drain-notice (CHITCHAT_DRAIN_NOTICE) must be from 0s to %v", maxNotice)
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
	pprof, err := c.listenPprof(out.logger)
	if err != nil {
		return err
	}
	if pprof != nil {
		defer pprof.Close()
	}
	need := needs{log: true, tables: c.Roles.tables(), secret: c.Roles.people(), pgListen: c.PGListen}
	b, err := openBackend(ctx, config, need, out.logger)
	if err != nil {
		return err
	}
	c.sayPGListen(b, out.logger)
	s, err := c.assemble(ctx, b, config, listener.Addr(), out.logger)
	if err == nil {
		s.pprof = pprof
		out.logger.Info("serving", "address", "http://"+listener.Addr().String(), "roles", c.Roles.String(), "epoch", s.log.Epoch(), "took", time.Since(began).Round(time.Millisecond).String())
		err = s.run(ctx, listener)
	}
	if s != nil {
		s.close()
	}
	return errors.Join(err, b.close())
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
