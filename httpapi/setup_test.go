package httpapi_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi"
	"github.com/faustman/chitchat/httpapi/token"
	"github.com/faustman/chitchat/projections"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What the server is made of in production.
var (
	_ httpapi.Reader = (*projections.Store)(nil)
	_ httpapi.Tokens = (*token.Authority)(nil)
)

// start is when the tests' clocks stand still.
var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// reader answers as its functions do.
type reader struct {
	messages func(context.Context, domain.Channel, projections.MessageQuery) (projections.MessagePage, error)
	people   func(context.Context, domain.Channel) (projections.Roster, error)
	applied  func(context.Context, uint64) error

	messagesAt func(context.Context, domain.Channel, projections.Moment, projections.MessageQuery) (projections.Past, error)
	peopleAt   func(context.Context, domain.Channel, projections.Moment) (projections.PastRoster, error)
}

func (r *reader) Messages(ctx context.Context, c domain.Channel, q projections.MessageQuery) (projections.MessagePage, error) {
	return r.messages(ctx, c, q)
}

func (r *reader) People(ctx context.Context, c domain.Channel) (projections.Roster, error) {
	return r.people(ctx, c)
}

func (r *reader) MessagesAt(ctx context.Context, c domain.Channel, at projections.Moment, q projections.MessageQuery) (projections.Past, error) {
	return r.messagesAt(ctx, c, at, q)
}

func (r *reader) PeopleAt(ctx context.Context, c domain.Channel, at projections.Moment) (projections.PastRoster, error) {
	return r.peopleAt(ctx, c, at)
}

func (r *reader) WaitApplied(ctx context.Context, seq uint64) error { return r.applied(ctx, seq) }

// upgrade is a websocket that does as its function does.
type upgrade func(http.ResponseWriter, *http.Request, token.Claims) error

func (u upgrade) Upgrade(w http.ResponseWriter, r *http.Request, c token.Claims) error {
	return u(w, r, c)
}

// logBuffer is a log that a test may read while the server writes.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// api is a server under test. Its parts may be changed until the first request.
type api struct {
	t         *testing.T
	authority *token.Authority
	reader    *reader
	upgrade   upgrade
	ready     func() []string
	log       *logBuffer
	metrics   *prometheus.Registry
	web       fs.FS
	origins   []string
	server    *httpapi.Server
	stop      func() // ends what listen began, once its handlers have returned
}

func setup(t *testing.T) *api {
	t.Helper()
	authority, err := token.NewSecretAuthority([]byte("a secret of thirty-two bytes...."), func() time.Time { return start })
	if err != nil {
		t.Fatal(err)
	}
	position := domain.Position{Epoch: "k3v9x1q7m2b8", Seq: 812}
	return &api{
		t:         t,
		authority: authority,
		reader: &reader{
			messages: func(context.Context, domain.Channel, projections.MessageQuery) (projections.MessagePage, error) {
				return projections.MessagePage{Position: position}, nil
			},
			people: func(context.Context, domain.Channel) (projections.Roster, error) {
				return projections.Roster{Position: position}, nil
			},
			applied: func(context.Context, uint64) error { return nil },
		},
		upgrade: func(http.ResponseWriter, *http.Request, token.Claims) error { return nil },
		log:     new(logBuffer),
		metrics: prometheus.NewRegistry(),
	}
}

// handler returns the server, which it makes at its first call.
func (a *api) handler() *httpapi.Server {
	a.t.Helper()
	if a.server != nil {
		return a.server
	}
	server, err := httpapi.New(httpapi.Config{
		Tokens:         a.authority,
		Reader:         a.reader,
		Channel:        a.upgrade,
		Ready:          a.ready,
		Metrics:        a.metrics,
		Log:            slog.New(slog.NewJSONHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Web:            a.web,
		AllowedOrigins: a.origins,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	a.server = server
	return server
}

// listen serves over a real connection with the settings of HTTPServer and
// returns the address, like http://127.0.0.1:1234.
func (a *api) listen() string {
	a.t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.Config = a.handler().HTTPServer()
	var handlers sync.WaitGroup // Close does not wait for those of websockets
	inner := server.Config.Handler
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handlers.Add(1)
		defer handlers.Done()
		inner.ServeHTTP(w, r)
	})
	server.Start()
	a.stop = sync.OnceFunc(func() {
		server.Close()
		handlers.Wait()
	})
	a.t.Cleanup(a.stop)
	return server.URL
}

func ada(t *testing.T) domain.User {
	t.Helper()
	user, err := domain.NewUser("Ada", "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// token returns Ada's token for the lobby.
func (a *api) token() string {
	a.t.Helper()
	raw, err := a.authority.Mint(ada(a.t), "lobby")
	if err != nil {
		a.t.Fatal(err)
	}
	return raw
}

// request returns a request as Ada, whose request id is always the same.
func (a *api) request(method, target string, body io.Reader) *http.Request {
	a.t.Helper()
	r := httptest.NewRequest(method, target, body)
	r.Header.Set("Authorization", "Bearer "+a.token())
	r.Header.Set("X-Request-Id", "test")
	return r
}
