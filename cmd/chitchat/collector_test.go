package main_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// spans is a collector of traces.
type spans struct {
	*httptest.Server
	mu        sync.Mutex
	all       []*trace.Span
	resources map[string]string
	raw       []byte // all that came, as it came
}

func collectSpans(t *testing.T) *spans {
	t.Helper()
	s := &spans{resources: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.take))
	t.Cleanup(s.Close)
	return s
}

func (s *spans) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &request)
	}
	if err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, "no traces", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raw = append(s.raw, body...)
	for _, resource := range request.ResourceSpans {
		for _, attribute := range resource.Resource.Attributes {
			s.resources[attribute.Key] = attribute.Value.String()
		}
		for _, scope := range resource.ScopeSpans {
			s.all = append(s.all, scope.Spans...)
		}
	}
}

// find returns a span of the name and with the parent, nil when there is none.
func (s *spans) find(name string, parent []byte, has map[string]int64) *trace.Span {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, span := range s.all {
		if span.Name == name && string(span.ParentSpanId) == string(parent) && hasAll(span, has) {
			return span
		}
	}
	return nil
}

func hasAll(span *trace.Span, want map[string]int64) bool {
	found := 0
	for _, attribute := range span.Attributes {
		if value, wanted := want[attribute.Key]; wanted && attribute.Value.GetIntValue() == value {
			found++
		}
	}
	return found == len(want)
}
