package httpapi_test

import (
	"bytes"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/domain"
)

var update = flag.Bool("update", false, "write the golden files anew")

// answer is a response that was read.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// do answers the request and holds both to the description.
func (a *api) do(r *http.Request) answer {
	a.t.Helper()
	var sent []byte
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			a.t.Fatal(err)
		}
		sent = body
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	recorder := httptest.NewRecorder()
	a.handler().ServeHTTP(recorder, r)
	r.Body = io.NopCloser(bytes.NewReader(sent))
	checkDescribed(a.t, r, recorder)
	return answer{a.t, recorder.Code, recorder.Header(), recorder.Body.String()}
}

func (a *api) get(target string) answer {
	a.t.Helper()
	return a.do(a.request(http.MethodGet, target, nil))
}

// wantGolden compares the status and the body with the golden file.
func (got answer) wantGolden(status int, name string) {
	got.t.Helper()
	if got.status != status {
		got.t.Errorf("status = %d, want %d: %s", got.status, status, got.body)
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, []byte(got.body), 0o644); err != nil {
			got.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		got.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.body); diff != "" {
		got.t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// wantError compares the status and the error's code.
func (got answer) wantError(status int, code domain.Code) {
	got.t.Helper()
	if got.status != status || !strings.HasPrefix(got.body, `{"code":"`+string(code)+`","message":"`) {
		got.t.Errorf("answer = %d %s, want %d %s", got.status, got.body, status, code)
	}
}

func (got answer) wantHeader(name, want string) {
	got.t.Helper()
	if value := strings.Join(got.header.Values(name), ", "); value != want {
		got.t.Errorf("%s = %q, want %q", name, value, want)
	}
}
