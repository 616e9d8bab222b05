package eventstore

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/internal/telemetry/span"
)

// beginAppend begins the span of an append and puts its context into the
// message's headers. Without a tracer it does nothing, and the span is nil.
func (l *Log) beginAppend(ctx context.Context, channel domain.Channel, event domain.Event, msg *nats.Msg) (context.Context, trace.Span) {
	if l.tracer == nil {
		return ctx, nil
	}
	ctx, traced := l.tracer.Start(ctx, "append", trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithAttributes(span.Channel(string(channel)), span.Event(string(event.Type()))))
	span.Inject(ctx, msg.Header)
	return ctx, traced
}

// endAppend ends the span, if there is one, with what became of the append.
func endAppend(traced trace.Span, appended Appended, err error) {
	if traced == nil {
		return
	}
	outcome := "stored"
	switch {
	case errors.Is(err, ErrRefused):
		outcome = "refused"
	case err != nil:
		outcome = "unknown"
	case appended.Duplicate:
		outcome = "duplicate"
	}
	traced.SetAttributes(span.Outcome(outcome))
	if err != nil {
		traced.SetStatus(codes.Error, outcome) // the error itself may say more than others should see
	} else {
		traced.SetAttributes(span.Seq(appended.Seq))
	}
	traced.End()
}
