package telemetry_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/goleak"

	"github.com/faustman/chitchat/internal/telemetry"
)

func TestMain(m *testing.M) {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		_ = os.Unsetenv(name) // the example is for who has none
	}
	goleak.VerifyTestMain(m)
}

// environment sets what OpenTelemetry reads, and nothing else that the tests
// were started with.
func environment(t *testing.T, settings map[string]string) {
	t.Helper()
	for _, name := range []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
		"OTEL_TRACES_EXPORTER", "OTEL_SDK_DISABLED", "OTEL_TRACES_SAMPLER", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES",
	} {
		t.Setenv(name, settings[name])
	}
}

func TestCheck(t *testing.T) {
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for _, test := range []struct {
		name     string
		settings map[string]string
		want     string // in the error; none if empty
		on       bool
	}{
		{"nothing", nil, "", false},
		{"an endpoint", map[string]string{endpoint: "http://127.0.0.1:1"}, "", true},
		{"an endpoint of traces", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://127.0.0.1:1/v1/traces"}, "", true},
		{"an endpoint without a scheme", map[string]string{endpoint: "localhost:4318"}, endpoint, false},
		{"an endpoint that is no URL", map[string]string{endpoint: "http://secret:pass word@x"}, endpoint, false},
		{"switched off", map[string]string{endpoint: "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, "", false},
		{"no exporter", map[string]string{endpoint: "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"}, "", false},
		{"another exporter", map[string]string{endpoint: "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER", false},
		{"another protocol", map[string]string{endpoint: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL", false},
		{"our protocol", map[string]string{endpoint: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			environment(t, test.settings)
			traces, err := telemetry.Start(t.Context(), telemetry.Options{Logger: slog.New(slog.DiscardHandler)})
			t.Cleanup(traces.Close) // none with an error, and no harm
			if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want one with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("error = %v, which shows what may be a password", err)
			}
			if on := traces.Tracer("x") != nil; on != test.on {
				t.Errorf("there is a tracer: %v, want %v", on, test.on)
			}
		})
	}
}

// TestFaultyCollector is one that refuses all spans: the log says so, once, and
// the end does not wait for it.
func TestFaultyCollector(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no room", http.StatusBadRequest)
	}))
	defer refusing.Close()
	environment(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": refusing.URL})
	var log lines
	traces, err := telemetry.Start(t.Context(), telemetry.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 { // several batches
		_, span := traces.Tracer("x").Start(t.Context(), "x")
		span.End()
	}
	traces.Close()
	otel.Handle(http.ErrBodyNotAllowed)                         // another fault, a moment later
	if n := strings.Count(log.String(), "\n"); n < 1 || n > 2 { // of the sending, and of the end
		t.Errorf("%d lines in the log, want one of each kind:\n%s", n, log.String())
	}
}

type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestHandlerNamesTheSpan(t *testing.T) {
	for _, test := range []struct {
		name    string
		sampler trace.Sampler
		want    bool
	}{{"sampled", trace.AlwaysSample(), true}, {"not sampled", trace.NeverSample(), false}} {
		var log lines
		logger := slog.New(telemetry.NewHandler(slog.NewJSONHandler(&log, nil))).With("part", "x")
		ctx, span := trace.NewTracerProvider(trace.WithSampler(test.sampler)).Tracer("").Start(t.Context(), "x")
		logger.InfoContext(ctx, "within")
		logger.Info("without")
		var got [2]map[string]string
		for i, line := range strings.Split(strings.TrimSpace(log.String()), "\n") {
			if err := json.Unmarshal([]byte(line), &got[i]); err != nil {
				t.Fatal(err)
			}
		}
		want := ""
		if test.want {
			want = span.SpanContext().TraceID().String()
		}
		if got[0]["trace_id"] != want || got[0]["part"] != "x" || (got[0]["span_id"] != "") != test.want {
			t.Errorf("%s: line = %v, want trace %q", test.name, got[0], want)
		}
		if got[1]["trace_id"] != "" {
			t.Errorf("%s: line = %v, want no trace", test.name, got[1])
		}
	}
}
