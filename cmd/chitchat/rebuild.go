package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/projections"
)

// rebuildCommand builds the tables anew from the log.
type rebuildCommand struct {
	Rollback bool `xor:"what" help:"Go back to the former tables, brought up to the log's end, instead of building new ones."`
	DropOld  bool `xor:"what" help:"Drop the former tables and do nothing else: there is no way back to them then."`
	JSON     bool `name:"json" help:"Print the result as JSON."`
}

// Help says more than one line.
func (*rebuildCommand) Help() string {
	return `Reads the whole log once and fills new tables beside the live ones, makes their indexes, catches up with what
was appended meanwhile, and lets the views of schema chat show them, from one moment to the next. People go on
chatting and querying all the time: they see the old tables or the new ones. The former tables are kept until the
next rebuild, or --drop-old, and --rollback goes back to them.

It works beside a running server and without one. When it is broken off the live tables are as they were; what was
built is thrown away by the next rebuild, which begins anew. The database needs room for another set of tables.`
}

// Run rebuilds, goes back or drops, and says what was done.
func (c *rebuildCommand) Run(ctx context.Context, out *console, config *Config) (err error) {
	if err := config.check(); err != nil {
		return err
	}
	b, log, err := openLog(ctx, config, needs{log: !c.DropOld, tables: true}, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if c.DropOld {
		return c.drop(ctx, out.stdout, b.databaseURL)
	}
	progress := newProgress(out.stderr)
	opts := projections.RebuildOptions{Logger: out.logger, Progress: progress.show}
	do := projections.Rebuild[*eventstore.Reader]
	if c.Rollback {
		do = projections.RollBack[*eventstore.Reader]
	}
	began := time.Now()
	rebuilt, err := do(ctx, b.databaseURL, log, opts)
	progress.close()
	if ctx.Err() != nil && err != nil {
		return errors.New("broken off: the live tables are as they were, and another rebuild begins anew")
	}
	if err != nil {
		return err
	}
	return c.print(out.stdout, rebuilt, time.Since(began))
}

func (c *rebuildCommand) drop(ctx context.Context, w io.Writer, databaseURL string) error {
	dropped, err := projections.DropFormer(ctx, databaseURL)
	if err != nil {
		return err
	}
	if c.JSON {
		return printObject(w, map[string]any{"dropped": append([]int{}, dropped...)})
	}
	if len(dropped) == 0 {
		fmt.Fprintln(w, "there are no former tables")
	}
	for _, number := range dropped {
		fmt.Fprintf(w, "dropped generation %d\n", number)
	}
	return nil
}

func (c *rebuildCommand) print(w io.Writer, r projections.Rebuilt, took time.Duration) error {
	if c.JSON {
		seconds := make(map[projections.Phase]float64)
		for phase, t := range r.Took {
			seconds[phase] = t.Seconds()
		}
		return printObject(w, map[string]any{
			"generation": r.Generation, "former": r.Former, "seq": r.Seq, "dropped": append([]int{}, r.Dropped...),
			"events": r.Events, "quarantined": r.Quarantined, "duplicates": r.Duplicates,
			"seconds": took.Seconds(), "phase_seconds": seconds,
		})
	}
	entries := r.Events + r.Quarantined + r.Duplicates
	fmt.Fprintf(w, "generation %d is live, up to sequence %d; read %d events, %d quarantined, %d repeated messages in %s (%.0f a second)\n",
		r.Generation, r.Seq, r.Events, r.Quarantined, r.Duplicates, took.Round(time.Millisecond), float64(entries)/took.Seconds())
	if r.Former > 0 {
		fmt.Fprintf(w, "generation %d is kept: --rollback goes back to it, --drop-old drops it\n", r.Former)
	}
	for _, number := range r.Dropped {
		fmt.Fprintf(w, "dropped generation %d\n", number)
	}
	return nil
}
