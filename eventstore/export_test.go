package eventstore

import (
	"context"

	"github.com/nats-io/nats.go"

	"github.com/faustman/chitchat/domain"
)

// Traced is what tracing adds to an append.
func (l *Log) Traced(ctx context.Context, channel domain.Channel, event domain.Event, msg *nats.Msg) {
	_, span := l.beginAppend(ctx, channel, event, msg)
	endAppend(span, Appended{}, nil)
}
