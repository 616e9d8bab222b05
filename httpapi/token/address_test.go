package token_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/faustman/chitchat/httpapi/token"
)

func TestAddressRules(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the addresses are only judged
	tests := map[string]bool{
		"https://auth.example.com/jwks.json":     true,
		"http://localhost:1/jwks.json":           true,
		"http://127.0.0.1:1/jwks.json":           true,
		"http://[::1]:1/jwks.json":               true,
		"http://auth.example.com/jwks.json":      false,
		"http://localhost.example.com/jwks":      false,
		"http://10.0.0.1/jwks.json":              false,
		"ftp://localhost/jwks.json":              false,
		"file:///jwks.json":                      false,
		"https://name:password@auth.example.com": false,
		"auth.example.com/jwks.json":             false,
		"":                                       false,
	}
	for address, want := range tests {
		_, err := token.NewJWKSAuthority(ctx, address, (&clock{start}).Now, slog.New(slog.DiscardHandler))
		if (err == nil) != want {
			t.Errorf("%q: %v, want accepted %v", address, err, want)
		}
	}
}
