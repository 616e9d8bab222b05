package httpapi

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/faustman/chitchat/internal/telemetry/span"
)

// beginSpan begins the span of a request, which the request's context then has.
// What machines ask all day gets none. The trace that the client names is a
// link and no parent: anybody could have all of theirs sampled.
func (s *Server) beginSpan(c *echo.Context, e *entry) {
	if s.config.Tracer == nil || isProbe(c) {
		return
	}
	r := c.Request()
	options := []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(
			attribute.String("http.request.method", methodLabel(r.Method)),
			attribute.String("http.route", routeLabel(c)),
			span.Request(e.requestID),
		),
	}
	remote := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	if parent := trace.SpanContextFromContext(remote); parent.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: parent.WithTraceState(trace.TraceState{})}))
	}
	ctx, traced := s.config.Tracer.Start(r.Context(), methodLabel(r.Method)+" "+routeLabel(c), options...)
	e.span = traced
	c.SetRequest(r.WithContext(ctx))
}

// endSpan ends the span of a request, if it has one, that was answered so.
func endSpan(e *entry, status int) {
	if e.span == nil {
		return
	}
	e.span.SetAttributes(attribute.Int("http.response.status_code", status))
	if e.userID != "" {
		e.span.SetAttributes(span.User(e.userID), span.Channel(string(e.channel)))
	}
	if status >= http.StatusInternalServerError {
		e.span.SetStatus(codes.Error, strconv.Itoa(status))
	}
	e.span.End()
}

// isProbe reports whether machines ask for it all day.
func isProbe(c *echo.Context) bool {
	return c.Path() == "/healthz" || c.Path() == "/readyz" || c.Path() == "/metrics"
}
