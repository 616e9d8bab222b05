package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v5"
	"go.opentelemetry.io/otel/trace"

	"github.com/faustman/chitchat/domain"
)

// entryKey is where observe puts a request's entry.
const entryKey = "entry"

// maxLoggedPath bounds a path in the log, in bytes.
const maxLoggedPath = 256

// entry is what the log says about a request.
type entry struct {
	requestID string
	started   time.Time
	userID    string
	channel   domain.Channel
	span      trace.Span // nil when it is not traced
	err       error
	// status replaces the one of the answer when nothing was answered.
	status int
	// upgraded says that the connection is a websocket and was logged.
	upgraded bool
}

func entryOf(c *echo.Context) *entry {
	e, _ := c.Get(entryKey).(*entry)
	if e == nil {
		e = &entry{started: time.Now()}
		c.Set(entryKey, e)
	}
	return e
}

// requestIDs are what a proxy in front may call a request.
var requestIDs = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,64}$`)

// observe is the outermost middleware: it names the request, and logs and
// counts it when it is answered, the websocket's when it is upgraded.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		e := entryOf(c)
		e.requestID = redact(c.Request().Header.Get(echo.HeaderXRequestID))
		if !requestIDs.MatchString(e.requestID) {
			e.requestID = uuid.NewString()
		}
		c.Response().Header().Set(echo.HeaderXRequestID, e.requestID)
		s.beginSpan(c, e)
		request := c.Request()
		err := next(c)
		// What is inside has put a deadline on its context, which is over.
		c.SetRequest(request)
		if err != nil {
			s.handleError(c, err)
		}
		if !e.upgraded {
			s.record(c, e)
		} else if e.err != nil {
			s.recordEnd(c, e)
		}
		return nil
	}
}

// logUpgrade logs and counts the websocket's request at its beginning.
func (s *Server) logUpgrade(c *echo.Context) {
	e := entryOf(c)
	e.upgraded = true
	e.status = http.StatusSwitchingProtocols
	s.record(c, e)
}

func (s *Server) record(c *echo.Context, e *entry) {
	var bytes int64
	status := e.status
	if response, err := echo.UnwrapResponse(c.Response()); err == nil {
		bytes = response.Size
		if status == 0 {
			status = response.Status
		}
	}
	took := time.Since(e.started)
	s.meter.observe(c, status, took)
	endSpan(e, status)

	r := c.Request()
	attrs := []slog.Attr{
		slog.String("method", methodLabel(r.Method)),
		slog.String("path", loggedPath(r.URL.Path)),
		slog.Int("status", status),
		slog.String("took", took.Round(time.Microsecond).String()),
		slog.Int64("bytes", bytes),
		slog.String("request", e.requestID),
	}
	if e.userID != "" {
		attrs = append(attrs, slog.String("user", e.userID), slog.String("channel", string(e.channel)))
	}
	if e.err != nil {
		attrs = append(attrs, errorAttrs(e.err)...)
	}
	s.config.Log.LogAttrs(r.Context(), levelOf(c, status), "http request", attrs...)
}

// recordEnd logs the end of a websocket that the gateway gave an error for.
func (s *Server) recordEnd(c *echo.Context, e *entry) {
	attrs := append(errorAttrs(e.err), slog.String("request", e.requestID), slog.String("user", e.userID), slog.String("channel", string(e.channel)))
	s.config.Log.LogAttrs(c.Request().Context(), slog.LevelError, "websocket ended", attrs...)
}

// errorAttrs returns what the log says about err: the code of a refusal, the
// cause of a fault.
func errorAttrs(err error) []slog.Attr {
	var refusal *domain.Error
	if errors.As(err, &refusal) {
		return []slog.Attr{slog.String("code", string(refusal.Code))}
	}
	attrs := []slog.Attr{slog.String("err", redact(err.Error()))}
	var p *panicError
	if errors.As(err, &p) {
		attrs = append(attrs, slog.String("stack", redact(string(p.stack))))
	}
	return attrs
}

// levelOf keeps what machines ask all day out of the ordinary log.
func levelOf(c *echo.Context, status int) slog.Level {
	switch {
	case status == http.StatusInternalServerError:
		return slog.LevelError
	case isProbe(c):
		return slog.LevelDebug
	case status > http.StatusInternalServerError:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// tokens is what a JWT looks like: its header begins with {" in base64.
var tokens = regexp.MustCompile(`eyJ[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)*`)

// redact cuts out of text what looks like a token.
func redact(text string) string { return tokens.ReplaceAllString(text, "[token]") }

func loggedPath(path string) string {
	path = redact(path)
	if len(path) > maxLoggedPath {
		return path[:maxLoggedPath] + "… " + strconv.Itoa(len(path)) + " bytes"
	}
	return path
}

// panicError is a panic of a handler.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// recoverPanic makes a panic an error like any other.
func recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) (err error) {
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if value == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
				panic(value)
			}
			err = &panicError{value, debug.Stack()}
		}()
		return next(c)
	}
}
