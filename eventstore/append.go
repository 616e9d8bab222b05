package eventstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faustman/chitchat/domain"
)

// appendTimeout bounds an append. The slowest honest answer seen is a disk's
// that is busy for a second; after five the outcome is called unknown.
const appendTimeout = 5 * time.Second

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
// first one's sequence. It takes at most 5 s, whether ctx ends or not: an
// append that is under way is never given up because its client went. The
// error matches [ErrRefused] or [ErrUnknown].
func (l *Log) Append(ctx context.Context, channel domain.Channel, key string, event domain.Event) (Appended, error) {
	payload := domain.Encode(event)
	if len(payload) > domain.MaxEventBytes {
		return Appended{}, fmt.Errorf("append to %s: %w: %d bytes", channel, ErrRefused, len(payload))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), appendTimeout)
	defer cancel()
	msg := &nats.Msg{Subject: subject(channel), Data: payload, Header: make(nats.Header, 2)}
	ack, err := l.js.PublishMsg(ctx, msg, jetstream.WithMsgID(key), jetstream.WithExpectStream(Stream))
	if err != nil {
		return Appended{}, fmt.Errorf("append to %s: %w: %w", channel, outcome(err), err)
	}
	return Appended{Seq: ack.Sequence, Duplicate: ack.Duplicate}, nil
}

// neverSent are errors of the client library that come before a byte is sent,
// or that say that nobody took the message.
var neverSent = []error{
	nats.ErrConnectionClosed, nats.ErrReconnectBufExceeded, nats.ErrConnectionDraining, nats.ErrInvalidConnection,
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
