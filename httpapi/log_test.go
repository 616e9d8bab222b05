package httpapi_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lastEntry returns the last line of the log about a request.
func (a *api) lastEntry() map[string]any {
	a.t.Helper()
	lines := strings.Split(strings.TrimSpace(a.log.String()), "\n")
	var entry map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &entry); err != nil {
		a.t.Fatal(err)
	}
	return entry
}

func TestLogEntry(t *testing.T) {
	a := setup(t)
	got := a.get("/auth?a=b")
	entry := a.lastEntry()
	for _, key := range []string{"time", "took"} {
		if _, ok := entry[key]; !ok {
			t.Errorf("the entry lacks %s: %v", key, entry)
		}
		delete(entry, key)
	}
	want := map[string]any{
		"level": "INFO", "msg": "http request", "method": "GET", "path": "/auth", "status": 200.0,
		"bytes": float64(len(got.body)), "request": "test", "user": ada(t).ID, "channel": "lobby",
	}
	if diff := cmp.Diff(want, entry); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	got.wantHeader("X-Request-Id", "test")
}

func TestLogLevels(t *testing.T) {
	a := setup(t)
	a.ready = func() []string { return []string{"Postgres is down"} }
	tests := map[string]string{"/healthz": "DEBUG", "/readyz": "DEBUG", "/metrics": "DEBUG", "/docs": "INFO", "/nothing": "INFO"}
	for path, want := range tests {
		a.get(path)
		if got := a.lastEntry()["level"]; got != want {
			t.Errorf("%s: level = %v, want %s", path, got, want)
		}
	}
}

func TestLogKeepsTheCodeOfARefusal(t *testing.T) {
	a := setup(t)
	a.get("/messages?limit=0")
	if got := a.lastEntry()["code"]; got != "invalid_request" {
		t.Errorf("code = %v, want invalid_request", got)
	}
}

func TestRequestID(t *testing.T) {
	for given, kept := range map[string]bool{
		"":                      false,
		"0198c0de-1":            true,
		"a b":                   false,
		"x\"y":                  false,
		strings.Repeat("x", 64): true,
		strings.Repeat("x", 65): false,
	} {
		a := setup(t)
		r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
		r.Header.Set("X-Request-Id", given)
		got := a.do(r).header.Get("X-Request-Id")
		if got == "" || (got == given) != kept {
			t.Errorf("request id %q became %q, want kept %v", given, got, kept)
		}
		if a.lastEntry()["request"] != got {
			t.Errorf("the log has %v, the answer %q", a.lastEntry()["request"], got)
		}
	}
}

// TestNoTokenInTheLog sends a valid and an invalid token on each way in which
// requests end, and as what careless code might say in an error.
func TestNoTokenInTheLog(t *testing.T) {
	const marker = "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0.c2lnbmF0dXJl"
	endings := map[string]func(*api, string){
		"success": func(*api, string) {},
		"error":   func(a *api, secret string) { a.failing(errors.New("GET /messages?token="+secret+": broken"), false) },
		"panic":   func(a *api, secret string) { a.failing("bad request /messages?token="+secret, true) },
		"panic with an error": func(a *api, secret string) {
			a.failing(errors.New("Authorization: Bearer "+secret), true)
		},
	}
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			a := setup(t)
			secret := a.token()
			end(a, secret)
			address := a.listen()
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			for _, raw := range []string{secret, marker} {
				for _, target := range []string{
					"/messages?token=" + raw, "/messages?limit=0&token=" + raw, "/auth?token=" + raw, "/channel?token=" + raw,
					"/nothing?token=" + raw, "/messages%3Ftoken=" + raw, "/c/" + raw, "/;token=" + raw, "/messages?x;token=" + raw,
				} {
					for _, header := range []string{"", "Bearer " + raw} {
						r, err := http.NewRequest(http.MethodGet, address+target, nil)
						if err != nil {
							t.Fatal(err)
						}
						if header != "" {
							r.Header.Set("Authorization", header)
							r.Header.Set("X-Request-Id", raw[:min(len(raw), 64)])
							r.Header.Set("Referer", address+target)
						}
						response, err := client.Do(r)
						if err != nil {
							t.Fatal(err)
						}
						body, err := io.ReadAll(response.Body)
						response.Body.Close()
						if err != nil {
							t.Fatal(err)
						}
						if strings.Contains(string(body), raw) {
							t.Errorf("GET %s: the token is in the answer: %s", target, body)
						}
					}
				}
			}
			log := a.log.String()
			if strings.Count(log, "\n") < 36 {
				t.Errorf("only %d lines in the log", strings.Count(log, "\n"))
			}
			if strings.Contains(log, "eyJ") || strings.Contains(log, strings.Split(secret, ".")[2]) || strings.Contains(log, "c2VjcmV0") {
				t.Errorf("a token is in the log:\n%s", log)
			}
		})
	}
}

func TestSignInLogsNoToken(t *testing.T) {
	a := setup(t)
	a.post(typeJSON, strings.NewReader(`{"name":"Ada","email":"ada@example.com","channel":"lobby"}`))
	if log := a.log.String(); strings.Contains(log, "eyJ") || strings.Contains(log, "ada@example.com") {
		t.Errorf("log = %s, want neither token nor email", log)
	}
	if got, want := a.lastEntry()["user"], ada(t).ID; got != want {
		t.Errorf("user = %v, want %s", got, want)
	}
}

func TestLongPathIsCut(t *testing.T) {
	a := setup(t)
	a.do(httptest.NewRequest(http.MethodGet, "/"+strings.Repeat("é", 1000), nil))
	if got := a.lastEntry()["path"].(string); len(got) > 300 {
		t.Errorf("%d bytes of path in the log", len(got))
	}
}
