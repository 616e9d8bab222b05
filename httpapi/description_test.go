package httpapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi"
)

// described is the description and its router, read once.
var described = sync.OnceValues(func() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromData(httpapi.Description)
})

var describedRoutes = sync.OnceValues(func() (routers.Router, error) {
	doc, err := described()
	if err != nil {
		return nil, err
	}
	return legacy.NewRouter(doc)
})

// checkDescribed holds a request and its answer to the description. A request
// that was refused may be against it, its answer may not.
func checkDescribed(t *testing.T, r *http.Request, recorder *httptest.ResponseRecorder) {
	t.Helper()
	if recorder.Code == http.StatusNotFound || recorder.Code == http.StatusMethodNotAllowed || r.Method == http.MethodOptions || page(r.URL.Path) {
		return
	}
	routes, err := describedRoutes()
	if err != nil {
		t.Fatal(err)
	}
	get := r.Clone(r.Context())
	if get.Method == http.MethodHead {
		get.Method = http.MethodGet
	}
	route, params, err := routes.FindRoute(get)
	if err != nil {
		t.Fatalf("%s %s is not described: %v", r.Method, r.URL.Path, err)
	}
	isJSON := strings.HasPrefix(recorder.Header().Get("Content-Type"), "application/json")
	options := &openapi3filter.Options{
		AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
		IncludeResponseStatus: true,
		ExcludeResponseBody:   !isJSON || r.Method == http.MethodHead,
	}
	request := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options}
	if recorder.Code < 400 {
		if err := openapi3filter.ValidateRequest(r.Context(), request); err != nil {
			t.Errorf("%s %s is against its description: %v", r.Method, r.URL.Path, err)
		}
	}
	response := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request,
		Status:                 recorder.Code,
		Header:                 recorder.Header(),
		Body:                   io.NopCloser(bytes.NewReader(recorder.Body.Bytes())),
		Options:                options,
	}
	if err := openapi3filter.ValidateResponse(r.Context(), response); err != nil {
		t.Errorf("the answer to %s %s is against its description: %v", r.Method, r.URL.Path, err)
	}
}

// page reports whether the path is the web client's and not the API's.
func page(path string) bool {
	return path == "/" || strings.HasPrefix(path, "/c/") || strings.HasPrefix(path, "/assets/") || strings.HasPrefix(path, "/favicon")
}

func TestDescriptionIsValid(t *testing.T) {
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
}

func TestDescriptionHasTheRoutes(t *testing.T) {
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			want = append(want, method+" "+path)
		}
	}
	got := setup(t).handler().Routes()
	got = slices.DeleteFunc(got, func(route string) bool {
		return page(strings.TrimPrefix(route, "GET "))
	})
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-described +registered):\n%s", diff)
	}
}

func TestDescriptionHasTheCodes(t *testing.T) {
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	var want []domain.Code
	for _, code := range doc.Components.Schemas["ErrorCode"].Value.Enum {
		want = append(want, domain.Code(code.(string)))
	}
	got := slices.Sorted(maps.Keys(httpapi.Answers))
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("codes (-described +in the table):\n%s", diff)
	}
}

func TestDescriptionIsServed(t *testing.T) {
	got := setup(t).get("/openapi.yaml")
	if got.status != http.StatusOK || got.body != string(httpapi.Description) {
		t.Errorf("answer = %d with %d bytes, want 200 with %d", got.status, len(got.body), len(httpapi.Description))
	}
	got.wantHeader("Content-Type", "application/yaml")
}

// TestFrames holds the frames of the contract to their schemas.
func TestFrames(t *testing.T) {
	const user = `{"id":"u1","name":"Ada","avatar":"https://www.gravatar.com/avatar/x?s=128"}`
	tests := []struct {
		schema, frame string
		want          bool
	}{
		{"ServerFrame", `{"type":"message","seq":120,"prev":117,"v":1,"id":"m1","from_user":` + user + `,"sent_at":"2026-01-01T12:00:00.123456789Z","text":"hey"}`, true},
		{"ServerFrame", `{"type":"message","seq":120,"id":"m1","from_user":` + user + `,"sent_at":"2026-01-01T12:00:00Z","text":"hey"}`, false},
		{"ServerFrame", `{"type":"join","seq":121,"prev":120,"from_user":` + user + `,"sent_at":"2026-01-01T12:00:00Z","session":"s1"}`, true},
		{"ServerFrame", `{"type":"leave","seq":125,"prev":121,"from_user":` + user + `,"sent_at":"2026-01-01T12:00:00Z","session":"s1","reason":"lost"}`, true},
		{"ServerFrame", `{"type":"leave","seq":125,"prev":121,"from_user":` + user + `,"sent_at":"2026-01-01T12:00:00Z","session":"s1","reason":"bored"}`, false},
		{"ServerFrame", `{"type":"presence","seq":130,"prev":125,"joined":[` + user + `],"left":[],"users":4321}`, true},
		{"ServerFrame", `{"type":"hello","session":"s1","position":"k3v9x1q7m2b8:812","ping_ms":25000}`, true},
		{"ServerFrame", `{"type":"hello","session":"s1","position":"812","ping_ms":25000}`, false},
		{"ServerFrame", `{"type":"reset","position":"k3v9x1q7m2b8:812"}`, true},
		{"ServerFrame", `{"type":"typing","from_user":` + user + `}`, true},
		{"ServerFrame", `{"type":"ack","id":"m1","seq":126}`, true},
		{"ServerFrame", `{"type":"ack"}`, true},
		{"ServerFrame", `{"type":"error","id":"m1","code":"rate_limited","message":"Wait.","retry_after_ms":800}`, true},
		{"ServerFrame", `{"type":"error","id":"m1","code":"made_up","message":"Wait."}`, false},
		{"Command", `{"type":"send","id":"m1","text":"Hello!"}`, true},
		{"Command", `{"type":"send","id":"m1","text":"Hello!","retry":true}`, true},
		{"Command", `{"type":"send","text":"Hello!"}`, false},
		{"Command", `{"type":"typing"}`, true},
		{"Command", `{"type":"auth","token":"x"}`, true},
		{"Command", `{"type":"auth"}`, false},
	}
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		err := visit(doc.Components.Schemas[tt.schema].Value, tt.frame)
		if (err == nil) != tt.want {
			t.Errorf("%s as a %s: %v, want valid %v", tt.frame, tt.schema, err, tt.want)
		}
	}
}

func visit(schema *openapi3.Schema, frame string) error {
	var value any
	if err := json.Unmarshal([]byte(frame), &value); err != nil {
		return err
	}
	return schema.VisitJSON(value, openapi3.EnableJSONSchema2020())
}
