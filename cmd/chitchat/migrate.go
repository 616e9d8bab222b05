package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/faustman/chitchat/migrations"
)

// migrateCommand brings the database up to date.
type migrateCommand struct{}

// Run migrates and says what was done.
func (migrateCommand) Run(ctx context.Context, out *console, config *Config) (err error) {
	if err := config.check(); err != nil {
		return err
	}
	b, err := attachBackend(ctx, config, needs{tables: true}, out.logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	applied, err := migrations.Up(ctx, b.databaseURL)
	for _, step := range applied {
		fmt.Fprintf(out.stdout, "applied %s (%s)\n", step.Name, step.Took.Round(time.Millisecond))
		for _, notice := range step.Notices {
			fmt.Fprintf(out.stdout, "  note: %s\n", notice)
		}
	}
	if err == nil && len(applied) == 0 {
		fmt.Fprintln(out.stdout, "the database is up to date")
	}
	return err
}
