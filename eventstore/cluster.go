package eventstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// clusterReplicas is how many servers of a cluster keep the log: with three,
	// one may be lost, and what was acknowledged is on two disks.
	clusterReplicas = 3
	// clusterPatience bounds the wait for a cluster that is starting: its
	// servers find each other, choose a leader and catch up.
	clusterPatience = 30 * time.Second
	// clusterPause is the pause between two questions to it.
	clusterPause = 500 * time.Millisecond
	// askAgain is when a question that had no answer is asked again: what is
	// asked while a cluster has no leader is lost, and a new one is found within
	// some seconds. It is far above what an answer takes.
	askAgain = time.Second
)

// errTooFewServers says that the cluster has too few servers for the replicas.
var errTooFewServers = errors.New("there are too few NATS servers with JetStream for the log's replicas: start the others, or set --replicas (CHITCHAT_REPLICAS)")

// notYet are answers of a cluster that has not found itself.
var notYet = map[jetstream.ErrorCode]bool{
	10004: true, // cluster is not active
	10005: true, // no suitable peers for placement
	10008: true, // system temporarily unavailable
	10009: true, // cluster not leader
	10074: true, // replicas not supported by one server: it knows no other yet
	10118: true, // stream is offline
}

// replicasOn returns how many servers are to keep what is made anew.
func replicasOn(nc *nats.Conn, want int) int {
	switch {
	case want > 0:
		return want
	case clustered(nc):
		return clusterReplicas
	default:
		return 1
	}
}

// clustered reports whether the server that we are connected to is one of a
// cluster.
func clustered(nc *nats.Conn) bool { return nc.ConnectedClusterName() != "" }

// withPatience calls ask, each time with requestTimeout, until a cluster that
// is starting has an answer. Elsewhere it calls it once.
func (l *Log) withPatience(ctx context.Context, ask func(context.Context) error) error {
	patient, cancel := context.WithTimeout(ctx, clusterPatience)
	defer cancel()
	for {
		bounded, cancel := context.WithTimeout(patient, requestTimeout)
		err := ask(bounded)
		cancel()
		if err == nil || !clustered(l.nc) || !passes(err) && !beingMade(err) {
			return err
		}
		select {
		case <-patient.Done():
			if ctx.Err() == nil && tooFew(err) {
				return fmt.Errorf("%w: %w", errTooFewServers, err)
			}
			return err
		case <-time.After(clusterPause):
		}
	}
}

// passes reports whether a cluster's answer, or its silence, is one of a start.
func passes(err error) bool {
	return notYet[codeOf(err)] || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, jetstream.ErrNoStreamResponse)
}

// beingMade reports whether what somebody else is making is not known to the
// server that we asked: who was told that it is there already was told by
// another one.
func beingMade(err error) bool {
	return errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrBucketNotFound)
}

func tooFew(err error) bool {
	code := codeOf(err)
	return code == 10005 || code == 10074
}

func codeOf(err error) jetstream.ErrorCode {
	var api jetstream.JetStreamError
	if errors.As(err, &api) && api.APIError() != nil {
		return api.APIError().ErrorCode
	}
	return 0
}

// again asks until there is an answer, or ctx, which must have an end, ends. A
// question whose answer does not come is asked again; any other error is the
// answer.
func again[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	for {
		bounded, cancel := context.WithTimeout(ctx, askAgain)
		answer, err := ask(bounded)
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return answer, err
		}
	}
}
