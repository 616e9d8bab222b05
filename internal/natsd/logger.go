package natsd

import (
	"fmt"
	"log/slog"
	"sync"
)

// logger gives nats-server's log to slog: warnings and errors as they are, notices at debug. It remembers the first
// fatal line, which is how nats-server tells that it could not start.
type logger struct {
	out *slog.Logger

	mu    sync.Mutex // guards fatal
	fatal string
}

func (l *logger) Noticef(format string, v ...any) { l.out.Debug(line(format, v)) }
func (l *logger) Warnf(format string, v ...any)   { l.out.Warn(line(format, v)) }
func (l *logger) Errorf(format string, v ...any)  { l.out.Error(line(format, v)) }
func (l *logger) Debugf(string, ...any)           {}
func (l *logger) Tracef(string, ...any)           {}

// Fatalf does not end the process, as nats-server's own logger does.
func (l *logger) Fatalf(format string, v ...any) {
	l.mu.Lock()
	if l.fatal == "" {
		l.fatal = fmt.Sprintf(format, v...)
	}
	l.mu.Unlock()
	l.out.Error(line(format, v))
}

// firstFatal returns the first fatal line, empty if there was none.
func (l *logger) firstFatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}

func line(format string, v []any) string { return "nats-server: " + fmt.Sprintf(format, v...) }
