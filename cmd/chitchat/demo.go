package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/datadir"
	"github.com/faustman/chitchat/internal/demo"
	"github.com/faustman/chitchat/projections"
)

// demoCommand fills an empty log with a sample.
type demoCommand struct {
	Seed  uint64 `default:"1" help:"Which sample: the same seed, weeks and end give the same one everywhere."`
	Weeks int    `default:"4" help:"How many weeks it is long, 1 to 52."`
	Until string `help:"The day (2026-06-01, UTC) or time (2026-06-01T12:00:00Z) at which it ends; today, 00:00 UTC, when not given." placeholder:"TIME"`
}

// Help says more than one line.
func (*demoCommand) Help() string {
	return `Fills an empty log with some weeks of the chat of a small company that does not exist, so that there is something
to query and to look at. No server may run, and nothing is ever added to a log that has entries.

  chitchat demo --data ./demo-data
  chitchat serve --data ./demo-data`
}

// Run fills the log and says what is in it and what to do next.
func (c *demoCommand) Run(ctx context.Context, out *console, config *Config) (err error) {
	if err := config.check(); err != nil {
		return err
	}
	sample, err := c.sample(time.Now())
	if err != nil {
		return err
	}
	tables := config.DatabaseURL != "" || hasTables(config.Data)
	b, err := openBackend(ctx, config, needs{log: true, tables: tables}, out.logger)
	if errors.Is(err, datadir.ErrInUse) {
		return fmt.Errorf("demo needs the log for itself, stop the server first: %w", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	epoch, err := emptyLog(ctx, b, out)
	if err != nil {
		return err
	}
	if tables {
		if err := refuseFilledTables(ctx, b, out); err != nil {
			return err
		}
	}
	filled := tally{channels: map[domain.Channel]int{}, people: map[string]bool{}}
	opts := eventstore.ImportOptions{Epoch: epoch, Logger: out.logger}
	if _, err := fill(ctx, b, opts, filled.of(sample.Entries())); err != nil {
		return err
	}
	if err := filled.print(out.stdout, sample); err != nil {
		return err
	}
	c.sayNext(out.stdout, config)
	return nil
}

// sample is what the flags ask for. Nothing of it is later than now: what is
// said next must stand behind it.
func (c *demoCommand) sample(now time.Time) (*demo.Sample, error) {
	until := now.UTC().Truncate(24 * time.Hour)
	if c.Until != "" {
		var err error
		if until, err = time.Parse(time.DateOnly, c.Until); err != nil {
			until, err = time.Parse(time.RFC3339, c.Until)
		}
		if err != nil {
			return nil, usagef("--until %q is not a day like 2026-06-01 or a time like 2026-06-01T12:00:00Z", c.Until)
		}
	}
	if until.After(now) {
		return nil, usagef("--until %s is in the future: name a time that is over", c.Until)
	}
	if c.Weeks < 1 || c.Weeks > demo.MaxWeeks {
		return nil, usagef("--weeks %d is not 1 to %d", c.Weeks, demo.MaxWeeks)
	}
	sample, err := demo.New(demo.Options{Seed: c.Seed, Weeks: c.Weeks, Until: until})
	if err != nil {
		return nil, usagef("--until %s with --weeks %d: %w", c.Until, c.Weeks, err)
	}
	return sample, nil
}

// emptyLog returns the epoch of the log, if there is one: it is kept, so that
// tables which a server has made for it stay good. It fails when the log has
// entries or when a server runs on it.
func emptyLog(ctx context.Context, b *backend, out *console) (epoch string, err error) {
	log, err := eventstore.Open(ctx, b.conn, eventstore.Options{Existing: true, Logger: out.logger})
	if errors.Is(err, eventstore.ErrNoLog) || errors.Is(err, eventstore.ErrUnfinished) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if b.nats == nil {
		if err := refuseBesideGateways(ctx, log); err != nil {
			return "", err
		}
	}
	end, err := log.Last(ctx)
	if err != nil {
		return "", err
	}
	if end.Seq > 0 {
		return "", fmt.Errorf("the log is not empty, it ends at sequence %d: the sample is for an empty one, name another place with --data, such as --data ./demo-data", end.Seq)
	}
	return end.Epoch, nil
}

// refuseFilledTables fails when the tables have what the empty log has not:
// they may be all that is left of it.
func refuseFilledTables(ctx context.Context, b *backend, out *console) error {
	store, err := projections.Open(ctx, projections.Config{URL: b.databaseURL, Logger: out.logger})
	if err != nil {
		return err
	}
	defer store.Close()
	freshness, err := store.Freshness(ctx)
	if errors.Is(err, projections.ErrUnavailable) {
		return nil // there are none; nothing here changes a table, whatever the reason
	}
	if err != nil {
		return err
	}
	if freshness.Applied.Seq > 0 {
		return fmt.Errorf("the log is empty, but the tables show one up to sequence %d: put that log back, or name another place with --data or --database-url", freshness.Applied.Seq)
	}
	return nil
}

// subjectOf begins the subject of each channel, as the contract has it.
const subjectOf = "chitchat."

// fill makes the log from the entries.
func fill(ctx context.Context, b *backend, opts eventstore.ImportOptions, entries iter.Seq[demo.Entry]) (eventstore.Imported, error) {
	next, stop := iter.Pull(entries)
	defer stop()
	seq := uint64(0)
	return eventstore.Import(ctx, b.conn, opts, func(context.Context) (eventstore.Entry, error) {
		e, more := next()
		if !more {
			return eventstore.Entry{}, io.EOF
		}
		seq++
		// No id: its window, in which the log compares ids, is long over.
		return eventstore.Entry{Seq: seq, Subject: subjectOf + string(e.Channel), Stored: e.Stored, Payload: e.Payload}, nil
	})
}

// tally counts what goes into the log.
type tally struct {
	entries, messages, stays, junk int
	channels                       map[domain.Channel]int // messages
	people                         map[string]bool        // by id
}

// of returns the same entries, which are counted as they go by.
func (t *tally) of(entries iter.Seq[demo.Entry]) iter.Seq[demo.Entry] {
	return func(yield func(demo.Entry) bool) {
		for e := range entries {
			t.count(e)
			if !yield(e) {
				return
			}
		}
	}
}

func (t *tally) count(e demo.Entry) {
	t.entries++
	switch e.Event.(type) {
	case nil:
		t.junk++
		return
	case *domain.MessagePosted:
		t.messages++
		t.channels[e.Channel]++
	case *domain.SessionLeft:
		t.stays++ // each ends once, and joins again when it moves
	}
	t.people[e.Event.By().ID] = true
}

func (t *tally) print(w io.Writer, sample *demo.Sample) error {
	fmt.Fprintf(w, "The log has a sample now, %s to %s (UTC): %d messages and %d stays of %d people, %d entries in all.\n",
		sample.Start().Format("2006-01-02 15:04"), sample.End().Format("2006-01-02 15:04"), t.messages, t.stays, len(t.people), t.entries)
	fmt.Fprintf(w, "The people are made up. %d entries are no events, for the quarantine, and some messages are there twice.\n\n", t.junk)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, channel := range demo.Channels {
		fmt.Fprintf(table, "  %s\t%d messages\n", channel, t.channels[channel])
	}
	return table.Flush()
}

// questions are what one may ask the sample first.
var questions = []string{
	"SELECT extract(hour FROM sent_at AT TIME ZONE 'UTC') AS hour, count(*) FROM chat.messages GROUP BY hour ORDER BY count(*) DESC LIMIT 5",
	"SELECT channel, messages, last_seen_at FROM chat.channels ORDER BY last_seen_at",
	"SELECT asked, answers, count(*) FROM (SELECT user_name AS answers, lag(user_name) OVER before AS asked, sent_at - lag(sent_at) OVER before AS waited " +
		"FROM chat.messages WINDOW before AS (PARTITION BY channel ORDER BY seq)) m WHERE waited < '5 minutes' AND asked <> answers GROUP BY asked, answers ORDER BY count(*) DESC LIMIT 5",
}

// sayNext says how to look at the sample.
func (c *demoCommand) sayNext(w io.Writer, config *Config) {
	where := ""
	if config.Data != defaultData {
		where = " --data " + quoteArgument(config.Data)
	}
	fmt.Fprintf(w, `
Next:
  chitchat serve%[1]s
      builds the tables in some seconds. Open http://localhost:8080 and sign in with any name, such as
      %[2]s (%[3]s), and the channel %[4]s.
  chitchat status%[1]s
`, where, demo.SomeoneName, demo.SomeoneEmail, demo.Channels[0])
	for _, question := range questions {
		fmt.Fprintf(w, "  chitchat sql%s \"%s\"\n", where, question)
	}
	if config.NATSURL != "" || config.DatabaseURL != "" { // which may hold passwords
		fmt.Fprintln(w, "  each with the same --nats-url and --database-url as here")
	}
}

// defaultData is the default of --data.
const defaultData = "./chitchat-data"

// quoteArgument quotes an argument for a shell when it needs that.
func quoteArgument(argument string) string {
	if strings.ContainsFunc(argument, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./", r)
	}) {
		return "'" + strings.ReplaceAll(argument, "'", `'\''`) + "'"
	}
	return argument
}
