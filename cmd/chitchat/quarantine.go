package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/projections"
)

// quarantineCommand is for what is in the log and not in the tables.
type quarantineCommand struct {
	List  quarantineList  `cmd:"" help:"List the entries that need a look."`
	Show  quarantineShow  `cmd:"" help:"Show all there is of an entry."`
	Retry quarantineRetry `cmd:"" help:"Try entries again by the rules of today, and apply those that are messages now."`
	Skip  quarantineSkip  `cmd:"" help:"Accept entries as they are, and hear no more of them."`
}

// Help says more than one line.
func (*quarantineCommand) Help() string {
	return `An entry of the log that is no event (invalid), or that Postgres does not take (refused), is not in the tables: it
is kept here with its reason, and everything else goes on. So is a message whose sender has used its id before
(duplicate), which is no fault: nothing is lost.`
}

// withStore calls do with the tables, and with the log when that is needed.
func withStore(ctx context.Context, out *console, config *Config, need needs, do func(b *backend, store *projections.Store) error) (err error) {
	if err := config.check(); err != nil {
		return err
	}
	need.tables = true
	b, err := attachBackend(ctx, config, need, out.logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	store, err := projections.Open(ctx, projections.Config{URL: b.databaseURL, Logger: out.logger})
	if err != nil {
		return err
	}
	defer store.Close()
	return do(b, store)
}

// quarantineList lists the quarantine.
type quarantineList struct {
	After uint64 `placeholder:"SEQ" help:"Only entries behind this sequence."`
	Limit int    `default:"100" help:"How many at most." placeholder:"N"`
	All   bool   `help:"Duplicates, and what was skipped, too."`
	JSON  bool   `name:"json" help:"Print JSON, an array."`
}

// maxListed bounds a list, whose entries have up to 64 KiB each in memory.
const maxListed = 1000

// Run prints the list.
func (c *quarantineList) Run(ctx context.Context, out *console, config *Config) error {
	if c.Limit < 1 || c.Limit > maxListed {
		return usagef("--limit is from 1 to %d", maxListed)
	}
	return withStore(ctx, out, config, needs{}, func(_ *backend, store *projections.Store) error {
		entries, err := store.ListQuarantine(ctx, projections.QuarantineQuery{After: c.After, Limit: c.Limit + 1, All: c.All})
		if err != nil {
			return err
		}
		more := len(entries) > c.Limit
		entries = entries[:min(len(entries), c.Limit)]
		if c.JSON {
			views := make([]quarantinedView, 0, len(entries))
			for _, q := range entries {
				views = append(views, viewOf(q, false))
			}
			err = printObject(out.stdout, views)
		} else {
			err = printQuarantine(out.stdout, entries)
		}
		if more {
			fmt.Fprintf(out.stderr, "there are more: add --after %d\n", entries[len(entries)-1].Seq)
		}
		return err
	})
}

func printQuarantine(w io.Writer, entries []projections.Quarantined) error {
	if len(entries) == 0 {
		_, err := fmt.Fprintln(w, "nothing needs a look")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SEQ\tKIND\tSUBJECT\tSTORED\tREASON")
	for _, q := range entries {
		kind := string(q.Code)
		if !q.Skipped.IsZero() {
			kind += ", skipped"
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", q.Seq, kind, safe(q.Subject), q.Stored.Local().Format(clockLayout), safe(q.Reason))
	}
	return table.Flush()
}

// quarantinedView is an entry as --json prints it.
type quarantinedView struct {
	Seq           uint64     `json:"seq"`
	Code          string     `json:"code"`
	Subject       string     `json:"subject"`
	Reason        string     `json:"reason"`
	StoredAt      time.Time  `json:"stored_at"`
	QuarantinedAt time.Time  `json:"quarantined_at"`
	SkippedAt     *time.Time `json:"skipped_at,omitempty"`
	PayloadBytes  int64      `json:"payload_bytes"`
	// Payload is what is kept of it, up to 64 KiB: as text when it is one.
	Payload       *string `json:"payload,omitempty"`
	PayloadBase64 []byte  `json:"payload_base64,omitempty"`
}

func viewOf(q projections.Quarantined, payload bool) quarantinedView {
	view := quarantinedView{
		Seq: q.Seq, Code: string(q.Code), Subject: q.Subject, Reason: q.Reason,
		StoredAt: q.Stored.UTC(), QuarantinedAt: q.Since.UTC(), PayloadBytes: q.PayloadBytes,
	}
	if !q.Skipped.IsZero() {
		view.SkippedAt = new(q.Skipped.UTC())
	}
	switch {
	case !payload:
	case utf8.Valid(q.Payload):
		view.Payload = new(string(q.Payload))
	default:
		view.PayloadBase64 = q.Payload
	}
	return view
}

// quarantineShow shows an entry.
type quarantineShow struct {
	Seq  uint64 `arg:"" help:"Its sequence."`
	JSON bool   `name:"json" help:"Print JSON: the payload as text when it is UTF-8, else in base64."`
}

// Run prints the entry.
func (c *quarantineShow) Run(ctx context.Context, out *console, config *Config) error {
	return withStore(ctx, out, config, needs{}, func(_ *backend, store *projections.Store) error {
		q, err := store.QuarantinedAt(ctx, c.Seq)
		if err != nil {
			return err
		}
		if c.JSON {
			return printObject(out.stdout, viewOf(q, true))
		}
		return printQuarantined(out.stdout, q)
	})
}

func printQuarantined(w io.Writer, q projections.Quarantined) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "sequence\t%d\nsubject\t%s\nkind\t%s\nreason\t%s\n", q.Seq, safe(q.Subject), q.Code, safe(q.Reason))
	fmt.Fprintf(table, "stored\t%s\nquarantined\t%s\n", q.Stored.Local().Format(time.RFC3339Nano), q.Since.Local().Format(time.RFC3339))
	if !q.Skipped.IsZero() {
		fmt.Fprintf(table, "skipped\t%s\n", q.Skipped.Local().Format(time.RFC3339))
	}
	kept := ""
	if int64(len(q.Payload)) < q.PayloadBytes {
		kept = fmt.Sprintf(", of which the first %d are shown", len(q.Payload))
	}
	fmt.Fprintf(table, "payload\t%d bytes%s\n", q.PayloadBytes, kept)
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s\n", safe(string(q.Payload)))
	return err
}

// quarantineSkip accepts entries.
type quarantineSkip struct {
	Seqs []uint64 `arg:"" name:"seq" help:"Their sequences."`
	Undo bool     `help:"Hear of them again."`
}

// Help says more than one line.
func (*quarantineSkip) Help() string {
	return `They stay in the quarantine, through every rebuild, and are counted by themselves: "chitchat status" and
"quarantine list" name them no more among what needs a look.`
}

// Run notes it, of all of them or of none.
func (c *quarantineSkip) Run(ctx context.Context, out *console, config *Config) error {
	return withStore(ctx, out, config, needs{}, func(_ *backend, store *projections.Store) error {
		if err := store.Skip(ctx, c.Seqs, c.Undo); err != nil {
			return fmt.Errorf("nothing is changed: %w", err)
		}
		done := "skipped"
		if c.Undo {
			done = "no longer skipped"
		}
		for _, seq := range c.Seqs {
			fmt.Fprintf(out.stdout, "sequence %d is %s\n", seq, done)
		}
		return nil
	})
}

// quarantineRetry tries entries again.
type quarantineRetry struct {
	Seqs []uint64 `arg:"" name:"seq" help:"Their sequences."`
}

// Help says more than one line.
func (*quarantineRetry) Help() string {
	return `Reads them again from the log and decodes them as this version does. What is a message now is applied in its place, as
"chitchat rebuild" would do, beside a running server and without one. A join or a leave can't be: what came after it
builds on who was there. "chitchat rebuild" applies it. The server no longer counts what was applied as quarantined
some seconds later.`
}

// retryTimeout bounds the retry of one entry.
const retryTimeout = 30 * time.Second

// Run tries each, and fails when one of them stays.
func (c *quarantineRetry) Run(ctx context.Context, out *console, config *Config) error {
	return withStore(ctx, out, config, needs{log: true}, func(b *backend, _ *projections.Store) error {
		log, err := eventstore.Open(ctx, b.conn, eventstore.Options{Existing: true, Logger: out.logger})
		if err != nil {
			return err
		}
		var errs []error
		for _, seq := range c.Seqs {
			errs = append(errs, retryOne(ctx, out.stdout, b, log, seq))
		}
		return errors.Join(errs...)
	})
}

func retryOne(ctx context.Context, w io.Writer, b *backend, log *eventstore.Log, seq uint64) error {
	ctx, cancel := context.WithTimeout(ctx, retryTimeout)
	defer cancel()
	done, err := projections.Retry(ctx, b.databaseURL, log, seq)
	switch {
	case err != nil:
		return err
	case done.Duplicate:
		fmt.Fprintf(w, "sequence %d is a repeated message: nothing of it is lost, and it is counted as a duplicate now\n", seq)
	default:
		fmt.Fprintln(w, "applied:", eventLine(string(done.Channel), seq, done.Message))
	}
	return nil
}
