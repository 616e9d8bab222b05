package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/projections"
)

// tailCommand prints the log's entries as they come, or a channel's past.
type tailCommand struct {
	Channel  string  `arg:"" optional:"" help:"Only this channel."`
	From     *uint64 `placeholder:"SEQ" help:"Begin at this sequence; 1 is the first."`
	At       *string `placeholder:"TIME|SEQ" help:"Show CHANNEL as it was then, and end. A time is like \"2026-01-31 12:00\" in this machine's time zone, or in RFC 3339."`
	Limit    int     `short:"n" name:"limit" default:"10" help:"How many of the log's last entries to begin with, or with --at how many messages (at most 200)." placeholder:"N"`
	NoFollow bool    `name:"no-follow" help:"End at the log's end instead of waiting for more."`
	JSON     bool    `name:"json" help:"Print JSON, a line an entry; with --at one object."`
}

// Help says more than one line.
func (*tailCommand) Help() string {
	return `Prints what is in the log, a line an entry: time, channel, sequence, who, and what. It begins with the last 10
entries and goes on as events come, until Ctrl-C. With CHANNEL it shows those of that channel among them. Times are of
this machine's time zone. Control characters are shown as escapes, so that nobody's text moves your terminal.

  chitchat tail
  chitchat tail lobby --from 1 --no-follow
  chitchat tail lobby --at "2026-01-31 12:00"
  chitchat tail --json | jq -r 'select(.type == "message") | .text'

Each line of --json has seq and channel, and the event's own members; an entry that is no event has "invalid", the
reason. A repeated message is in the log twice, and in the tables once: --at reads these, all else the log.`
}

const (
	// tailBatch is how many entries are read at once.
	tailBatch = 1000
	// linkEvery is how often a silent log is asked whether it is still there.
	linkEvery = 2 * time.Second
	// linkPatience is for how long it may not be. A restart takes less.
	linkPatience = 15 * time.Second
	// clockLayout is how a person is shown a time.
	clockLayout = "2006-01-02 15:04:05"
)

// Run prints until the context ends, which is no failure.
func (c *tailCommand) Run(ctx context.Context, out *console, config *Config) (err error) {
	channel, moment, err := c.check()
	if err := errors.Join(err, config.check()); err != nil {
		return err
	}
	b, log, err := openLog(ctx, config, needs{log: c.At == nil, tables: c.At != nil}, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	defer brokenPipes()()
	if c.At != nil {
		err = c.showPast(ctx, b, out, channel, moment)
	} else {
		err = c.follow(ctx, b, log, out, channel)
	}
	if ctx.Err() != nil || errors.Is(err, syscall.EPIPE) { // Ctrl-C, or nobody reads any more
		return nil
	}
	return err
}

func (c *tailCommand) check() (channel domain.Channel, moment projections.Moment, err error) {
	if c.Channel != "" {
		if channel, err = domain.ParseChannel(c.Channel); err != nil {
			return "", moment, usagef("CHANNEL %q is no channel's name: %s", c.Channel, ruleOf(err))
		}
	}
	switch {
	case c.Limit < 0:
		return "", moment, usagef("--limit %d is less than none", c.Limit)
	case c.At == nil:
		return channel, moment, nil
	case c.Channel == "":
		return "", moment, usagef("--at shows a channel: name it, as in chitchat tail lobby --at %q", *c.At)
	case c.From != nil || c.NoFollow:
		return "", moment, usagef("--at shows one moment: leave out --from and --no-follow")
	case c.Limit < 1 || c.Limit > projections.MaxPage:
		return "", moment, usagef("--limit is from 1 to %d with --at", projections.MaxPage)
	}
	if moment, err = projections.ParseMoment(*c.At, time.Local); err != nil {
		return "", moment, usagef("--at %q: %v", *c.At, err)
	}
	return channel, moment, nil
}

// ruleOf is what a rule says to a person, without its code.
func ruleOf(err error) string {
	var rule *domain.Error
	if errors.As(err, &rule) {
		return rule.Message
	}
	return err.Error()
}

// follow prints the log from where the flags say on.
func (c *tailCommand) follow(ctx context.Context, b *backend, log *eventstore.Log, out *console, channel domain.Channel) error {
	end, err := log.Last(ctx)
	if err != nil {
		return err
	}
	after := end.Seq - min(end.Seq, uint64(c.Limit))
	if c.From != nil {
		if after = *c.From - min(*c.From, 1); after > end.Seq {
			return fmt.Errorf("--from %d is beyond the log, which ends at %d: begin at %d or before", *c.From, end.Seq, end.Seq+1)
		}
	}
	if b.nats != nil && !c.NoFollow { // whoever keeps the log open keeps the server from starting
		c.NoFollow = true
		fmt.Fprintln(out.stderr, "no server is running here: nothing will come after the log's end")
	}
	if c.NoFollow && after == end.Seq {
		return nil
	}
	reader := log.NewReader(after)
	defer reader.Close()
	watched := &watchedReader{log: log, reader: reader}
	for {
		records, err := watched.next(ctx)
		if err != nil {
			return err
		}
		for _, record := range records {
			if channel == "" || record.Channel == channel {
				if err := c.print(out.stdout, record); err != nil {
					return err
				}
			}
			if c.NoFollow && record.Seq >= end.Seq {
				return nil
			}
		}
	}
}

// watchedReader fails when the log can't be reached for long: the reader itself
// is patient for ever, and a person who waits would not know.
type watchedReader struct {
	log    *eventstore.Log
	reader *eventstore.Reader
}

func (w *watchedReader) next(ctx context.Context) ([]eventstore.Record, error) {
	lost := time.Time{}
	for {
		wait, cancel := context.WithTimeout(ctx, linkEvery)
		records, err := w.reader.Next(wait, tailBatch)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			return records, err
		}
		_, err = w.log.Last(ctx)
		switch {
		case errors.Is(err, eventstore.ErrEpochChanged):
			return nil, err
		case err == nil:
			lost = time.Time{}
		case lost.IsZero():
			lost = time.Now()
		case time.Since(lost) > linkPatience:
			return nil, fmt.Errorf("the connection to the log is lost: %w", err)
		}
	}
}

func (c *tailCommand) print(w io.Writer, record eventstore.Record) error {
	line := personLine(record)
	if c.JSON {
		line = string(jsonLine(record))
	}
	_, err := fmt.Fprintln(w, line)
	return err
}

// jsonLine is the event's own form with the sequence and the channel before it,
// or for what is no event the reason.
func jsonLine(record eventstore.Record) []byte {
	channel, _ := jsonString(string(record.Channel)) // a string can be encoded
	line := strconv.AppendUint([]byte(`{"seq":`), record.Seq, 10)
	line = append(append(line, `,"channel":`...), channel...)
	if record.Err == nil && record.Event != nil {
		return append(append(line, ','), domain.Encode(record.Event)[1:]...)
	}
	reason, _ := jsonString(reasonOf(record))
	return append(append(append(line, `,"invalid":`...), reason...), '}')
}

func reasonOf(record eventstore.Record) string {
	if record.Err == nil {
		return "it is no event"
	}
	return ruleOf(record.Err)
}

// personLine is the entry for a person.
func personLine(record eventstore.Record) string {
	if record.Err != nil || record.Event == nil {
		place := record.Subject
		if record.Channel != "" {
			place = string(record.Channel)
		}
		return fmt.Sprintf("%s %s %d (no event: %s)", record.Stored.Local().Format(clockLayout), safe(place), record.Seq, safe(reasonOf(record)))
	}
	return eventLine(string(record.Channel), record.Seq, record.Event)
}

func eventLine(channel string, seq uint64, event domain.Event) string {
	line := fmt.Sprintf("%s %s %d %s", event.At().Local().Format(clockLayout), safe(channel), seq, safe(event.By().Name))
	switch e := event.(type) {
	case *domain.MessagePosted:
		return line + ": " + safe(e.Text)
	case *domain.SessionJoined:
		return line + " joined"
	case *domain.SessionLeft:
		if e.Reason == domain.ReasonLost {
			return line + " left (lost)"
		}
		return line + " left"
	}
	return line
}

// pastView is a channel's past as --json prints it.
type pastView struct {
	Channel  string            `json:"channel"`
	At       uint64            `json:"at"`
	Position string            `json:"position"`
	HasMore  bool              `json:"has_more"`
	Messages []json.RawMessage `json:"messages"`
	Users    []pastUser        `json:"users"`
}

type pastUser struct {
	domain.User
	Sessions []string `json:"sessions"`
}

// showPast prints the channel as it was.
func (c *tailCommand) showPast(ctx context.Context, b *backend, out *console, channel domain.Channel, moment projections.Moment) error {
	store, err := projections.Open(ctx, projections.Config{URL: b.databaseURL, Logger: out.logger})
	if err != nil {
		return err
	}
	defer store.Close()
	past, err := store.MessagesAt(ctx, channel, moment, projections.MessageQuery{Limit: c.Limit})
	var beyond *projections.BeyondError
	if errors.As(err, &beyond) {
		return fmt.Errorf("%w: give a sequence up to %d, or let `chitchat serve` apply the rest", beyond, beyond.Applied)
	}
	if err != nil {
		return err
	}
	if !c.JSON {
		return printPast(out.stdout, channel, past)
	}
	view := pastView{Channel: string(channel), At: past.At, Position: past.Position.String(), HasMore: past.HasMore, Messages: []json.RawMessage{}, Users: []pastUser{}}
	for _, m := range past.Messages {
		view.Messages = append(view.Messages, jsonLine(eventstore.Record{Seq: m.Seq, Channel: channel, Event: &m.MessagePosted}))
	}
	for _, u := range past.Users {
		view.Users = append(view.Users, pastUser{u.User, u.Sessions})
	}
	return printObject(out.stdout, view)
}

func printPast(w io.Writer, channel domain.Channel, past projections.Past) error {
	for _, m := range past.Messages {
		if _, err := fmt.Fprintln(w, eventLine(string(channel), m.Seq, &m.MessagePosted)); err != nil {
			return err
		}
	}
	names := ""
	for i, u := range past.Users {
		if i > 0 {
			names += ", "
		}
		names += safe(u.Name)
	}
	if names == "" {
		names = "nobody"
	}
	_, err := fmt.Fprintf(w, "at sequence %d, present: %s\n", past.At, names)
	return err
}

// brokenPipes lets writing to a pipe whose reader has gone fail with EPIPE,
// until the returned function is called. Else the program would end at once, and
// leave running what it has started.
func brokenPipes() (end func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGPIPE)
	return func() { signal.Stop(signals) }
}
