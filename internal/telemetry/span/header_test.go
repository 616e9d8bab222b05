package span_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/faustman/chitchat/internal/telemetry/span"
)

const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	spanID  = "b7ad6b7169203331"
)

// current returns a context with a span, sampled or not.
func current(t *testing.T, flags trace.TraceFlags) context.Context {
	t.Helper()
	id, err := trace.TraceIDFromHex(traceID)
	if err != nil {
		t.Fatal(err)
	}
	parent, err := trace.SpanIDFromHex(spanID)
	if err != nil {
		t.Fatal(err)
	}
	state, err := trace.ParseTraceState("vendor=secret")
	if err != nil {
		t.Fatal(err)
	}
	return trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: id, SpanID: parent, TraceFlags: flags, TraceState: state,
	}))
}

func TestInject(t *testing.T) {
	for _, test := range []struct {
		name string
		ctx  context.Context
		want map[string][]string
	}{
		{"sampled", current(t, trace.FlagsSampled), map[string][]string{"traceparent": {"00-" + traceID + "-" + spanID + "-01"}}},
		{"not sampled", current(t, 0), map[string][]string{}},
		{"no span", t.Context(), map[string][]string{}},
	} {
		got := map[string][]string{}
		span.Inject(test.ctx, got)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: headers (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestRemote(t *testing.T) {
	const good = "00-" + traceID + "-" + spanID + "-01"
	for _, test := range []struct {
		name    string
		headers map[string][]string
		want    bool
	}{
		{"sampled", map[string][]string{"traceparent": {good}}, true},
		{"sampled among others", map[string][]string{"traceparent": {good}, "tracestate": {"a=b"}, "Nats-Msg-Id": {"x"}}, true},
		{"not sampled", map[string][]string{"traceparent": {"00-" + traceID + "-" + spanID + "-00"}}, false},
		{"no headers", nil, false},
		{"another header", map[string][]string{"Nats-Msg-Id": {good}}, false},
		{"another case", map[string][]string{"Traceparent": {good}}, false},
		{"no value", map[string][]string{"traceparent": {}}, false},
		{"empty", map[string][]string{"traceparent": {""}}, false},
		{"no context", map[string][]string{"traceparent": {"hello"}}, false},
		{"no trace", map[string][]string{"traceparent": {"00-00000000000000000000000000000000-" + spanID + "-01"}}, false},
		{"too long", map[string][]string{"traceparent": {good + "-00"}}, false},
		{"no hex", map[string][]string{"traceparent": {"00-0AF7651916CD43DD8448EB211C80319C-" + spanID + "-01"}}, false},
	} {
		got, ok := span.Remote(test.headers)
		if ok != test.want {
			t.Errorf("%s: got %v, want %v", test.name, ok, test.want)
		}
		if ok && (got.TraceID().String() != traceID || got.SpanID().String() != spanID || !got.IsRemote()) {
			t.Errorf("%s: context = %+v", test.name, got)
		}
	}
}

// TestRemoteCostsNothing is for the entries without a context, nearly all.
func TestRemoteCostsNothing(t *testing.T) {
	headers := map[string][]string{"Nats-Msg-Id": {"x"}}
	if n := testing.AllocsPerRun(100, func() { span.Remote(headers) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
