package pgd

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	// keptLines is how many of Postgres' last lines go into an error: a message with its detail and hint.
	keptLines = 6
	// maxLine bounds a line in bytes that has no end; Postgres writes statements of any size.
	maxLine = 64 << 10
)

// loud are the severities that are logged as warnings. What follows such a line, as DETAIL or STATEMENT, is logged at
// debug: it may quote what people wrote.
var loud = []string{"WARNING:", "ERROR:", "FATAL:", "PANIC:"}

// log gives the output of a process to slog, line by line, and keeps the last lines.
type log struct {
	out   *slog.Logger
	quiet atomic.Bool // during a stop, when each connection's end is FATAL

	mu   sync.Mutex // guards what follows
	rest []byte     // of a line whose end has not come yet
	last []string
}

func newLog(out *slog.Logger) *log { return &log{out: out} }

// Write takes output of the process. It never fails.
func (l *log) Write(output []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, output...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			break
		}
		l.put(string(line))
		l.rest = rest
	}
	if len(l.rest) > maxLine {
		l.put(string(l.rest))
		l.rest = nil
	}
	return len(output), nil
}

// flush logs a last line without an end.
func (l *log) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(string(l.rest))
	l.rest = nil
}

// put logs a line. l.mu must be held.
func (l *log) put(line string) {
	if strings.TrimSpace(line) == "" {
		return
	}
	l.last = append(l.last, line)
	if len(l.last) > keptLines {
		l.last = slices.Clone(l.last[1:])
	}
	level := slog.LevelDebug
	severity, _, _ := strings.Cut(line, " ")
	expected := severity == "FATAL:" && l.quiet.Load()
	if slices.Contains(loud, severity) && !expected {
		level = slog.LevelWarn
	}
	l.out.Log(context.Background(), level, "postgres: "+line)
}

// lastWords returns the last lines for the end of an error message.
func (l *log) lastWords() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.last) == 0 {
		return ""
	}
	return ": " + strings.Join(l.last, "; ")
}
