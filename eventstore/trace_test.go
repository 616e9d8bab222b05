package eventstore_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

// tracing opens the log again with a tracer.
func tracing(t *testing.T, w *world, sampler trace.Sampler) (*eventstore.Log, *tracetest.SpanRecorder) {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans), trace.WithSampler(sampler))
	log, err := eventstore.Open(t.Context(), w.nc, eventstore.Options{Tracer: provider.Tracer("")})
	if err != nil {
		t.Fatal(err)
	}
	return log, spans
}

// TestAppendIsTraced looks at what an append puts into the entry's headers.
func TestAppendIsTraced(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		sampler trace.Sampler // nil for no tracer
		want    bool
	}{
		{"traced", trace.AlwaysSample(), true},
		{"not sampled", trace.NeverSample(), false},
		{"off", nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			log, spans := w.log, tracetest.NewSpanRecorder()
			if test.sampler != nil {
				log, spans = tracing(t, w, test.sampler)
			}
			post(t, log, "lobby", "m-1")
			records := read(t, newReader(t, log, 0), 1)
			want := []string{"Nats-Expected-Stream", "Nats-Msg-Id"}
			if test.want {
				want = append(want, "traceparent")
			}
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(records[0].Header))); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			ended := spans.Ended()
			if (len(ended) == 1) != test.want {
				t.Fatalf("%d spans, want one: %v", len(ended), test.want)
			}
			if !test.want {
				return
			}
			if got := records[0].Header["traceparent"]; len(got) != 1 || !strings.Contains(got[0], ended[0].SpanContext().SpanID().String()) {
				t.Errorf("traceparent = %q, want the append's own span", got)
			}
			values := map[string]string{}
			for _, attribute := range ended[0].Attributes() {
				values[string(attribute.Key)] = attribute.Value.String()
			}
			attributes := map[string]string{"chitchat.channel": "lobby", "chitchat.event": "message", "chitchat.outcome": "stored", "chitchat.seq": "1"}
			if diff := cmp.Diff(attributes, values); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRefusedAppendIsTraced closes the connection before the append.
func TestRefusedAppendIsTraced(t *testing.T) {
	t.Parallel()
	w := setup(t)
	log, spans := tracing(t, w, trace.AlwaysSample())
	w.nc.Close()
	event := traceEvent(t)
	if _, err := log.Append(t.Context(), "lobby", "m-1", event); !errors.Is(err, eventstore.ErrRefused) {
		t.Fatalf("Append = %v, want it refused", err)
	}
	if ended := spans.Ended(); len(ended) != 1 || ended[0].Status().Description != "refused" {
		t.Errorf("spans = %v, want one that was refused", ended)
	}
}

// TestAppendWithoutTracesCostsNothing measures what tracing adds.
func TestAppendWithoutTracesCostsNothing(t *testing.T) {
	w := setup(t)
	event, msg := traceEvent(t), &nats.Msg{Header: nats.Header{}}
	if n := testing.AllocsPerRun(100, func() { w.log.Traced(t.Context(), "lobby", event, msg) }); n != 0 || len(msg.Header) != 0 {
		t.Errorf("%v allocations and headers %v, want none", n, msg.Header)
	}
}

func traceEvent(t *testing.T) domain.Event {
	t.Helper()
	user, err := domain.NewUser("ada", "")
	if err != nil {
		t.Fatal(err)
	}
	event, err := domain.PostMessage{From: user, ID: "m-1", Text: "hello"}.Event(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return event
}
