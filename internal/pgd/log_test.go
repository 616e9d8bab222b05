package pgd_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/faustman/chitchat/internal/pgd"
)

// lines is a buffer that may be written to while it is read.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

var _ io.Writer = (*lines)(nil)

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func TestLogLevels(t *testing.T) {
	out := &lines{}
	opts := seeded(t)
	opts.Logger = slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	server := start(t, opts)
	conn := connect(t, server.URL(pgd.Database))
	exec(t, conn, `CREATE TABLE said (text text CHECK (text <> 'private'))`)
	var refused *pgconn.PgError
	if _, err := conn.Exec(t.Context(), `INSERT INTO said VALUES ('private')`); !errors.As(err, &refused) {
		t.Fatalf("INSERT = %v, want a violation", err)
	}
	stop(t, server)
	for _, want := range []string{"level=WARN", "violates check constraint", `level=DEBUG msg="postgres: LOG:  database system is ready`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("log lacks %q:\n%s", want, out)
		}
	}
	for line := range strings.Lines(out.String()) {
		quotes := strings.Contains(line, "private)") || strings.Contains(line, "INSERT") || strings.Contains(line, "FATAL")
		if quotes && !strings.Contains(line, "level=DEBUG") {
			t.Errorf("loud: %s", line)
		}
	}
}
