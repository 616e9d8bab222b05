package eventstore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// doubtful is for how long a server must not have had an answer about the log
// for another one to be tried, and the least time between two tries. A cluster
// finds a new leader in about as long; going elsewhere then does no harm.
const doubtful = requestTimeout

// doubtMost bounds the time between two tries while no server has an answer.
const doubtMost = time.Minute

// doubt is whether the server that we are connected to is of any use. One that
// is cut off from the others takes connections and has no answer, and one that
// we are cut off from has a connection that nobody ends: the client library
// stays with either, for minutes or for ever.
type doubt struct {
	mu    sync.Mutex
	since time.Time     // when the first question was asked that had no answer, zero when the last one had
	conn  uint64        // which connection that was, by the number of reconnects
	moved time.Time     // when another server was tried
	wait  time.Duration // the least time until the next try
}

// due notes whether a question that was asked at began over a connection was
// answered, and reports whether it is time for another server. While none has
// an answer, as without a quorum, the tries become fewer.
func (d *doubt) due(began time.Time, conn uint64, answered bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if answered {
		d.since, d.wait = time.Time{}, 0
		return false
	}
	if d.since.IsZero() || d.conn != conn { // another server is innocent of what was before
		d.since, d.conn = began, conn
	}
	now := time.Now()
	if now.Sub(d.since) < doubtful || now.Sub(d.moved) < d.wait {
		return false
	}
	d.moved, d.wait = now, min(max(2*d.wait, doubtful), doubtMost)
	return true
}

// heed goes to another server when the one at hand has had no answer for long.
// What is under way there has an unknown outcome then, as it would have had.
func (l *Log) heed(began time.Time, err error) {
	silent := passes(err) || errors.Is(err, nats.ErrNoResponders)
	if errors.Is(err, context.Canceled) || !l.nc.IsConnected() || !l.doubt.due(began, l.nc.Stats().Reconnects, !silent) {
		return
	}
	l.logger.Warn("this NATS server has no answer: try another", "server", l.nc.ConnectedUrlRedacted(), "cause", err)
	if err := l.nc.ForceReconnect(); err != nil {
		l.logger.Warn("try another NATS server", "cause", err)
	}
}
