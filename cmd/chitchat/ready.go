package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/projections"
)

// readyTimeout bounds the look into the tables for whether an api is ready.
const readyTimeout = 2 * time.Second

// errTimeline is why nothing is stored on another timeline; the projector's
// fault says the rest.
var errTimeline = errors.New("nothing is stored: this log would give sequences twice")

// refuse returns why nothing may be stored now, or nil. On another timeline of
// the same log, what is stored gets sequences that were given away before.
func (s *server) refuse() error {
	if s.projector != nil {
		if mismatch := s.projector.Status().Position; mismatch != nil && mismatch.SameEpoch() {
			return errTimeline
		}
	} else if heard := s.verdict.Load(); heard != nil && heard.Forked {
		return errTimeline
	}
	if unsafe := s.watch.unsafeSync(); unsafe != "" {
		return errors.New(unsafe)
	}
	return s.disk.refuse()
}

// notReady returns why the process can't serve.
func (s *server) notReady() []string {
	var reasons []string
	if s.leaving.Load() {
		reasons = append(reasons, "the server is shutting down")
	}
	if fault := s.watch.fault(); fault != "" {
		reasons = append(reasons, fault)
	}
	if s.gateway != nil {
		reasons = append(reasons, s.gateway.Ready()...)
	}
	if heard := s.verdict.Load(); heard != nil && heard.Reason != "" {
		reasons = append(reasons, heard.Reason)
	}
	if s.authority != nil {
		reasons = append(reasons, s.authority.Problems()...)
	}
	if s.projector != nil {
		if faults := projectorReasons(s.projector.Status()); len(faults) > 0 {
			return append(reasons, faults...)
		}
	}
	if s.store != nil {
		reasons = append(reasons, s.tableReasons()...)
	}
	return reasons
}

func projectorReasons(status projections.Status) []string {
	switch {
	case status.Rebuild != nil:
		return []string{fmt.Sprintf("the tables are of another program and are built anew: %s, %d of %d",
			status.Rebuild.Phase, status.Rebuild.Seq, status.Rebuild.End)}
	case status.Fault != nil:
		return []string{"the tables are not kept up: " + publicReason(status.Fault)}
	case status.Standby:
		return nil // it is ready to take over
	case status.Applied == (domain.Position{}):
		return []string{"the tables are not open yet"}
	}
	return nil
}

// tableReasons says why the tables can't be read: a projector with nothing to
// write does not notice. That they are behind is no reason; the answers say so.
func (s *server) tableReasons() []string {
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	freshness, err := s.store.Freshness(ctx)
	switch {
	case err != nil:
		s.complain.Do(func() { s.logger.Warn("read the tables", "cause", err) })
		return []string{"the tables can't be read: " + publicReason(err)}
	case freshness.Applied.Epoch != s.log.Epoch():
		return []string{"the tables are of another log: a projector has to begin with this one"}
	}
	return nil
}

// publicReason tells a fault without the database's words, which may show SQL
// or an address.
func publicReason(fault error) string {
	var position *projections.PositionError
	var model *projections.ModelError
	var refusal *pgconn.PgError
	switch {
	case errors.As(fault, &position):
		return position.Error()
	case errors.As(fault, &model):
		return model.Error()
	case errors.As(fault, &refusal) && (refusal.Code[:2] == "28" || refusal.Code == "3D000"):
		return "Postgres is there and refuses the user, the password or the database of --database-url (DATABASE_URL)"
	case errors.Is(fault, projections.ErrUnavailable):
		return "Postgres can't be reached"
	default:
		return "see the server's log"
	}
}
