package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi"
	"github.com/faustman/chitchat/projections"
)

// failing makes /messages answer with err, or panic with it.
func (a *api) failing(err any, panics bool) {
	a.reader.messages = func(context.Context, domain.Channel, projections.MessageQuery) (projections.MessagePage, error) {
		if panics {
			panic(err)
		}
		return projections.MessagePage{}, err.(error)
	}
}

func TestFaultIsLoggedAndNotTold(t *testing.T) {
	for name, panics := range map[string]bool{"error": false, "panic": true} {
		t.Run(name, func(t *testing.T) {
			a := setup(t)
			a.failing(errors.New(`SELECT text FROM chat.messages: relation "x" is odd`), panics)
			a.get("/messages").wantGolden(http.StatusInternalServerError, "error-internal")
			if log := a.log.String(); !strings.Contains(log, "SELECT text") || !strings.Contains(log, `"level":"ERROR"`) {
				t.Errorf("the log lacks the cause: %s", log)
			}
		})
	}
}

func TestRefusalIsToldAsItIs(t *testing.T) {
	for code, want := range httpapi.Answers {
		t.Run(string(code), func(t *testing.T) {
			a := setup(t)
			a.failing(fmt.Errorf("wrapped: %w", domain.Errorf(code, "Do this.")), false)
			got := a.get("/messages")
			got.wantError(want.Status, code)
			if strings.Contains(got.body, "wrapped") {
				t.Errorf("body = %s, want the refusal alone", got.body)
			}
			wait := want.Status == http.StatusServiceUnavailable || want.Status == http.StatusTooManyRequests
			if got := got.header.Get("Retry-After") != ""; got != wait {
				t.Errorf("Retry-After is there: %v, want %v", got, wait)
			}
		})
	}
}

func TestAnswerTo(t *testing.T) {
	tests := map[domain.Code]httpapi.Answer{
		domain.CodeUnauthorized: {Status: 401, Close: 4001},
		domain.CodeRateLimited:  {Status: 429, Close: 4029},
		domain.CodeTooLarge:     {Status: 413, Close: 1009},
		domain.CodeUnavailable:  {Status: 503, Close: 1012},
		"made_up":               {Status: 500, Close: 1011},
	}
	for code, want := range tests {
		if got := httpapi.AnswerTo(code); got != want {
			t.Errorf("AnswerTo(%s) = %+v, want %+v", code, got, want)
		}
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	tests := []struct {
		method, path string
		status       int
		code         domain.Code
		allow        string
	}{
		{"GET", "/nothing", 404, domain.CodeNotFound, ""},
		{"GET", "/auth/", 404, domain.CodeNotFound, ""},
		{"GET", "/c/lobby/more", 404, domain.CodeNotFound, ""},
		{"GET", "/assets/../openapi.yaml", 404, domain.CodeNotFound, ""},
		{"POST", "/nothing", 404, domain.CodeNotFound, ""},
		{"DELETE", "/auth", 405, "method_not_allowed", "OPTIONS, GET, POST"},
		{"POST", "/messages", 405, "method_not_allowed", "OPTIONS, GET"},
		{"BREW", "/messages", 405, "method_not_allowed", "OPTIONS, GET"},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			got := setup(t).do(httptest.NewRequest(tt.method, tt.path, nil))
			got.wantError(tt.status, tt.code)
			got.wantHeader("Allow", tt.allow)
		})
	}
}

func TestErrorsGolden(t *testing.T) {
	a := setup(t)
	a.get("/nothing").wantGolden(http.StatusNotFound, "error-not-found")
	a.do(httptest.NewRequest(http.MethodDelete, "/auth", nil)).wantGolden(http.StatusMethodNotAllowed, "error-method-not-allowed")
	a.get("/messages?limit=0").wantGolden(http.StatusBadRequest, "error-invalid-request")
	a.post("text/plain", strings.NewReader("x")).wantGolden(http.StatusUnsupportedMediaType, "error-unsupported-media-type")
	a.post(typeForm, strings.NewReader("name="+strings.Repeat("x", 64<<10))).wantGolden(http.StatusRequestEntityTooLarge, "error-too-large")
	a.post(typeForm, strings.NewReader("name=Ada&channel=*")).wantGolden(http.StatusUnprocessableEntity, "error-invalid-channel")
	a.post(typeForm, strings.NewReader("name=&channel=lobby")).wantGolden(http.StatusUnprocessableEntity, "error-invalid-name")
	a.post(typeForm, strings.NewReader("name=Ada&email=x&channel=lobby")).wantGolden(http.StatusUnprocessableEntity, "error-invalid-email")
}

func TestHead(t *testing.T) {
	a := setup(t)
	for _, path := range []string{"/healthz", "/auth", "/messages", "/docs", "/"} {
		got := a.do(a.request(http.MethodHead, path, nil))
		if got.status != http.StatusOK || got.body != "" || got.header.Get("Content-Length") == "" {
			t.Errorf("HEAD %s = %d, %d bytes, Content-Length %q", path, got.status, len(got.body), got.header.Get("Content-Length"))
		}
	}
}

func TestClientThatIsGone(t *testing.T) {
	a := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	a.reader.messages = func(ctx context.Context, _ domain.Channel, _ projections.MessageQuery) (projections.MessagePage, error) {
		cancel()
		<-ctx.Done()
		return projections.MessagePage{}, ctx.Err()
	}
	recorder := httptest.NewRecorder()
	a.handler().ServeHTTP(recorder, a.request(http.MethodGet, "/messages", nil).WithContext(ctx))
	if recorder.Body.Len() != 0 {
		t.Errorf("body = %s, want none", recorder.Body)
	}
	if log := a.log.String(); !strings.Contains(log, `"status":499`) || !strings.Contains(log, `"level":"INFO"`) {
		t.Errorf("log = %s, want status 499", log)
	}
}

func TestNewRefusesWhatItCannotServe(t *testing.T) {
	if _, err := httpapi.New(httpapi.Config{}); err == nil {
		t.Error("New without its parts: no error")
	}
}
