package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

var discard = slog.New(slog.DiscardHandler)

// wantMetric looks for the line in what /metrics shows.
func wantMetric(t *testing.T, a *api, line string) {
	t.Helper()
	if got := a.get("/metrics").body; !strings.Contains(got, line+"\n") {
		t.Errorf("metrics lack %s:\n%s", line, got)
	}
}

func TestHealth(t *testing.T) {
	setup(t).do(httptest.NewRequest(http.MethodGet, "/healthz", nil)).wantGolden(http.StatusOK, "healthz")
}

func TestReady(t *testing.T) {
	a := setup(t)
	var reasons []string
	a.ready = func() []string { return reasons }
	a.do(httptest.NewRequest(http.MethodGet, "/readyz", nil)).wantGolden(http.StatusOK, "readyz")
	reasons = []string{"Postgres cannot be reached", "the server is leaving"}
	got := a.do(httptest.NewRequest(http.MethodGet, "/readyz", nil))
	got.wantGolden(http.StatusServiceUnavailable, "readyz-not")
	got.wantHeader("Cache-Control", "no-store")
}

func TestMetrics(t *testing.T) {
	a := setup(t)
	own := prometheus.NewCounter(prometheus.CounterOpts{Name: "chitchat_own_total", Help: "Of another part."})
	a.metrics.MustRegister(own)
	a.get("/messages")
	a.get("/messages?limit=0")
	a.get("/c/lobby")
	a.get("/nothing-1")
	a.get("/nothing-2")
	a.do(httptest.NewRequest("BREW", "/nothing-2", nil))
	for _, line := range []string{
		`chitchat_own_total 0`,
		`chitchat_http_requests_total{method="GET",route="/messages",status="200"} 1`,
		`chitchat_http_requests_total{method="GET",route="/messages",status="400"} 1`,
		`chitchat_http_requests_total{method="GET",route="/c/:channel",status="200"} 1`,
		`chitchat_http_requests_total{method="GET",route="file",status="404"} 2`,
		`chitchat_http_requests_total{method="other",route="file",status="404"} 1`,
		`chitchat_http_request_duration_seconds_count{method="GET",route="/messages"} 2`,
	} {
		wantMetric(t, a, line)
	}
}
