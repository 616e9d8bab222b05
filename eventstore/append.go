package eventstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faustman/chitchat/domain"
)

const (
	// appendTimeout bounds an append. The slowest honest answer seen is a disk's
	// that is busy for a second; after five the outcome is called unknown.
	appendTimeout = 5 * time.Second
	// attemptTimeout is when an append whose answer did not come is sent again
	// with its key, and appendPause the pause before: what is sent while a
	// cluster has no leader, or a connection breaks, is lost, and both are over
	// within a second or some.
	attemptTimeout = 1500 * time.Millisecond
	appendPause    = 50 * time.Millisecond
	// duplicateInProcess is the answer to the key of an append that is still
	// being stored.
	duplicateInProcess jetstream.ErrorCode = 10158
	// maxAppends bounds the appends under way. The server takes one after the
	// other, some thousand a second; more of them would only wait there until
	// their outcome is called unknown. Who waits for a turn here is refused
	// instead, and knows.
	maxAppends = 512
)

var (
	// ErrRefused says that the event is not in the log and never will be.
	ErrRefused = errors.New("append refused")
	// ErrUnknown says that the event may be in the log or not: no answer came
	// in time, or the server failed while it stored it.
	ErrUnknown = errors.New("append outcome unknown")
)

// Appended is where an event stands in the log.
type Appended struct {
	Seq uint64
	// Duplicate says that an event with the same key was there before; Seq is
	// that one's.
	Duplicate bool
}

// Append stores the event in the channel and returns when it is durable. Two
// appends with the same key within two minutes are one; the second gets the
// first one's sequence. It waits at most 5 s for its turn and as long for the
// answer, and sends it again meanwhile when that does not come, whether ctx ends or not: an append that is under way is never given
// up because its client went. The error matches [ErrRefused] or [ErrUnknown].
func (l *Log) Append(ctx context.Context, channel domain.Channel, key string, event domain.Event) (Appended, error) {
	msg := &nats.Msg{Subject: subject(channel), Data: domain.Encode(event), Header: make(nats.Header, 3)}
	ctx, traced := l.beginAppend(ctx, channel, event, msg)
	appended, err := l.publish(ctx, channel, key, msg)
	endAppend(traced, appended, err)
	return appended, err
}

// publish stores the message.
func (l *Log) publish(ctx context.Context, channel domain.Channel, key string, msg *nats.Msg) (Appended, error) {
	if n := len(msg.Data); n > domain.MaxEventBytes {
		return Appended{}, fmt.Errorf("append to %s: %w: %d bytes", channel, ErrRefused, n)
	}
	if !l.takeTurn() {
		return Appended{}, fmt.Errorf("append to %s: %w: %d are under way", channel, ErrRefused, maxAppends)
	}
	defer func() { <-l.turns }()
	if l.nc.IsClosed() { // later, the same error may come of a request that was sent
		return Appended{}, fmt.Errorf("append to %s: %w: %w", channel, ErrRefused, nats.ErrConnectionClosed)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), appendTimeout)
	defer cancel()
	var unknown error // of an attempt before, which may have been stored
	for {
		ack, err := l.attempt(ctx, key, msg)
		if err == nil {
			// What our own attempt before has stored is no duplicate.
			return Appended{Seq: ack.Sequence, Duplicate: ack.Duplicate && unknown == nil}, nil
		}
		result := outcome(err)
		if errors.Is(result, ErrUnknown) {
			unknown = ErrUnknown
		}
		if !worthAgain(err) || !roomForAnother(ctx) || !pause(ctx, appendPause) {
			return Appended{}, fmt.Errorf("append to %s: %w: %w", channel, cmp.Or(unknown, result), err)
		}
	}
}

// attempt sends the message once and waits for the answer.
func (l *Log) attempt(ctx context.Context, key string, msg *nats.Msg) (*jetstream.PubAck, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	return l.js.PublishMsg(ctx, msg, jetstream.WithMsgID(key), jetstream.WithExpectStream(Stream), jetstream.WithRetryAttempts(0))
}

// worthAgain reports whether an attempt failed because there was no leader or no
// connection in that moment, or because its answer did not come. The key makes
// it safe to send it again.
func worthAgain(err error) bool {
	for _, passing := range []error{
		context.DeadlineExceeded, nats.ErrNoResponders, jetstream.ErrNoStreamResponse,
		nats.ErrReconnectBufExceeded, nats.ErrDisconnected,
	} {
		if errors.Is(err, passing) {
			return true
		}
	}
	code := codeOf(err)
	return code == duplicateInProcess || notYet[code]
}

// roomForAnother reports whether another attempt has the time that it is given:
// one that is cut short would make an outcome unknown that is known.
func roomForAnother(ctx context.Context) bool {
	deadline, bounded := ctx.Deadline()
	return !bounded || time.Until(deadline) > attemptTimeout+appendPause
}

// pause waits and reports whether ctx is still on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

// takeTurn waits until fewer than maxAppends are under way and reports whether
// that came in time.
func (l *Log) takeTurn() bool {
	select {
	case l.turns <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(appendTimeout)
	defer timer.Stop()
	select {
	case l.turns <- struct{}{}:
		return true
	case <-timer.C:
		return false
	}
}

// neverSent are errors of the client library that come before a byte is sent,
// or that say that nobody took the message.
var neverSent = []error{
	nats.ErrReconnectBufExceeded, nats.ErrConnectionDraining, nats.ErrInvalidConnection,
	nats.ErrMaxPayload, nats.ErrBadSubject, nats.ErrNoResponders, jetstream.ErrNoStreamResponse,
}

// refusals are the server's answers that are given before it stores anything.
var refusals = map[jetstream.ErrorCode]bool{
	jetstream.JSErrCodeStreamMessageExceedsMaximum:   true,
	jetstream.JSErrCodeStreamNotFound:                true,
	jetstream.JSErrCodeStreamWrongLastSequence:       true,
	jetstream.JSErrCodeJetStreamNotEnabled:           true,
	jetstream.JSErrCodeJetStreamNotEnabledForAccount: true,
	10023: true, // insufficient resources
	10047: true, // insufficient storage resources
	10060: true, // expected stream does not match
}

// outcome says what a failed publish means for the event.
func outcome(err error) error {
	for _, sentinel := range neverSent {
		if errors.Is(err, sentinel) {
			return ErrRefused
		}
	}
	var api jetstream.JetStreamError
	if errors.As(err, &api) && api.APIError() != nil && refusals[api.APIError().ErrorCode] {
		return ErrRefused
	}
	return ErrUnknown
}
