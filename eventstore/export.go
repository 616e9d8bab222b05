package eventstore

import (
	"context"
	"errors"
	"io"
	"time"
)

// ExportOptions are the settings of [Log.Export].
type ExportOptions struct {
	// At is the time that the archive says it was made at; now when zero.
	At time.Time
	// Progress is told how many of how many entries were written, now and
	// then; it may be nil.
	Progress func(done, total uint64)
}

// Exported says what an export wrote.
type Exported struct {
	Epoch   string
	Entries uint64
	// Stored is the last entry's time; zero when there is none.
	Stored time.Time
}

// Export writes the log up to its end of now as an archive.
func (l *Log) Export(ctx context.Context, w io.Writer, opts ExportOptions) (Exported, error) {
	return Exported{}, errors.ErrUnsupported
}
