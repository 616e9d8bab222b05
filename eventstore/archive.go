package eventstore

import (
	"errors"
	"io"
	"time"
)

// ArchiveInfo is what an archive says of itself in its first line.
type ArchiveInfo struct {
	Epoch      string
	Last       uint64
	ExportedAt time.Time
}

// ArchiveReader reads the entries of an archive.
type ArchiveReader struct{ info ArchiveInfo }

// OpenArchive reads the archive's first line.
func OpenArchive(r io.Reader) (*ArchiveReader, error) { return nil, errors.ErrUnsupported }

// Info returns what the archive says of itself.
func (a *ArchiveReader) Info() ArchiveInfo { return a.info }

// Next returns the next entry, and io.EOF behind the last one, when the
// archive was proved whole.
func (a *ArchiveReader) Next() (Entry, error) { return Entry{}, errors.ErrUnsupported }
