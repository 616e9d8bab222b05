package token_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi/token"
)

func TestOutsideAlgorithms(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edPrivate := newEd25519(t)
	edDER, err := x509.MarshalPKIXPublicKey(edPublic)
	if err != nil {
		t.Fatal(err)
	}
	rsaDER, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	rsaPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: rsaDER})
	keys := newKeyServer(t, published(t, "rsa", rsaKey.Public()), published(t, "ec", ecKey.Public()), published(t, "ed", edPublic))
	authority := keys.authority(t)
	tests := []struct {
		name   string
		method jwt.SigningMethod
		key    any
		header map[string]any
		want   bool
	}{
		{"RS256", jwt.SigningMethodRS256, rsaKey, kid("rsa"), true},
		{"ES256", jwt.SigningMethodES256, ecKey, kid("ec"), true},
		{"EdDSA", jwt.SigningMethodEdDSA, edPrivate, kid("ed"), true},
		{"no kid", jwt.SigningMethodEdDSA, edPrivate, nil, true},
		{"kid of another key", jwt.SigningMethodEdDSA, edPrivate, kid("rsa"), false},
		{"kid of another type", jwt.SigningMethodEdDSA, edPrivate, map[string]any{"kid": 7}, false},
		{"PS256", jwt.SigningMethodPS256, rsaKey, kid("rsa"), false},
		{"RS512", jwt.SigningMethodRS512, rsaKey, kid("rsa"), false},
		{"alg none", jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, kid("rsa"), false},
		{"HS256 with the public key's PEM", jwt.SigningMethodHS256, rsaPEM, kid("rsa"), false},
		{"HS256 with the public key's DER", jwt.SigningMethodHS256, edDER, kid("ed"), false},
		{"HS256 with the public key's bytes", jwt.SigningMethodHS256, []byte(edPublic.(ed25519.PublicKey)), kid("ed"), false},
		{"HS256 without a kid", jwt.SigningMethodHS256, rsaPEM, nil, false},
		{"HS256 with our secret", jwt.SigningMethodHS256, []byte(secret), nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw := sign(t, tt.method, tt.key, tt.header, validClaims())
			if !tt.want {
				checkRefused(t, authority, raw)
				return
			}
			if _, err := authority.Verify(raw); err != nil {
				t.Errorf("Verify: %v, want claims", err)
			}
		})
	}
}

func TestOurAuthorityRefusesPublicKeyTokens(t *testing.T) {
	authority, _ := setup(t)
	_, private := newEd25519(t)
	checkRefused(t, authority, sign(t, jwt.SigningMethodEdDSA, private, nil, validClaims()))
}

func TestKeysForEncryptionAndSharedSecretsVerifyNothing(t *testing.T) {
	public, private := newEd25519(t)
	encryption := published(t, "enc", public)
	encryption.USE = jwkset.UseEnc
	shared, err := jwkset.NewJWKFromKey([]byte(secret), jwkset.JWKOptions{
		Marshal:  jwkset.JWKMarshalOptions{Private: true},
		Metadata: jwkset.JWKMetadataOptions{KID: "oct"},
	})
	if err != nil {
		t.Fatal(err)
	}
	authority := newKeyServer(t, encryption, shared.Marshal()).authority(t)
	checkRefused(t, authority, sign(t, jwt.SigningMethodEdDSA, private, kid("enc"), validClaims()))
	checkRefused(t, authority, sign(t, jwt.SigningMethodHS256, []byte(secret), kid("oct"), validClaims()))
}

func TestJWKSAuthorityMintsNothing(t *testing.T) {
	public, _ := newEd25519(t)
	authority := newKeyServer(t, published(t, "k", public)).authority(t)
	if _, err := authority.Mint(ada(t), "lobby"); !errors.Is(err, &domain.Error{Code: domain.CodeForbidden}) {
		t.Errorf("Mint: %v, want forbidden", err)
	}
	if authority.Mints() {
		t.Error("Mints() = true, want false")
	}
}

func TestHeadersOfATokenFetchNothing(t *testing.T) {
	public, _ := newEd25519(t)
	trap := newKeyServer(t)
	authority := newKeyServer(t, published(t, "k", public)).authority(t)
	strangerPublic, strangerPrivate := newEd25519(t)
	trap.change(http.StatusOK, published(t, "k", strangerPublic))
	for _, header := range []map[string]any{
		{"kid": "k", "jku": trap.URL},
		{"kid": "k", "x5u": trap.URL},
		{"kid": trap.URL},
		{"jku": trap.URL},
		{"jwk": published(t, "k", strangerPublic)},
	} {
		checkRefused(t, authority, sign(t, jwt.SigningMethodEdDSA, strangerPrivate, header, validClaims()))
	}
	if got := trap.count(); got != 0 {
		t.Errorf("the address in the token was fetched %d times", got)
	}
}

func TestNewKeyIsFetchedOnceInAWhile(t *testing.T) {
	oldPublic, oldPrivate := newEd25519(t)
	newPublic, newPrivate := newEd25519(t)
	keys := newKeyServer(t, published(t, "old", oldPublic))
	authority := keys.authority(t)
	keys.change(http.StatusOK, published(t, "old", oldPublic), published(t, "new", newPublic))

	fresh := sign(t, jwt.SigningMethodEdDSA, newPrivate, kid("new"), validClaims())
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if _, err := authority.Verify(fresh); err != nil {
				t.Errorf("token of a new key, among others at once: %v", err)
			}
		})
	}
	wait.Wait()
	for range 20 {
		checkRefused(t, authority, sign(t, jwt.SigningMethodEdDSA, newPrivate, kid("made up"), validClaims()))
	}
	if got, want := keys.count(), 2; got != want {
		t.Errorf("%d fetches, want %d: one at the start, one for the new key", got, want)
	}
	if _, err := authority.Verify(sign(t, jwt.SigningMethodEdDSA, oldPrivate, kid("old"), validClaims())); err != nil {
		t.Errorf("token of the old key: %v", err)
	}
}

func TestFailedFetchKeepsTheKeys(t *testing.T) {
	public, private := newEd25519(t)
	keys := newKeyServer(t, published(t, "k", public))
	authority := keys.authority(t)
	keys.change(http.StatusInternalServerError)
	checkRefused(t, authority, sign(t, jwt.SigningMethodEdDSA, private, kid("unknown"), validClaims()))
	if got := keys.count(); got != 2 {
		t.Fatalf("%d fetches, want 2", got)
	}
	if _, err := authority.Verify(sign(t, jwt.SigningMethodEdDSA, private, kid("k"), validClaims())); err != nil {
		t.Errorf("after a failed fetch: %v", err)
	}
	if got := authority.Problems(); len(got) != 0 {
		t.Errorf("problems = %q, want none", got)
	}
}

func TestAuthorityWithoutKeysSaysSoAndMends(t *testing.T) {
	public, private := newEd25519(t)
	keys := newKeyServer(t)
	keys.change(http.StatusBadGateway)
	authority := keys.authority(t)
	if got := authority.Problems(); len(got) != 1 {
		t.Errorf("problems = %q, want one", got)
	}
	keys.change(http.StatusOK, published(t, "k", public))
	if _, err := authority.Verify(sign(t, jwt.SigningMethodEdDSA, private, kid("k"), validClaims())); err != nil {
		t.Errorf("once the service answers: %v", err)
	}
	if got := authority.Problems(); len(got) != 0 {
		t.Errorf("problems = %q, want none", got)
	}
}

func TestRedirectsAndLargeAnswersGiveNoKeys(t *testing.T) {
	public, private := newEd25519(t)
	keys := newKeyServer(t, published(t, "k", public))
	redirect := httptest.NewServer(http.RedirectHandler(keys.URL, http.StatusFound))
	t.Cleanup(redirect.Close)
	// It has the key, and then more than anybody's key set.
	large := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"keys":    []any{published(t, "k", public)},
			"padding": strings.Repeat("x", 2<<20),
		})
	}))
	t.Cleanup(large.Close)
	for name, address := range map[string]string{"redirect": redirect.URL, "large": large.URL} {
		authority, err := token.NewJWKSAuthority(t.Context(), address, (&clock{start}).Now, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		checkRefused(t, authority, sign(t, jwt.SigningMethodEdDSA, private, kid("k"), validClaims()))
		if got := authority.Problems(); len(got) != 1 {
			t.Errorf("%s: problems = %q, want one", name, got)
		}
	}
	if got := keys.count(); got != 0 {
		t.Errorf("the redirect was followed %d times", got)
	}
}
