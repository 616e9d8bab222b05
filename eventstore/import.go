package eventstore

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
)

// ErrNotEmpty says that there is a log already, and entries in it.
var ErrNotEmpty = errors.New("the log is not empty")

// ImportOptions are the settings of [Import].
type ImportOptions struct {
	// Epoch is the epoch that the log gets; a new one when it is empty. Another
	// log's epoch is for when that log is never used again.
	Epoch string
	// Replicas is how many servers keep the log, 1 when 0.
	Replicas int
	// Logger takes what a person should know; slog.Default() when nil.
	Logger *slog.Logger
	// Progress is told how many entries were handed to the server, now and then;
	// it may be nil.
	Progress func(done uint64)
}

// Imported says what an import made.
type Imported struct {
	Epoch   string
	Entries uint64
	// Stored is the last entry's time; zero when there is none.
	Stored time.Time
}

// Import makes the log from the entries that next returns, with their
// sequences and times; next ends them with io.EOF. It refuses with
// [ErrNotEmpty] when there is a log with entries.
func Import(ctx context.Context, nc *nats.Conn, opts ImportOptions, next func() (Entry, error)) (Imported, error) {
	return Imported{}, errors.ErrUnsupported
}
