package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// built is a web client as the bundler leaves it.
func built() fstest.MapFS {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		".gitkeep":               file(""),
		"index.html":             file(`<meta property="csp-nonce" nonce="__CSP_NONCE__"><style nonce="__CSP_NONCE__"></style>`),
		"favicon.svg":            file("<svg/>"),
		"assets/app-1a2b.js":     file("plain"),
		"assets/app-1a2b.js.br":  file("brotli"),
		"assets/app-1a2b.js.gz":  file("gzip"),
		"assets/app-1a2b.css":    file("plain"),
		"assets/app-1a2b.css.gz": file("gzip"),
		"assets/lone.gz":         file("an archive"),
	}
}

// file gets a path of the web client without a token.
func (a *api) file(path string, header http.Header) answer {
	a.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if header != nil {
		r.Header = header
	}
	return a.do(r)
}

func TestIndexHasAFreshNonce(t *testing.T) {
	a := setup(t)
	a.web = built()
	nonces := make(map[string]bool)
	paths := []string{"/", "/c/lobby", "/c/%C3%A9", "/?token=x"}
	for _, path := range paths {
		got := a.file(path, nil)
		nonce := regexp.MustCompile(`nonce-([A-Z2-7]{26})`).FindStringSubmatch(got.header.Get("Content-Security-Policy"))
		if got.status != http.StatusOK || len(nonce) != 2 {
			t.Fatalf("%s: %d, policy %s", path, got.status, got.header.Get("Content-Security-Policy"))
		}
		if want := strings.ReplaceAll(string(built()["index.html"].Data), "__CSP_NONCE__", nonce[1]); got.body != want {
			t.Errorf("%s: body = %s, want %s", path, got.body, want)
		}
		got.wantHeader("Cache-Control", "no-store")
		got.wantHeader("Content-Type", "text/html; charset=UTF-8")
		nonces[nonce[1]] = true
	}
	if len(nonces) != len(paths) {
		t.Errorf("%d nonces in %d answers", len(nonces), len(paths))
	}
}

func TestFiles(t *testing.T) {
	const (
		immutable  = "public, max-age=31536000, immutable"
		javascript = "text/javascript; charset=utf-8"
		css        = "text/css; charset=utf-8"
	)
	tests := []struct {
		path, accept                         string
		body, contentType, encoding, caching string
		vary                                 string
	}{
		{"/favicon.svg", "br, gzip", "<svg/>", "image/svg+xml", "", "no-cache", ""},
		{"/assets/app-1a2b.js", "", "plain", javascript, "", immutable, "Accept-Encoding"},
		{"/assets/app-1a2b.js", "gzip, deflate, br, zstd", "brotli", javascript, "br", immutable, "Accept-Encoding"},
		{"/assets/app-1a2b.js", "gzip;q=1.0, br;q=0", "gzip", javascript, "gzip", immutable, "Accept-Encoding"},
		{"/assets/app-1a2b.js", "GZIP", "gzip", javascript, "gzip", immutable, "Accept-Encoding"},
		{"/assets/app-1a2b.js", "deflate, xbr, *", "plain", javascript, "", immutable, "Accept-Encoding"},
		{"/assets/app-1a2b.js", "br;q=x", "plain", javascript, "", immutable, "Accept-Encoding"},
		{"/assets/app-1a2b.css", "br", "plain", css, "", immutable, "Accept-Encoding"},
		{"/assets/app-1a2b.css", "br, gzip", "gzip", css, "gzip", immutable, "Accept-Encoding"},
		{"/assets/lone.gz", "gzip", "an archive", "application/gzip", "", immutable, ""},
	}
	for _, tt := range tests {
		t.Run(tt.path+" "+tt.accept, func(t *testing.T) {
			a := setup(t)
			a.web = built()
			got := a.file(tt.path, http.Header{"Accept-Encoding": {tt.accept}})
			if got.status != http.StatusOK || got.body != tt.body {
				t.Errorf("answer = %d %q, want %q", got.status, got.body, tt.body)
			}
			got.wantHeader("Content-Type", tt.contentType)
			got.wantHeader("Content-Encoding", tt.encoding)
			got.wantHeader("Cache-Control", tt.caching)
			got.wantHeader("Vary", tt.vary)
		})
	}
}

func TestFileIsNotSentTwice(t *testing.T) {
	a := setup(t)
	a.web = built()
	etag := func(accept string) string {
		return a.file("/assets/app-1a2b.js", http.Header{"Accept-Encoding": {accept}}).header.Get("Etag")
	}
	if etag("") == "" || etag("") == etag("br") || etag("br") == etag("gzip") {
		t.Errorf("etags = %s, %s, %s; want three", etag(""), etag("br"), etag("gzip"))
	}
	got := a.file("/assets/app-1a2b.js", http.Header{"Accept-Encoding": {"br"}, "If-None-Match": {etag("br")}})
	if got.status != http.StatusNotModified || got.body != "" {
		t.Errorf("answer = %d %q, want 304", got.status, got.body)
	}
}

func TestWhatIsNoFile(t *testing.T) {
	a := setup(t)
	a.web = built()
	for _, path := range []string{"/assets/", "/assets", "/assets/app-1a2b.js.br", "/.gitkeep", "/index.html", "/assets/none.js", "/assets/../index.html", "/assets/%2e%2e/index.html"} {
		a.file(path, nil).wantError(http.StatusNotFound, "not_found")
	}
	got := a.do(httptest.NewRequest(http.MethodPost, "/favicon.svg", nil))
	got.wantError(http.StatusMethodNotAllowed, "method_not_allowed")
	got.wantHeader("Allow", "GET, HEAD")
}

func TestWithoutAWebClient(t *testing.T) {
	a := setup(t)
	for _, web := range []fstest.MapFS{nil, {".gitkeep": {}}} {
		a.server = nil
		a.metrics = setup(t).metrics
		if a.web = web; web == nil {
			a.web = nil
		}
		got := a.file("/", nil)
		if got.status != http.StatusOK || !strings.Contains(got.body, "make web") || strings.Contains(got.body, "__CSP_NONCE__") {
			t.Errorf("answer = %d %s", got.status, got.body)
		}
	}
}
