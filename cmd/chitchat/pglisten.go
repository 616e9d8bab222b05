package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/internal/pgd"
	"github.com/faustman/chitchat/migrations"
)

const (
	// analystPassword and analystPasswordBytes are the kept password of tools
	// that come over --pg-listen.
	analystPassword      = "pg-analyst-password"
	analystPasswordBytes = 24
)

// checkPGListen finds a --pg-listen that can't be.
func (c *serveCommand) checkPGListen(config *Config) error {
	if c.PGListen == "" {
		return nil
	}
	if config.DatabaseURL != "" {
		return usagef("--pg-listen (CHITCHAT_PG_LISTEN) opens the private Postgres, and --database-url (DATABASE_URL) names another: give one of them")
	}
	if err := pgd.CheckListen(c.PGListen); err != nil {
		return usagef("--pg-listen (CHITCHAT_PG_LISTEN) %q is not HOST:PORT, with a port from 1 to 65535, like 127.0.0.1:5433", c.PGListen)
	}
	return nil
}

// reservePGListen takes the port of --pg-listen until it is closed, so that one
// in use is told before anything listens. A port that the Postgres of a killed
// server still holds comes free when Postgres is started.
func (c *serveCommand) reservePGListen(config *Config) (io.Closer, error) {
	if c.PGListen == "" {
		return io.NopCloser(nil), nil
	}
	listener, err := net.Listen("tcp", c.PGListen)
	if err == nil {
		return listener, nil
	}
	_, port, _ := net.SplitHostPort(c.PGListen) // checked before
	if errors.Is(err, syscall.EADDRINUSE) && pgd.Holds(config.Data, port) {
		return io.NopCloser(nil), nil
	}
	return nil, fmt.Errorf("listen on --pg-listen (CHITCHAT_PG_LISTEN): %w", err)
}

// sayPGListen logs how tools connect.
func (c *serveCommand) sayPGListen(b *backend, logger *slog.Logger) {
	if c.PGListen == "" {
		return
	}
	logger.Info("Postgres takes connections of tools", "address", c.PGListen, "user", migrations.Analyst,
		"database", pgd.Database, "password_file", b.dir.Sub(analystPassword))
	if host, _, _ := net.SplitHostPort(c.PGListen); !loopback(host) {
		logger.Warn("--pg-listen is open to other machines and has no TLS: what is read can be listened to on its way, " +
			"and whoever reaches the port can keep others from it; use 127.0.0.1 and a tunnel, or a network of your own")
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// prepareAnalyst makes the analyst's role in the private Postgres, with what it
// may and may not do, and lets it log in over listen, or not at all.
func (b *backend) prepareAnalyst(ctx context.Context, listen string) error {
	if err := migrations.Private(ctx, b.databaseURL); err != nil {
		return err
	}
	login := "NOLOGIN PASSWORD NULL"
	if listen != "" {
		password, err := b.dir.Secret(analystPassword, analystPasswordBytes)
		if err != nil {
			return err
		}
		verifier, err := pgd.Verifier(string(password))
		if err != nil {
			return err
		}
		login = "LOGIN PASSWORD '" + verifier + "'" // base64 and $
	}
	conn, err := pgx.Connect(ctx, b.databaseURL)
	if err != nil {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// The lock is that of the files of migrations: a command beside us may alter
	// the role in this moment.
	_, err = conn.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext('chitchat_analyst')); ALTER ROLE "+migrations.Analyst+" "+login)
	if err != nil {
		return fmt.Errorf("switch the login of %s: %w", migrations.Analyst, err)
	}
	return nil
}
