package gateway

import (
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/faustman/chitchat/eventstore"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// published applies one record to a hub with a room, with and without a context
// in its headers, and returns what that allocates.
func published(t *testing.T, h *hub, header map[string][]string) float64 {
	t.Helper()
	r := &room{channel: "bench", wake: func(*room) {}, ready: make(chan struct{})}
	h.rooms["bench"] = r
	r.begin(0, 0, 0)
	close(r.ready)
	const runs = 2000
	records, _ := benchRecords(0, runs+1) // one to warm up
	i := 0
	return testing.AllocsPerRun(runs, func() {
		record := records[i]
		record.Header = header
		i++
		h.applySome([]eventstore.Record{record}, func(entry) {})
	})
}

// TestPublishWithoutTracesCostsNothing compares a publish that nobody traces
// with one of an entry without headers.
func TestPublishWithoutTracesCostsNothing(t *testing.T) {
	hub := func() *hub { return newHub(nil, defaultRecent, func(*room) {}, newStats(nil), nil) }
	bare := published(t, hub(), nil)
	traced := published(t, hub(), map[string][]string{"traceparent": {parent}, "Nats-Msg-Id": {"x"}})
	if traced > bare {
		t.Errorf("%v allocations an event that others trace, want the %v of any", traced, bare)
	}
}

// TestDeliveries are the spans of what is delivered.
func TestDeliveries(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	hub := newHub(nil, defaultRecent, func(*room) {}, newStats(nil), provider.Tracer(""))
	r := &room{channel: "bench", wake: func(*room) {}, ready: make(chan struct{})}
	hub.rooms["bench"] = r
	r.begin(0, 0, 0)
	close(r.ready)
	records, _ := benchRecords(0, 4)
	for i, header := range []map[string][]string{
		nil,
		{"traceparent": {parent}},
		{"traceparent": {"junk of another program"}},
		{"traceparent": {parent[:len(parent)-1] + "0"}}, // not sampled
	} {
		records[i].Header = header
	}
	hub.applySome(records, func(entry) {})
	ended := spans.Ended()
	if len(ended) != 1 {
		t.Fatalf("%d spans, want that of the one event that was sampled", len(ended))
	}
	got := ended[0]
	if got.Name() != "deliver" || got.Parent().SpanID().String() != parent[36:52] || !got.Parent().IsRemote() {
		t.Errorf("span %s behind %s, want deliver behind the append", got.Name(), got.Parent().SpanID())
	}
	values := map[string]string{}
	for _, attribute := range got.Attributes() {
		values[string(attribute.Key)] = attribute.Value.String()
	}
	if values["chitchat.seq"] != "2" || values["chitchat.channel"] != "bench" || values["chitchat.sockets"] != "0" || len(values) != 3 {
		t.Errorf("attributes = %v", values)
	}
}
