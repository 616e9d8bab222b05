package token

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"
)

const (
	// refreshEvery is how long a withdrawn key is still accepted at most.
	refreshEvery = 5 * time.Minute
	// unknownKeyEvery bounds how often tokens with unknown keys, which anyone
	// can make, cause a fetch.
	unknownKeyEvery = 10 * time.Second
	// fetchTimeout bounds one fetch, and with it how long a request with an
	// unknown key waits.
	fetchTimeout = 5 * time.Second
	// maxKeySetBytes bounds an answer, in bytes; key sets have a few KiB.
	maxKeySetBytes = 1 << 20
)

// keySet is the public keys at one address.
type keySet struct {
	known   keyfunc.Keyfunc // looks among the keys that are here
	refresh keyfunc.Keyfunc // fetches when the key is not among them

	// mu lets those who wait for the fetch of a new key find it when it is
	// there. It is held during a fetch, which is the one thing waited for.
	mu    sync.Mutex
	limit *rate.Limiter
}

// NewJWKSAuthority returns an authority that verifies with the public keys at
// address, which must be https or loopback. It fetches them before it returns;
// when that fails the authority is still returned, refuses all tokens until a
// later fetch succeeds, and Problems says so. Faults of fetching go to log. The
// context ends the goroutine that refreshes the keys. The error is of the
// address.
func NewJWKSAuthority(ctx context.Context, address string, now func() time.Time, log *slog.Logger) (*Authority, error) {
	if err := checkAddress(address); err != nil {
		return nil, err
	}
	keys, err := openKeySet(ctx, address, log)
	if err != nil {
		return nil, err
	}
	return &Authority{
		parser: newParser(now, jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg(), jwt.SigningMethodEdDSA.Alg()),
		key:    keys.key,
		now:    now,
		keys:   keys,
	}, nil
}

// checkAddress refuses an address over which somebody on the way could put in
// keys of their own.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return errors.New("the JWKS URL is not an address like https://auth.example.com/jwks.json")
	}
	loopback := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return errors.New("the JWKS URL must be https, unless its host is a loopback address")
	}
	return nil
}

func openKeySet(ctx context.Context, address string, log *slog.Logger) (*keySet, error) {
	store, err := jwkset.NewStorageFromHTTP(address, jwkset.HTTPClientStorageOptions{
		Client:                    newKeyClient(),
		Ctx:                       ctx,
		HTTPTimeout:               fetchTimeout,
		NoErrorReturnFirstHTTPReq: true,
		RefreshInterval:           refreshEvery,
		RefreshErrorHandler: func(ctx context.Context, err error) {
			log.WarnContext(ctx, "cannot fetch the JWKS, keeping the keys there are", "err", err)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("open key set: %w", err)
	}
	client, err := jwkset.NewHTTPClient(jwkset.HTTPClientOptions{
		HTTPURLs:          map[string]jwkset.Storage{address: store},
		RateLimitWaitMax:  fetchTimeout,
		RefreshUnknownKID: rate.NewLimiter(rate.Inf, 1), // ours limits, and does not wait
	})
	if err != nil {
		return nil, fmt.Errorf("open key set: %w", err)
	}
	known, err := newKeyfunc(ctx, store)
	if err != nil {
		return nil, err
	}
	refresh, err := newKeyfunc(ctx, client)
	if err != nil {
		return nil, err
	}
	return &keySet{known: known, refresh: refresh, limit: rate.NewLimiter(rate.Every(unknownKeyEvery), 1)}, nil
}

func newKeyfunc(ctx context.Context, store jwkset.Storage) (keyfunc.Keyfunc, error) {
	k, err := keyfunc.New(keyfunc.Options{
		Ctx:     ctx,
		Storage: store,
		// Keys for encryption are not for signatures; "" is a key for all uses.
		UseWhitelist: []jwkset.USE{jwkset.UseSig, ""},
	})
	if err != nil {
		return nil, fmt.Errorf("open key set: %w", err)
	}
	return k, nil
}

// key returns the key that a token names, and fetches when it is a new one.
// Without a name any of the keys will do.
func (k *keySet) key(t *jwt.Token) (any, error) {
	key, err := k.known.Keyfunc(t)
	if !errors.Is(err, jwkset.ErrKeyNotFound) {
		return key, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	// Another request may have fetched it while this one waited.
	key, err = k.known.Keyfunc(t)
	if !errors.Is(err, jwkset.ErrKeyNotFound) || !k.limit.Allow() {
		return key, err
	}
	return k.refresh.Keyfunc(t)
}

func (k *keySet) problems() []string {
	keys, err := k.known.Storage().KeyReadAll(context.Background())
	if err != nil || len(keys) == 0 {
		return []string{"there are no keys from the JWKS URL, so no token can be verified"}
	}
	return nil
}

// newKeyClient returns a client that follows no redirect, which could lead to
// an address that nobody configured, and reads no endless answer.
func newKeyClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // a fetch in five minutes keeps no connection
	return &http.Client{
		Timeout:       fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     boundedTransport{transport},
	}
}

type boundedTransport struct{ next http.RoundTripper }

func (b boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = http.MaxBytesReader(nil, response.Body, maxKeySetBytes)
	return response, nil
}
