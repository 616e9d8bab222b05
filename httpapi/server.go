package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi/token"
	"github.com/faustman/chitchat/projections"
)

// Tokens mints and verifies tokens. [token.Authority] is one.
type Tokens interface {
	// Mint returns a token. Errors are [*domain.Error], with the code
	// forbidden where tokens come from outside.
	Mint(user domain.User, channel domain.Channel) (string, error)
	// Verify returns what a token says, and a [*domain.Error] with the code
	// unauthorized for one that is not valid.
	Verify(raw string) (token.Claims, error)
}

// Channel is the websocket.
type Channel interface {
	// Upgrade makes the request a websocket for the person and the channel of
	// the claims. An error that it returns before the upgrade is written by
	// the caller, one of [*domain.Error] as it is. After the upgrade nothing
	// is written but by the websocket. The request's context ends when
	// Upgrade returns.
	Upgrade(w http.ResponseWriter, r *http.Request, claims token.Claims) error
}

// Reader is the queries over the read models; [projections.Store] is one. Its
// errors are [projections.ErrUnavailable], the context's, or faults.
type Reader interface {
	Messages(ctx context.Context, channel domain.Channel, q projections.MessageQuery) (projections.MessagePage, error)
	People(ctx context.Context, channel domain.Channel) (projections.Roster, error)
	// MessagesAt and PeopleAt are of the past. Their error is a
	// [*projections.BeyondError], too, when the moment has not come.
	MessagesAt(ctx context.Context, channel domain.Channel, at projections.Moment, q projections.MessageQuery) (projections.Past, error)
	PeopleAt(ctx context.Context, channel domain.Channel, at projections.Moment) (projections.PastRoster, error)
	// WaitApplied returns when the read models have applied seq.
	WaitApplied(ctx context.Context, seq uint64) error
}

// Config is what a [Server] is made of. All but Web, AllowedOrigins and Ready
// are required.
type Config struct {
	Tokens  Tokens
	Reader  Reader
	Channel Channel
	// Ready returns why the process cannot serve now; nothing when it can.
	Ready func() []string
	// Metrics is where the server's metrics go and what /metrics shows.
	Metrics *prometheus.Registry
	Log     *slog.Logger
	// Web is the built web client, with index.html at its root.
	Web fs.FS
	// AllowedOrigins may read answers in a browser besides the server's own,
	// each like https://chat.example.com.
	AllowedOrigins []string
}

// Server is the HTTP API as a handler.
type Server struct {
	config Config
	echo   *echo.Echo
	web    *webClient
	docs   []byte
	meter  *meter
}

// New returns the server. Errors are of the configuration.
func New(config Config) (*Server, error) {
	if config.Tokens == nil || config.Reader == nil || config.Channel == nil || config.Metrics == nil || config.Log == nil {
		return nil, errors.New("httpapi: Tokens, Reader, Channel, Metrics and Log are required")
	}
	if config.Ready == nil {
		config.Ready = func() []string { return nil }
	}
	web, err := openWebClient(config.Web)
	if err != nil {
		return nil, err
	}
	docs, err := renderDocs(Description)
	if err != nil {
		return nil, err
	}
	meter, err := newMeter(config.Metrics)
	if err != nil {
		return nil, fmt.Errorf("register http metrics: %w", err)
	}
	s := &Server{config: config, web: web, docs: docs, meter: meter}
	s.echo = echo.NewWithConfig(echo.Config{
		Logger:           config.Log,
		HTTPErrorHandler: s.handleError,
		JSONSerializer:   jsonSerializer{},
		Router: echo.NewRouter(echo.RouterConfig{
			NotFoundHandler: s.serveFile,
			AutoHandleHEAD:  true,
		}),
	})
	if err := s.use(); err != nil {
		return nil, err
	}
	s.route()
	return s, nil
}

func (s *Server) route() {
	s.echo.POST("/auth", s.signIn)
	s.echo.GET("/auth", s.whoAmI, s.authenticate)
	s.echo.GET("/messages", s.listMessages, s.authenticate, s.applied)
	s.echo.GET("/users", s.listUsers, s.authenticate, s.applied)
	s.echo.GET(channelPath, s.openChannel, s.authenticate)

	s.echo.GET("/healthz", s.health)
	s.echo.GET("/readyz", s.ready)
	s.echo.GET("/metrics", s.metrics())
	s.echo.GET("/openapi.yaml", s.openapi)
	s.echo.GET("/docs", s.showDocs)

	s.echo.GET("/", s.serveIndex)
	s.echo.GET("/c/:channel", s.serveIndex)
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// HTTPServer returns a server with the limits that the API needs, ready for
// Serve. Its Shutdown leaves websockets open: they are the gateway's to close.
func (s *Server) HTTPServer() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.config.Log.Handler(), slog.LevelWarn),
	}
}
