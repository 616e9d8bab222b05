package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/migrations"
	"github.com/faustman/chitchat/projections"
)

// aliveFor is how long after its last sign of life a gateway is taken to be
// alive: it gives one every five seconds.
const aliveFor = 15 * time.Second

// migrateCommand brings the database up to date.
type migrateCommand struct {
	AcceptLog bool `help:"Accept the log as it is, after it was restored without its end or replaced by another: it gets a new epoch, the tables are thrown away, and serve builds them anew from the log. Stop the server first."`
}

// Run migrates and says what was done.
func (c *migrateCommand) Run(ctx context.Context, out *console, config *Config) error {
	if err := config.check(); err != nil {
		return err
	}
	if c.AcceptLog {
		return acceptLog(ctx, out, config)
	}
	b, err := attachBackend(ctx, config, needs{tables: true}, out.logger)
	if err != nil {
		return err
	}
	return errors.Join(migrate(ctx, out.stdout, b.databaseURL), b.close())
}

func migrate(ctx context.Context, w io.Writer, databaseURL string) error {
	applied, err := migrations.Up(ctx, databaseURL)
	for _, step := range applied {
		fmt.Fprintf(w, "applied %s (%s)\n", step.Name, step.Took.Round(time.Millisecond))
		for _, notice := range step.Notices {
			fmt.Fprintf(w, "  note: %s\n", notice)
		}
	}
	if err == nil && len(applied) == 0 {
		fmt.Fprintln(w, "the database is up to date")
	}
	return err
}

// acceptLog makes what is in the log the truth, whatever the tables have. The
// data directory's lock keeps it from running beside a server.
func acceptLog(ctx context.Context, out *console, config *Config) (err error) {
	if config.NATSURL == "" || config.DatabaseURL == "" {
		if err := dataExists(config); err != nil {
			return err
		}
	}
	b, err := openBackend(ctx, config, needs{log: true, tables: true}, out.logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	log, err := eventstore.Open(ctx, b.conn, eventstore.Options{Existing: true, Logger: out.logger})
	if err != nil {
		return err
	}
	if b.nats == nil {
		if err := refuseBesideGateways(ctx, log); err != nil {
			return err
		}
	}
	if err := migrate(ctx, out.stdout, b.databaseURL); err != nil {
		return err
	}
	end, err := log.Last(ctx)
	if err != nil {
		return err
	}
	if err := log.RenewEpoch(ctx); err != nil {
		return err
	}
	renewed, err := eventstore.Open(ctx, b.conn, eventstore.Options{Existing: true, Logger: out.logger})
	if err != nil {
		return err
	}
	fmt.Fprintf(out.stdout, "the log ends at sequence %d, and its epoch is now %s (it was %s)\n", end.Seq, renewed.Epoch(), log.Epoch())
	generation, err := projections.StartOver(ctx, b.databaseURL, renewed.Epoch())
	if err != nil {
		return err
	}
	fmt.Fprintf(out.stdout, "the tables were thrown away: generation %d is empty, and `chitchat serve` builds it from the log\n", generation)
	return nil
}

// refuseBesideGateways fails when a server on the log, which needs no lock of
// ours when the log is outside, has just shown that it lives.
func refuseBesideGateways(ctx context.Context, log *eventstore.Log) error {
	list, err := listTerms(ctx, log)
	if err != nil {
		return err
	}
	for _, term := range list {
		if ago := time.Since(term.Renewed); !term.Stopped && ago < aliveFor {
			return fmt.Errorf("a server runs on this log (its gateway showed itself %s ago): stop it first", ago.Round(time.Second))
		}
	}
	return nil
}

// listTerms returns the gateways' terms that the log knows of.
func listTerms(ctx context.Context, log *eventstore.Log) ([]eventstore.Term, error) {
	terms, err := log.Terms(ctx)
	if err != nil {
		return nil, err
	}
	return terms.List(ctx)
}
