package gateway

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/faustman/chitchat/httpapi/token"
)

const (
	// sessionRandom and sessionTag are the bytes of a session id's two parts:
	// 72 random bits, and 72 bits of proof of whose it is.
	sessionRandom = 9
	sessionTag    = 9
)

// newSession returns a new session id. It carries a proof that it was made for
// the user and channel, which every gateway can check without asking anybody.
func newSession(key []byte, claims token.Claims) string {
	raw := make([]byte, sessionRandom)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	name := base64.RawURLEncoding.EncodeToString(raw)
	return name + "." + sessionProof(key, name, claims)
}

// sessionBelongs reports whether the session was made for the claims' user and
// channel.
func sessionBelongs(key []byte, session string, claims token.Claims) bool {
	name, proof, found := strings.Cut(session, ".")
	return found && hmac.Equal([]byte(proof), []byte(sessionProof(key, name, claims)))
}

func sessionProof(key []byte, name string, claims token.Claims) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%q %q %q", name, claims.User.ID, claims.Channel)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:sessionTag])
}
