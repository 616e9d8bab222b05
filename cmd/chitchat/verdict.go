package main

import (
	"context"
	"encoding/json"
	"time"
)

const (
	// verdictInterval is how often the projector that works tells whether the
	// log and the tables belong together.
	verdictInterval = 2 * time.Second
	// complainInterval is how often the same fault is logged again.
	complainInterval = 10 * time.Second
)

// verdict is what a projector tells those who can't see the tables: whether
// they and the log belong together.
type verdict struct {
	// Epoch is the log's.
	Epoch string `json:"epoch"`
	// Reason is what is wrong; empty when nothing is.
	Reason string `json:"reason,omitempty"`
	// Forked says that the log is another timeline, on which sequences would be
	// given away twice: nothing may be stored.
	Forked bool `json:"forked,omitempty"`
}

// tellVerdict tells it while this projector works, until ctx ends.
func (s *server) tellVerdict(ctx context.Context) error {
	ticker := time.NewTicker(verdictInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		status := s.projector.Status()
		if !status.Leading {
			continue
		}
		told := verdict{Epoch: s.log.Epoch()}
		if status.Position != nil {
			told.Reason, told.Forked = status.Position.Error(), status.Position.SameEpoch()
		}
		payload, err := json.Marshal(told)
		if err == nil {
			err = s.log.Tell(payload)
		}
		if err != nil {
			s.complain.Do(func() { s.logger.Warn("tell whether log and tables belong together", "cause", err) })
		}
	}
}

// hearVerdict heeds what a projector tells until ctx ends. What was heard last
// holds until the contrary is.
func (s *server) hearVerdict(ctx context.Context) error {
	stop, err := s.log.OnTold(func(payload []byte) {
		var heard verdict
		if json.Unmarshal(payload, &heard) != nil || heard.Epoch != s.log.Epoch() {
			return
		}
		before := s.verdict.Swap(&heard)
		if heard.Reason != "" && (before == nil || before.Reason != heard.Reason) {
			s.logger.Error("log and tables do not belong together", "reason", heard.Reason)
		}
	})
	if err != nil {
		return err
	}
	defer stop()
	<-ctx.Done()
	return nil
}
