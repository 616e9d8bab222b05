package token_test

import (
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "a secret of thirty-two bytes...."

// start is when the tests' clocks begin.
var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// clock is a clock that stands still until it is moved.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func setup(t *testing.T) (*token.Authority, *clock) {
	t.Helper()
	c := &clock{start}
	authority, err := token.NewSecretAuthority([]byte(secret), c.Now)
	if err != nil {
		t.Fatal(err)
	}
	return authority, c
}

func ada(t *testing.T) domain.User {
	t.Helper()
	user, err := domain.NewUser("Ada", "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// validClaims is what a valid token says; a test spoils one part of it.
func validClaims() jwt.MapClaims {
	return jwt.MapClaims{
		"user":    map[string]any{"id": "u1", "name": "Ada"},
		"channel": "lobby",
		"iss":     "chitchat",
		"exp":     start.Add(time.Hour).Unix(),
	}
}

// sign signs the claims, with the header's members added.
func sign(t *testing.T, method jwt.SigningMethod, key any, header map[string]any, claims jwt.MapClaims) string {
	t.Helper()
	unsigned := jwt.NewWithClaims(method, claims)
	for name, value := range header {
		unsigned.Header[name] = value
	}
	raw, err := unsigned.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func checkRefused(t *testing.T, authority *token.Authority, raw string) {
	t.Helper()
	claims, err := authority.Verify(raw)
	var refusal *domain.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("Verify = %+v, %v; want a *domain.Error", claims, err)
	}
	if diff := cmp.Diff(domain.Error{Code: domain.CodeUnauthorized, Message: "Unauthorized"}, *refusal); diff != "" {
		t.Errorf("refusal (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(token.Claims{}, claims); diff != "" {
		t.Errorf("claims of a refused token (-want +got):\n%s", diff)
	}
}
