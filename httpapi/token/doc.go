// Package token mints and verifies the JSON Web Tokens that say who a request
// or a socket is from and which channel it is about.
//
// # Two authorities
//
// [NewSecretAuthority] mints and verifies tokens of our own: HS256 with a
// secret. [NewJWKSAuthority] only verifies: tokens of an outside service,
// signed with RS256, ES256 or EdDSA, against the public keys at one configured
// address. An [Authority] is the one or the other, so that a shared secret and
// public keys never stand in the same list. That closes the old trick of
// signing HS256 with the bytes of a public key.
//
// # What a valid token has
//
// At most [MaxBytes] bytes, a signature of the authority's algorithms, the
// issuer [Issuer], an end (exp) that lies ahead, a beginning (nbf, iat) that
// does not lie more than 30 seconds ahead, and a user and a channel that the
// rules of package domain allow. The end has no leeway, since a socket must
// end with its token, and one that a token opens past its end would end at
// once. Nothing in a token's header is followed: jku, x5u and jwk are ignored,
// crit is refused.
//
// # Keys from outside
//
// The keys are fetched at the start, every five minutes, and when a token
// names a key that is not known, then at most once in ten seconds whoever
// asks. A fetch that fails changes nothing: the old keys stay. So a key that
// was withdrawn is refused after five minutes at most while the service
// answers. The address must be https unless it is a loopback one, redirects
// are not followed and an answer has at most 1 MiB.
//
// # Errors
//
// Verify answers every invalid token with the same error, which tells an
// attacker nothing: a [*domain.Error] with the code unauthorized. An Authority
// is safe for concurrent use. The goroutine that refreshes keys ends with the
// context given to NewJWKSAuthority.
package token
