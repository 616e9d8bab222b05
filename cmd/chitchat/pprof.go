package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// pprofHeaderTimeout bounds the headers of a request for a profile. The answer
// has no bound: it takes as long as the profile is asked for.
const pprofHeaderTimeout = 10 * time.Second

// checkPprof finds a --pprof that can't be. A profile shows the program's
// memory, so that other machines must not have it.
func (c *serveCommand) checkPprof() error {
	if c.Pprof == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(c.Pprof)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return usagef("--pprof (CHITCHAT_PPROF) %q is not HOST:PORT, with a port up to 65535, like localhost:6060", c.Pprof)
	}
	if !loopback(host) {
		return usagef("--pprof (CHITCHAT_PPROF) %q is not an address of this machine alone: give one like localhost:6060", c.Pprof)
	}
	return nil
}

// listenPprof listens for who asks for profiles; it returns nil when nobody is to.
func (c *serveCommand) listenPprof(logger *slog.Logger) (net.Listener, error) {
	if c.Pprof == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", c.Pprof)
	if err != nil {
		return nil, fmt.Errorf("listen on --pprof (CHITCHAT_PPROF): %w", err)
	}
	logger.Info("profiles are served", "address", "http://"+listener.Addr().String()+"/debug/pprof/")
	return listener, nil
}

// servePprof serves profiles until ctx ends. A profile that is being made then
// is cut off.
func (s *server) servePprof(ctx context.Context) error {
	server := &http.Server{
		Handler:           fromHere(profiles()),
		ReadHeaderTimeout: pprofHeaderTimeout,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(s.pprof); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve profiles: %w", err)
	}
	return nil
}

// profiles are those of net/http/pprof but the command line, which may have
// secrets in it.
func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/cmdline", http.NotFound)
	return mux
}

// fromHere refuses requests under another name than this machine's own: a page
// of any site can have one that points here, and would read the answers.
func fromHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !loopback(host) {
			http.Error(w, "Ask by a loopback address.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
