package token_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/MicahParks/jwkset"

	"github.com/faustman/chitchat/httpapi/token"
)

// keyServer is an outside service's key set, which a test can change.
type keyServer struct {
	*httptest.Server
	mu      sync.Mutex
	set     jwkset.JWKSMarshal
	status  int
	fetches int
}

func newKeyServer(t *testing.T, keys ...jwkset.JWKMarshal) *keyServer {
	t.Helper()
	s := &keyServer{set: jwkset.JWKSMarshal{Keys: keys}, status: http.StatusOK}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.fetches++
		w.WriteHeader(s.status)
		_ = json.NewEncoder(w).Encode(s.set)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *keyServer) change(status int, keys ...jwkset.JWKMarshal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.set.Keys = status, keys
}

func (s *keyServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetches
}

func (s *keyServer) authority(t *testing.T) *token.Authority {
	t.Helper()
	authority, err := token.NewJWKSAuthority(t.Context(), s.URL, (&clock{start}).Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

// published returns a public key as a key set has it.
func published(t *testing.T, kid string, public crypto.PublicKey) jwkset.JWKMarshal {
	t.Helper()
	key, err := jwkset.NewJWKFromKey(public, jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: kid}})
	if err != nil {
		t.Fatal(err)
	}
	return key.Marshal()
}

func newEd25519(t *testing.T) (crypto.PublicKey, crypto.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func kid(name string) map[string]any { return map[string]any{"kid": name} }
