package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/projections"
)

// statusCommand shows where the log and the tables are.
type statusCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// status is what the command shows.
type status struct {
	Epoch       string     `json:"epoch"`
	LogSeq      uint64     `json:"log_seq"`
	Generation  int        `json:"generation,omitempty"`
	AppliedSeq  uint64     `json:"applied_seq"`
	AppliedAt   *time.Time `json:"applied_at,omitempty"`
	LagEvents   uint64     `json:"lag_events"`
	LagSeconds  float64    `json:"lag_seconds"`
	Quarantined uint64     `json:"quarantined"`
	Skipped     uint64     `json:"skipped"`
	Duplicates  uint64     `json:"duplicates"`
	// Others are the generations that the views don't show.
	Others   []generationStatus `json:"other_generations"`
	Gateways []gatewayStatus    `json:"gateways"`
	// Problems say what could not be found out, or is wrong.
	Problems []string `json:"problems,omitempty"`
}

type generationStatus struct {
	Number     int       `json:"number"`
	State      string    `json:"state"`
	SwitchedAt time.Time `json:"switched_at"`
}

type gatewayStatus struct {
	Term    string    `json:"term"`
	Sockets int       `json:"sockets"`
	Seen    time.Time `json:"seen"`
	Stopped bool      `json:"stopped,omitempty"`
}

// statusTimeout bounds the whole look.
const statusTimeout = 10 * time.Second

// Run prints the status. It fails when there are problems.
func (c *statusCommand) Run(ctx context.Context, out *console, config *Config) (err error) {
	if err := config.check(); err != nil {
		return err
	}
	b, log, err := openLog(ctx, config, needs{log: true, tables: true}, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	s := status{Gateways: []gatewayStatus{}, Others: []generationStatus{}}
	freshness, problem := s.readTables(ctx, b, out)
	// The log's end is asked for last: what is appended in between is lag, and
	// not a log that is behind its tables.
	if err := s.readLog(ctx, log); err != nil {
		return err
	}
	if problem == nil {
		problem = s.compare(freshness)
	}
	if problem != nil {
		s.Problems = append(s.Problems, problem.Error())
	}
	if c.JSON {
		err = printObject(out.stdout, s)
	} else {
		err = s.print(out.stdout)
	}
	if err == nil && len(s.Problems) > 0 {
		err = fmt.Errorf("%s", s.Problems[0])
	}
	return err
}

func (s *status) readLog(ctx context.Context, log *eventstore.Log) error {
	end, err := log.Last(ctx)
	if err != nil {
		return err
	}
	s.Epoch, s.LogSeq = end.Epoch, end.Seq
	list, err := listTerms(ctx, log)
	if err != nil {
		return err
	}
	for _, term := range list {
		s.Gateways = append(s.Gateways, gatewayStatus{Term: term.ID, Sockets: term.Sockets, Seen: term.Renewed, Stopped: term.Stopped})
	}
	return nil
}

func (s *status) readTables(ctx context.Context, b *backend, out *console) (projections.Freshness, error) {
	store, err := projections.Open(ctx, projections.Config{URL: b.databaseURL, Logger: out.logger})
	if err != nil {
		return projections.Freshness{}, err
	}
	defer store.Close()
	freshness, err := store.Freshness(ctx)
	if err != nil {
		return freshness, err
	}
	counts, err := store.QuarantineCounts(ctx)
	if err != nil {
		return freshness, err
	}
	s.Generation, s.AppliedSeq = freshness.Generation, freshness.Applied.Seq
	if !freshness.AppliedAt.IsZero() {
		s.AppliedAt = &freshness.AppliedAt
	}
	s.Duplicates, s.Skipped = counts[projections.Duplicate], counts[projections.Skipped]
	s.Quarantined = counts[projections.Invalid] + counts[projections.Refused]
	generations, err := store.Generations(ctx)
	if err != nil {
		return freshness, err
	}
	for _, g := range generations {
		if g.Number != s.Generation {
			s.Others = append(s.Others, generationStatus{g.Number, g.State, g.SwitchedAt})
		}
	}
	return freshness, nil
}

// compare says how far the tables are behind the log, or that they are not its.
func (s *status) compare(freshness projections.Freshness) error {
	s.LagEvents = s.LogSeq - min(s.LogSeq, s.AppliedSeq)
	if s.LagEvents > 0 {
		s.LagSeconds = max(freshness.Behind, time.Since(freshness.LookedAt)).Seconds()
	}
	if freshness.Applied.Epoch != s.Epoch || s.AppliedSeq > s.LogSeq {
		return &projections.PositionError{
			Checkpoint: freshness.Applied,
			Log:        domain.Position{Epoch: s.Epoch, Seq: s.LogSeq},
		}
	}
	return nil
}

func (s *status) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "log\tepoch %s, last sequence %d\n", s.Epoch, s.LogSeq)
	if s.AppliedAt != nil {
		fmt.Fprintf(table, "tables\tgeneration %d, applied %d (%s)\n", s.Generation, s.AppliedSeq, s.AppliedAt.Format(time.RFC3339))
	} else {
		fmt.Fprintf(table, "tables\tgeneration %d, applied %d\n", s.Generation, s.AppliedSeq)
	}
	fmt.Fprintf(table, "lag\t%d events, %.1f s\n", s.LagEvents, s.LagSeconds)
	fmt.Fprintf(table, "quarantine\t%d events, %d skipped, and %d repeated messages that were dropped\n", s.Quarantined, s.Skipped, s.Duplicates)
	for _, g := range s.Others {
		state := g.State
		if state == "building" {
			state = "of a rebuild that is under way or was broken off,"
		}
		fmt.Fprintf(table, "generation\t%d: %s since %s\n", g.Number, state, g.SwitchedAt.Format(time.RFC3339))
	}
	for _, g := range s.Gateways {
		state := "seen " + g.Seen.Format(time.RFC3339)
		if g.Stopped {
			state = "stopped " + g.Seen.Format(time.RFC3339)
		}
		fmt.Fprintf(table, "gateway\t%s: %d sockets, %s\n", g.Term, g.Sockets, state)
	}
	for _, problem := range s.Problems {
		fmt.Fprintf(table, "problem\t%s\n", problem)
	}
	return table.Flush()
}
