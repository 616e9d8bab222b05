package httpapi_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/faustman/chitchat/httpapi"
)

func TestHeadersOfEveryAnswer(t *testing.T) {
	a := setup(t)
	for _, path := range []string{"/healthz", "/auth", "/messages", "/users", "/nothing", "/openapi.yaml", "/", "/docs"} {
		got := a.get(path)
		got.wantHeader("X-Content-Type-Options", "nosniff")
		got.wantHeader("Referrer-Policy", "no-referrer")
		got.wantHeader("Cross-Origin-Opener-Policy", "same-origin")
		got.wantHeader("Cache-Control", "no-store")
		if got.header.Get("Permissions-Policy") == "" || !strings.HasPrefix(got.header.Get("Content-Security-Policy"), "default-src 'none'; ") {
			t.Errorf("%s: headers = %v", path, got.header)
		}
		got.wantHeader("Access-Control-Allow-Origin", "")
	}
}

func TestPagePolicy(t *testing.T) {
	tests := map[string]string{
		"chat.example.com":      "'self' ws://chat.example.com wss://chat.example.com",
		"localhost:8080":        "'self' ws://localhost:8080 wss://localhost:8080",
		"[::1]:8080":            "'self' ws://[::1]:8080 wss://[::1]:8080",
		"a.example;script-src*": "'self'",
		"a.example 'unsafe'":    "'self'",
		"a.example:80:80":       "'self'",
		"*":                     "'self'",
		"":                      "'self'",
	}
	for host, connect := range tests {
		t.Run(host, func(t *testing.T) {
			a := setup(t)
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Host = host
			got := a.do(r).header.Get("Content-Security-Policy")
			nonce := regexp.MustCompile(`'nonce-[A-Z2-7]{26}'`).FindString(got)
			want := "default-src 'none'; script-src 'self'; style-src 'self' " + nonce + "; img-src 'self' data: https://www.gravatar.com; " +
				"connect-src " + connect + "; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
			if nonce == "" || got != want {
				t.Errorf("policy = %s\nwant %s", got, want)
			}
		})
	}
}

func TestCORS(t *testing.T) {
	tests := []struct {
		name, method, origin string
		want                 string
	}{
		{"allowed", "GET", "https://chat.example.com", "https://chat.example.com"},
		{"allowed preflight", "OPTIONS", "https://chat.example.com", "https://chat.example.com"},
		{"other", "GET", "https://evil.example.com", ""},
		{"other preflight", "OPTIONS", "https://evil.example.com", ""},
		{"longer", "GET", "https://chat.example.com.evil.com", ""},
		{"other scheme", "GET", "http://chat.example.com", ""},
		{"null", "GET", "null", ""},
		{"none", "GET", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := setup(t)
			a.origins = []string{"https://chat.example.com"}
			r := a.request(tt.method, "/messages", nil)
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			if tt.method == http.MethodOptions {
				r.Header.Set("Access-Control-Request-Method", "GET")
				r.Header.Set("Access-Control-Request-Headers", "authorization")
			}
			got := a.do(r)
			got.wantHeader("Access-Control-Allow-Origin", tt.want)
			got.wantHeader("Access-Control-Allow-Credentials", "")
			if tt.method == http.MethodOptions && tt.want != "" {
				got.wantHeader("Access-Control-Allow-Methods", "GET,HEAD,POST")
				got.wantHeader("Access-Control-Allow-Headers", "Authorization,Content-Type")
			}
			if !strings.Contains(got.header.Get("Vary"), "Origin") {
				t.Errorf("Vary = %q, want Origin", got.header.Get("Vary"))
			}
		})
	}
}

func TestOriginsAreCheckedOnce(t *testing.T) {
	a := setup(t)
	config := httpapi.Config{Tokens: a.authority, Reader: a.reader, Channel: a.upgrade, Metrics: a.metrics, Log: discard, AllowedOrigins: []string{"chat.example.com"}}
	if _, err := httpapi.New(config); err == nil {
		t.Error("an origin without a scheme: no error")
	}
}

func TestHeaderLimit(t *testing.T) {
	address := setup(t).listen()
	for size, want := range map[int]int{8 << 10: 200, 32 << 10: 431} {
		r, err := http.NewRequest(http.MethodGet, address+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Padding", strings.Repeat("x", size))
		response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("a header of %d bytes: %d, want %d", size, response.StatusCode, want)
		}
	}
}

func TestSlowHeadersEnd(t *testing.T) {
	server := setup(t).handler().HTTPServer()
	if server.ReadHeaderTimeout == 0 || server.ReadTimeout == 0 || server.WriteTimeout == 0 || server.IdleTimeout == 0 {
		t.Fatalf("a timeout is missing: %+v", server)
	}
	server.ReadHeaderTimeout = 10 * time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the connection was not ended: %v", err)
	}
}
