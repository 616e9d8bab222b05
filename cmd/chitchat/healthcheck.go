package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// healthTimeout bounds the question whether a server is ready.
const healthTimeout = 3 * time.Second

// healthCommand asks a running server whether it is ready.
type healthCommand struct {
	Listen string `env:"CHITCHAT_LISTEN" default:"localhost:8080" help:"Address that the server listens on." placeholder:"HOST:PORT"`
}

// Run prints the server's answer and fails when it is not ready.
func (c *healthCommand) Run(ctx context.Context, out *console) error {
	if err := checkListen(c.Listen); err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	defer response.Body.Close()
	const most = 64 << 10
	body, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", strings.TrimSpace(string(body)))
	}
	_, err = fmt.Fprintln(out.stdout, strings.TrimSpace(string(body)))
	return err
}
