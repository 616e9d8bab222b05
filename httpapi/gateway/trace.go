package gateway

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/telemetry/span"
)

// beginSend begins the span of a message that somebody sends. Without a tracer
// it does nothing, and the span is nil.
func (g *Gateway) beginSend(c *conn) (context.Context, trace.Span) {
	ctx := context.Background() // whatever happens to the socket, the message is sent
	if g.config.Tracer == nil {
		return ctx, nil
	}
	return g.config.Tracer.Start(ctx, "send", trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(span.Channel(string(c.room.channel)), span.User(c.user.ID)))
}

// endSend logs what became of the message and ends its span, if there is one.
func (g *Gateway) endSend(ctx context.Context, traced trace.Span, c *conn, sent posted, err error) {
	if err == nil {
		g.logger.LogAttrs(ctx, slog.LevelDebug, "message accepted", slog.String("user", c.user.ID),
			slog.String("channel", string(c.room.channel)), slog.Uint64("seq", sent.seq), slog.String("outcome", sent.outcome))
	}
	if traced == nil {
		return
	}
	if err == nil {
		traced.SetAttributes(span.Outcome(sent.outcome), span.Seq(sent.seq))
	} else {
		outcome := outcomeOf(err)
		traced.SetAttributes(span.Outcome(outcome))
		traced.SetStatus(codes.Error, outcome)
	}
	traced.End()
}

// outcomeOf is the code of a refusal.
func outcomeOf(err error) string {
	var refusal *domain.Error
	var rate *limited
	switch {
	case errors.As(err, &rate):
		return string(domain.CodeRateLimited)
	case errors.As(err, &refusal):
		return string(refusal.Code)
	default:
		return string(domain.CodeInternal)
	}
}

// delivery is a traced event that was published to a room.
type delivery struct {
	parent  trace.SpanContext
	entry   *entry
	sockets int
}

// parentOf returns the context of the append that stored the record, if that
// was traced and we trace.
func (h *hub) parentOf(record *eventstore.Record) (trace.SpanContext, bool) {
	if h.tracer == nil {
		return trace.SpanContext{}, false
	}
	return span.Remote(record.Header)
}

// trace makes the spans of events that were read at a time and are published
// now. It is called without a lock: a span costs more than an event.
func (h *hub) trace(deliveries []delivery, read time.Time) {
	if len(deliveries) == 0 {
		return
	}
	now := time.Now()
	for _, d := range deliveries {
		_, traced := h.tracer.Start(span.Behind(d.parent), "deliver",
			trace.WithSpanKind(trace.SpanKindConsumer), trace.WithTimestamp(read),
			trace.WithAttributes(span.Channel(string(d.entry.channel)), span.Seq(d.entry.seq), span.Sockets(d.sockets)))
		traced.End(trace.WithTimestamp(now))
	}
}
