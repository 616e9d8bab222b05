package token_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi/token"
)

func TestMintedTokenIsVerified(t *testing.T) {
	authority, _ := setup(t)
	user := ada(t)
	raw, err := authority.Mint(user, "lobby")
	if err != nil {
		t.Fatal(err)
	}
	got, err := authority.Verify(raw)
	if err != nil {
		t.Fatal(err)
	}
	want := token.Claims{User: user, Channel: "lobby", Expires: start.Add(72 * time.Hour)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestMintedTokenHasTheClaimsOfTheContract(t *testing.T) {
	authority, _ := setup(t)
	raw, err := authority.Mint(ada(t), "lobby")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(raw, ".")
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(header), `{"alg":"HS256","typ":"JWT"}`; got != want {
		t.Errorf("header = %s, want %s", got, want)
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	user := ada(t)
	want := map[string]any{
		"user":    map[string]any{"id": user.ID, "name": "Ada", "avatar": user.Avatar},
		"channel": "lobby",
		"iss":     "chitchat",
		"iat":     float64(start.Unix()),
		"exp":     float64(start.Add(72 * time.Hour).Unix()),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestMintRefusesAUserThatVerifyWould(t *testing.T) {
	authority, _ := setup(t)
	if _, err := authority.Mint(domain.User{ID: "u1"}, "lobby"); !errors.Is(err, &domain.Error{Code: domain.CodeInvalidName}) {
		t.Errorf("Mint of a user without a name: %v, want invalid_name", err)
	}
}

func TestNewSecretAuthorityRefusesAShortSecret(t *testing.T) {
	for length, want := range map[int]bool{0: false, 15: false, 16: true, 64: true} {
		_, err := token.NewSecretAuthority(make([]byte, length), time.Now)
		if (err == nil) != want {
			t.Errorf("secret of %d bytes: %v, want accepted %v", length, err, want)
		}
	}
}

// TestClaimRules has each rule from both sides.
func TestClaimRules(t *testing.T) {
	with := func(key string, value any) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) { c[key] = value }
	}
	without := func(key string) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) { delete(c, key) }
	}
	at := func(d time.Duration) int64 { return start.Add(d).Unix() }
	tests := []struct {
		name  string
		spoil func(jwt.MapClaims)
		want  bool
	}{
		{"as it should be", func(jwt.MapClaims) {}, true},
		{"unknown claims", with("aud", []string{"else"}), true},
		{"another issuer", with("iss", "else"), false},
		{"issuer in other case", with("iss", "Chitchat"), false},
		{"no issuer", without("iss"), false},
		{"no end", without("exp"), false},
		{"end of another type", with("exp", "tomorrow"), false},
		{"ends in a second", with("exp", at(time.Second)), true},
		{"ends now", with("exp", at(0)), false},
		{"ended within the leeway", with("exp", at(-time.Second)), false},
		{"ended long ago", with("exp", at(-time.Hour)), false},
		{"begins within the leeway", with("nbf", at(29*time.Second)), true},
		{"begins after the leeway", with("nbf", at(31*time.Second)), false},
		{"issued within the leeway", with("iat", at(29*time.Second)), true},
		{"issued after the leeway", with("iat", at(31*time.Second)), false},
		{"no channel", without("channel"), false},
		{"wildcard channel", with("channel", "*"), false},
		{"channel with a dot", with("channel", "a.b"), false},
		{"channel of another type", with("channel", 7), false},
		{"no user", without("user"), false},
		{"user without an id", with("user", map[string]any{"name": "Ada"}), false},
		{"user without a name", with("user", map[string]any{"id": "u1"}), false},
		{"user with U+0000", with("user", map[string]any{"id": "u1", "name": "A\x00"}), false},
		{"longest id", with("user", map[string]any{"id": strings.Repeat("x", 128), "name": "Ada"}), true},
		{"too long id", with("user", map[string]any{"id": strings.Repeat("x", 129), "name": "Ada"}), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			authority, _ := setup(t)
			claims := validClaims()
			tt.spoil(claims)
			raw := sign(t, jwt.SigningMethodHS256, []byte(secret), nil, claims)
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

func TestVerifyNormalizesTheChannel(t *testing.T) {
	authority, _ := setup(t)
	claims := validClaims()
	claims["channel"] = "LOBBY"
	got, err := authority.Verify(sign(t, jwt.SigningMethodHS256, []byte(secret), nil, claims))
	if err != nil || got.Channel != "lobby" {
		t.Errorf("channel = %q, %v; want lobby", got.Channel, err)
	}
}

func TestTokenEndsWithTheClock(t *testing.T) {
	authority, clock := setup(t)
	raw, err := authority.Mint(ada(t), "lobby")
	if err != nil {
		t.Fatal(err)
	}
	clock.now = start.Add(token.Lifetime - time.Second)
	if _, err := authority.Verify(raw); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	clock.now = start.Add(token.Lifetime)
	checkRefused(t, authority, raw)
}

func TestSignatureRules(t *testing.T) {
	authority, _ := setup(t)
	valid := sign(t, jwt.SigningMethodHS256, []byte(secret), nil, validClaims())
	parts := strings.Split(valid, ".")
	other := sign(t, jwt.SigningMethodHS256, []byte(secret), nil, jwt.MapClaims{"channel": "else"})
	tests := map[string]string{
		"empty":             "",
		"no JWT":            "hello",
		"alg none":          sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, validClaims()),
		"HS384":             sign(t, jwt.SigningMethodHS384, []byte(secret), nil, validClaims()),
		"another secret":    sign(t, jwt.SigningMethodHS256, []byte("another secret"), nil, validClaims()),
		"tampered claims":   parts[0] + "." + strings.Split(other, ".")[1] + "." + parts[2],
		"no signature":      parts[0] + "." + parts[1] + ".",
		"crit":              sign(t, jwt.SigningMethodHS256, []byte(secret), map[string]any{"crit": []string{"b64"}}, validClaims()),
		"space around":      " " + valid,
		"padding":           valid + "=",
		"a fourth part":     valid + ".x",
		"Bearer left there": "Bearer " + valid,
	}
	if _, err := authority.Verify(valid); err != nil {
		t.Fatalf("the token that the others are made of: %v", err)
	}
	for name, raw := range tests {
		t.Run(name, func(t *testing.T) { checkRefused(t, authority, raw) })
	}
}

func TestTokenHasAtMost4KiB(t *testing.T) {
	authority, _ := setup(t)
	sized := func(size int) string {
		claims := validClaims()
		for padding := size / 2; ; padding++ {
			claims["padding"] = strings.Repeat("x", padding)
			if raw := sign(t, jwt.SigningMethodHS256, []byte(secret), nil, claims); len(raw) >= size {
				return raw
			}
		}
	}
	largest := sized(token.MaxBytes)
	if len(largest) != token.MaxBytes {
		t.Fatalf("made a token of %d bytes, want %d", len(largest), token.MaxBytes)
	}
	if _, err := authority.Verify(largest); err != nil {
		t.Errorf("4 KiB: %v", err)
	}
	checkRefused(t, authority, sized(token.MaxBytes+1))
}
