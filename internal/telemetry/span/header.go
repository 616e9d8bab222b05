package span

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Header is the name of the header of an entry that has a trace's context.
const Header = "traceparent"

// carrier is the headers of an entry. It takes no other header than Header:
// what else a trace has, such as its tracestate, is not kept in the log.
type carrier map[string][]string

// Get returns the value of a header.
func (c carrier) Get(name string) string {
	if values := c[name]; len(values) > 0 && name == Header {
		return values[0]
	}
	return ""
}

// Set sets a header.
func (c carrier) Set(name, value string) {
	if name == Header {
		c[name] = []string{value}
	}
}

// Keys returns the names of all headers that a context may be in.
func (c carrier) Keys() []string { return []string{Header} }

// Inject writes the context of the current span into an entry's headers, when
// it is sampled.
func Inject(ctx context.Context, headers map[string][]string) {
	if trace.SpanContextFromContext(ctx).IsSampled() {
		propagation.TraceContext{}.Inject(ctx, carrier(headers))
	}
}

// Remote returns the context that an entry's headers have. It reports false
// when there is none, it is not sampled or it is malformed.
func Remote(headers map[string][]string) (trace.SpanContext, bool) {
	if _, found := headers[Header]; !found { // nearly always, so at no cost
		return trace.SpanContext{}, false
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), carrier(headers))
	parent := trace.SpanContextFromContext(ctx)
	return parent, parent.IsSampled()
}

// Behind returns a context whose current span is a remote one.
func Behind(parent trace.SpanContext) context.Context {
	return trace.ContextWithRemoteSpanContext(context.Background(), parent)
}
