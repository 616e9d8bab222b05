package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/faustman/chitchat/domain"
)

const (
	// freshID is how old an id that carries its time may be to be taken for a
	// new one without a look. The log itself knows ids for two minutes; half of
	// that leaves room for clocks that differ.
	freshID = time.Minute
	// clockAhead is how far a client's clock may be ahead for its ids to count.
	clockAhead = 2 * time.Second
	// lookupTimeout bounds a look into the tables.
	lookupTimeout = 2 * time.Second
)

var errNoTables = errors.New("this gateway has no tables to ask")

// before looks whether the user's message is in the log already, so that an id
// has one effect for ever. The log refuses a repetition for two minutes by
// itself; what may be older is looked up:
//
//   - in the memory of the newest events; for a command that says it is
//     repeated, once that has all that is in the log now;
//   - in the tables, for a command that says it is repeated, once they have all
//     that, too;
//   - in the tables as they are, for one that doesn't say so but whose id does
//     not show that it is new: it is not a UUIDv7 of the last minute.
//
// When the tables can't answer, a repeated command whose id does not show that
// the log itself still knows it has an unknown outcome, and a command that says
// it is new is believed.
func (g *Gateway) before(user, id string, retry bool) (seq uint64, found bool, err error) {
	seq, found, whole := g.hub.known(user, id)
	if found {
		return seq, true, nil
	}
	now := time.Now()
	if !retry && fresh(id, now) {
		return 0, false, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	end := uint64(0)
	if retry {
		if end, err = g.catchUp(ctx); err != nil {
			g.logger.Warn("look up a message", "user", user, "cause", err)
			return 0, false, unknownOutcome()
		}
		if seq, found, whole = g.hub.known(user, id); found {
			return seq, true, nil
		}
	}
	if whole {
		return 0, false, nil
	}
	seq, found, err = g.lookup(ctx, user, id, end)
	if err == nil {
		return seq, found, nil
	}
	g.complain.Do(func() { g.logger.Warn("look up a message", "user", user, "retry", retry, "cause", err) })
	if retry && !fresh(id, now) {
		return 0, false, unknownOutcome()
	}
	return 0, false, nil
}

// catchUp waits until this process has read the log to its end of now, and
// returns that end.
func (g *Gateway) catchUp(ctx context.Context) (uint64, error) {
	end, err := g.log.Last(ctx)
	if err != nil {
		return 0, err
	}
	return end.Seq, g.hub.waitFor(ctx, end.Seq)
}

// lookup looks into the tables, once they have the log up to a sequence.
func (g *Gateway) lookup(ctx context.Context, user, id string, upTo uint64) (uint64, bool, error) {
	if g.config.Tables == nil {
		return 0, false, errNoTables
	}
	if upTo > 0 {
		if err := g.config.Tables.WaitApplied(ctx, upTo); err != nil {
			return 0, false, err
		}
	}
	return g.config.Tables.FindMessage(ctx, user, id)
}

func unknownOutcome() error {
	return domain.Errorf(domain.CodeUnknown,
		"It is not known whether the message was stored. Send the same command again with \"retry\":true.")
}

// fresh reports whether the id is a UUIDv7 that was made a moment ago.
func fresh(id string, now time.Time) bool {
	u, err := uuid.Parse(id)
	if err != nil || u.Version() != 7 {
		return false
	}
	seconds, nanos := u.Time().UnixTime()
	age := now.Sub(time.Unix(seconds, nanos))
	return -clockAhead <= age && age < freshID
}
