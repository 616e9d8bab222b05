package httpapi_test

import (
	"bytes"
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
