package telemetry

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// handler adds the ids of the current span to each line of the log.
type handler struct{ slog.Handler }

// NewHandler returns a handler that hands on what it gets, with trace_id and
// span_id when it is said within a span that is sampled.
func NewHandler(next slog.Handler) slog.Handler { return handler{next} }

// Handle hands the line on.
func (h handler) Handle(ctx context.Context, record slog.Record) error {
	if current := trace.SpanContextFromContext(ctx); current.IsSampled() {
		record.AddAttrs(
			slog.String("trace_id", current.TraceID().String()),
			slog.String("span_id", current.SpanID().String()),
		)
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs returns a handler whose lines have these, too.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup returns a handler whose lines are in a group.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
