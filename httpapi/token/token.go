package token

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/faustman/chitchat/domain"
)

const (
	// Issuer is the iss of every token, of ours and of outside services'.
	Issuer = "chitchat"
	// Lifetime is how long a minted token holds.
	Lifetime = 72 * time.Hour
	// MaxBytes bounds a token, in bytes: it travels in a header or a query,
	// and checking a signature costs more the longer the text is.
	MaxBytes = 4 << 10
	// leeway is how far a token's beginning may lie ahead: clocks differ.
	leeway = 30 * time.Second
)

// Claims is what a valid token says.
type Claims struct {
	User    domain.User
	Channel domain.Channel
	// Expires is when the token ends. Nothing is to be delivered for it after.
	Expires time.Time
}

// payload is a token's JSON.
type payload struct {
	User    domain.User `json:"user"`
	Channel string      `json:"channel"`
	jwt.RegisteredClaims
}

// Authority mints and verifies tokens with one kind of key.
type Authority struct {
	parser *jwt.Parser
	key    jwt.Keyfunc
	secret []byte
	now    func() time.Time
	keys   *keySet
}

// NewSecretAuthority returns an authority that signs and verifies with HS256.
// It returns an error for a secret of under 16 bytes, which could be guessed
// from a single token.
func NewSecretAuthority(secret []byte, now func() time.Time) (*Authority, error) {
	const minSecretBytes = 16
	if len(secret) < minSecretBytes {
		return nil, errors.New("the JWT secret has under 16 bytes")
	}
	return &Authority{
		parser: newParser(now, jwt.SigningMethodHS256.Alg()),
		key:    func(*jwt.Token) (any, error) { return secret, nil },
		secret: secret,
		now:    now,
	}, nil
}

func newParser(now func() time.Time, algorithms ...string) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods(algorithms),
		jwt.WithExpirationRequired(),
		jwt.WithIssuer(Issuer),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(now),
	)
}

// Mints reports whether the authority gives out tokens.
func (a *Authority) Mints() bool { return a.secret != nil }

// Mint returns a token for the user in the channel that holds for [Lifetime].
// An authority of outside keys mints none: the error is a [*domain.Error] with
// the code forbidden. A user that [domain.User.Check] refuses gets its error.
func (a *Authority) Mint(user domain.User, channel domain.Channel) (string, error) {
	if !a.Mints() {
		return "", domain.Errorf(domain.CodeForbidden, "This server gives out no tokens. Sign in at the service that does.")
	}
	if err := user.Check(); err != nil {
		return "", err
	}
	now := a.now()
	raw, err := jwt.NewWithClaims(jwt.SigningMethodHS256, payload{
		User:    user,
		Channel: string(channel),
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    Issuer,
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(Lifetime)),
		},
	}).SignedString(a.secret)
	if err != nil {
		return "", err
	}
	return raw, nil
}

// Verify returns what a valid token says, with the channel's name normalized.
// For any other it returns a [*domain.Error] with the code unauthorized.
func (a *Authority) Verify(raw string) (Claims, error) {
	if raw == "" || len(raw) > MaxBytes {
		return Claims{}, unauthorized()
	}
	var p payload
	if _, err := a.parser.ParseWithClaims(raw, &p, a.keyOf); err != nil {
		return Claims{}, unauthorized()
	}
	// The parser grants its leeway to the end, too.
	if !a.now().Before(p.ExpiresAt.Time) {
		return Claims{}, unauthorized()
	}
	channel, err := domain.ParseChannel(p.Channel)
	if err != nil {
		return Claims{}, unauthorized()
	}
	if err := p.User.Check(); err != nil {
		return Claims{}, unauthorized()
	}
	return Claims{User: p.User, Channel: channel, Expires: p.ExpiresAt.Time}, nil
}

// keyOf returns the key for the token, which the parser has found to be of an
// allowed algorithm.
func (a *Authority) keyOf(t *jwt.Token) (any, error) {
	// RFC 7515, 4.1.11: an extension that is critical and not understood makes
	// the token invalid. We understand none.
	if _, critical := t.Header["crit"]; critical {
		return nil, errors.New("crit is not supported")
	}
	return a.key(t)
}

// Problems returns why the authority cannot verify tokens now, for people who
// run the server; empty when it can.
func (a *Authority) Problems() []string {
	if a.keys == nil {
		return nil
	}
	return a.keys.problems()
}

func unauthorized() error {
	return domain.Errorf(domain.CodeUnauthorized, "Unauthorized")
}
