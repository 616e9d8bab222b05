package httpapi

import (
	"crypto/rand"
	"net/http"
	"regexp"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

const (
	// apiPolicy is the Content-Security-Policy of what is no page.
	apiPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

	headerCOOP        = "Cross-Origin-Opener-Policy"
	headerPermissions = "Permissions-Policy"

	// corsMaxAge is how long a browser may remember a preflight's answer, in
	// seconds.
	corsMaxAge = 600
)

// use installs the middleware, outermost first.
func (s *Server) use() error {
	s.echo.Use(s.observe, recoverPanic, secureHeaders)
	if len(s.config.AllowedOrigins) > 0 {
		cors, err := middleware.CORSConfig{
			AllowOrigins:  s.config.AllowedOrigins,
			AllowMethods:  []string{http.MethodGet, http.MethodHead, http.MethodPost},
			AllowHeaders:  []string{echo.HeaderAuthorization, echo.HeaderContentType},
			ExposeHeaders: []string{echo.HeaderRetryAfter, echo.HeaderXRequestID},
			MaxAge:        corsMaxAge,
		}.ToMiddleware()
		if err != nil {
			return err
		}
		s.echo.Use(cors)
	}
	deadline, err := middleware.ContextTimeoutConfig{
		Timeout:      handlerTimeout,
		Skipper:      func(c *echo.Context) bool { return c.Path() == channelPath },
		ErrorHandler: func(_ *echo.Context, err error) error { return err },
	}.ToMiddleware()
	if err != nil {
		return err
	}
	s.echo.Use(limitBody, deadline)
	return nil
}

// limitBody makes reading fail past the limit.
func limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBodyBytes)
		return next(c)
	}
}

// secureHeaders sets what every answer has. What is a page, or may be cached,
// says so itself.
func secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		header := c.Response().Header()
		header.Set(echo.HeaderContentSecurityPolicy, apiPolicy)
		header.Set(echo.HeaderXContentTypeOptions, "nosniff")
		header.Set(echo.HeaderReferrerPolicy, "no-referrer")
		header.Set(headerCOOP, "same-origin")
		header.Set(headerPermissions, "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		header.Set(echo.HeaderCacheControl, "no-store")
		return next(c)
	}
}

// newNonce returns a nonce for one page.
func newNonce() string { return rand.Text() }

// plainHost is a host that can stand in a policy: others could end a directive.
var plainHost = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$|^\[[0-9A-Fa-f:.]+\](:[0-9]+)?$`)

// pagePolicy is the Content-Security-Policy of a page from host. The websocket
// of host is named, since not every browser takes 'self' for one.
func pagePolicy(host, nonce string) string {
	connect := "'self'"
	if plainHost.MatchString(host) {
		connect += " ws://" + host + " wss://" + host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonce + "'; " +
		"img-src 'self' data: https://www.gravatar.com; connect-src " + connect + "; font-src 'self'; " +
		"manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}
