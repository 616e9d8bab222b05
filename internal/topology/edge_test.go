//go:build topology

package topology_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// healthInterval is how often the edge asks each server whether it is ready, healthTimeout bounds the question.
	healthInterval = 250 * time.Millisecond
	healthTimeout  = 2 * time.Second
)

// upstream is a server behind the edge.
type upstream struct {
	name    string
	address string
	ready   atomic.Bool
	active  atomic.Int64 // requests and sockets under way
}

// edge stands in for Envoy: sockets go to the gateways, all else to the apis, each to the ready one with the fewest
// requests under way; who can't be reached is passed over.
type edge struct {
	server    *httptest.Server
	transport *http.Transport
	gateways  []*upstream
	apis      []*upstream
}

// chosen carries the server that a request went to, so that it is counted until its end.
type chosen struct{ at *upstream }

type chosenKey struct{}

// newEdge returns an edge that serves until the test ends.
func newEdge(t testing.TB, gateways, apis []*upstream) *edge {
	t.Helper()
	e := &edge{
		gateways:  gateways,
		apis:      apis,
		transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetXForwarded() },
		Transport: e,
		ErrorLog:  log.New(io.Discard, "", 0), // servers are killed under it
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	e.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		choice := &chosen{}
		proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), chosenKey{}, choice)))
		if choice.at != nil {
			choice.at.active.Add(-1)
		}
	}))
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, u := range slices.Concat(gateways, apis) {
		wg.Go(func() { u.watch(ctx) })
	}
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		e.transport.CloseIdleConnections()
		e.server.CloseClientConnections()
		e.server.Close()
	})
	return e
}

// RoundTrip sends the request to the best server, and to the next when that one can't be reached.
func (e *edge) RoundTrip(r *http.Request) (*http.Response, error) {
	servers := e.apis
	if r.URL.Path == "/channel" {
		servers = e.gateways
	}
	choice := r.Context().Value(chosenKey{}).(*chosen)
	for _, u := range ranked(servers) {
		u.active.Add(1)
		out := r.Clone(r.Context())
		out.URL = &url.URL{Scheme: "http", Host: u.address, Path: r.URL.Path, RawQuery: r.URL.RawQuery}
		response, err := e.transport.RoundTrip(out)
		if err == nil {
			choice.at = u
			return response, nil
		}
		u.active.Add(-1)
		var network *net.OpError
		if !errors.As(err, &network) || network.Op != "dial" {
			return nil, err
		}
	}
	return nil, errors.New("no server is ready")
}

// ranked returns the servers that are ready, those with the fewest requests first.
func ranked(servers []*upstream) []*upstream {
	ready := slices.DeleteFunc(slices.Clone(servers), func(u *upstream) bool { return !u.ready.Load() })
	slices.SortStableFunc(ready, func(a, b *upstream) int { return int(a.active.Load() - b.active.Load()) })
	return ready
}

// watch asks the server whether it is ready until ctx ends.
func (u *upstream) watch(ctx context.Context) {
	ticker := time.NewTicker(healthInterval)
	defer ticker.Stop()
	for {
		status, _ := u.readiness(ctx)
		u.ready.Store(status == http.StatusOK)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// readiness asks the server itself; the status is 0 when it can't be reached.
func (u *upstream) readiness(ctx context.Context) (status int, body string) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+u.address+"/readyz", nil)
	if err != nil {
		return 0, err.Error()
	}
	response, err := quickClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(content)
}

// quickClient keeps no connection: those to a server that was killed would be of no use.
var quickClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
