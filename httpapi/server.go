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
	"go.opentelemetry.io/otel/trace"

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

// Config is what a [Server] is made of. Metrics and Log are required. A process
// may serve a part: what it has neither a Reader nor a Channel for is not there.
type Config struct {
	// Tokens is required with a Reader or a Channel.
	Tokens Tokens
	// Reader answers the API; without one there are no tokens, no history, no
	// page and no description of all that.
	Reader Reader
	// Channel is the websocket; without one there is none.
	Channel Channel
	// Ready returns why the process cannot serve now; nothing when it can.
	Ready func() []string
	// Metrics is where the server's metrics go and what /metrics shows.
	Metrics *prometheus.Registry
	Log     *slog.Logger
	// Tracer makes a span of each request; nil for none.
	Tracer trace.Tracer
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
	if config.Metrics == nil || config.Log == nil {
		return nil, errors.New("httpapi: Metrics and Log are required")
	}
	if config.Tokens == nil && (config.Reader != nil || config.Channel != nil) {
		return nil, errors.New("httpapi: a Reader and a Channel need Tokens")
	}
	if config.Ready == nil {
		config.Ready = func() []string { return nil }
	}
	web, err := openWebClient(config.Web)
	if err != nil {
		return nil, err
	}
	docs, err := renderDocs(Description, SocketDescription, FrameSchema)
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
			NotFoundHandler: s.notFound(),
			AutoHandleHEAD:  true,
		}),
	})
	if err := s.use(); err != nil {
		return nil, err
	}
	s.route()
	return s, nil
}

// route puts up what this process serves.
func (s *Server) route() {
	s.echo.GET("/healthz", s.health)
	s.echo.GET("/readyz", s.ready)
	s.echo.GET("/metrics", s.metrics())
	if s.config.Channel != nil {
		s.echo.GET(channelPath, s.openChannel, s.authenticate)
	}
	if s.config.Reader != nil {
		s.routeAPI()
	}
}

func (s *Server) routeAPI() {
	s.echo.POST("/auth", s.signIn)
	s.echo.GET("/auth", s.whoAmI, s.authenticate)
	s.echo.GET("/messages", s.listMessages, s.authenticate, s.applied)
	s.echo.GET("/users", s.listUsers, s.authenticate, s.applied)

	s.echo.GET("/openapi.yaml", s.openapi)
	s.echo.GET("/asyncapi.yaml", s.asyncapi)
	s.echo.GET("/frames.schema.json", s.frameSchema)
	s.echo.GET("/docs", s.showDocs)

	s.echo.GET("/", s.serveIndex)
	s.echo.GET("/c/:channel", s.serveIndex)
}

// notFound answers what no route is for: with a file of the web client, or, in
// a process that serves but a part, with a word about where the rest is.
func (s *Server) notFound() echo.HandlerFunc {
	elsewhere := func(*echo.Context) error {
		return domain.Errorf(domain.CodeNotFound, "This process serves another part of chitchat. Ask by the address of the whole.")
	}
	if s.config.Reader == nil {
		return elsewhere
	}
	if s.config.Channel != nil {
		return s.serveFile
	}
	return func(c *echo.Context) error {
		if c.Request().URL.Path == channelPath {
			return elsewhere(c)
		}
		return s.serveFile(c)
	}
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
