package eventstore

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/faustman/chitchat/domain"
)

// ArchiveError says what is wrong with an archive, and where.
type ArchiveError struct {
	// Line counts from 1.
	Line    int
	Problem string
}

// Error says where the archive is damaged and what to do.
func (e *ArchiveError) Error() string {
	return fmt.Sprintf("line %d of the export: %s. Copy the export again, or make another with `chitchat export`.", e.Line, e.Problem)
}

// ArchiveReader reads the entries of an archive, one line at a time. It is for
// one goroutine.
type ArchiveReader struct {
	in   *bufio.Reader
	info ArchiveInfo
	line int // the number of the last line that was read
	seq  uint64
	sum  hash.Hash
	err  error // what ended it
}

// archiveBuffer is what a reader or a writer of an archive moves at once, in bytes.
const archiveBuffer = 64 << 10

// OpenArchive reads the archive's first line. It fails with an [*ArchiveError]
// when that is none of an archive, or of a version that is not known.
func OpenArchive(r io.Reader) (*ArchiveReader, error) {
	a := &ArchiveReader{in: bufio.NewReaderSize(r, archiveBuffer), sum: sha256.New()}
	line, err := a.readLine()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var head headLine
	switch {
	case errors.Is(err, io.EOF):
		return nil, a.damage("there is nothing in it")
	case bytes.HasPrefix(line, []byte{0x1f, 0x8b}):
		return nil, a.damage("it is compressed: unpack it first (gunzip)")
	case json.Unmarshal(line, &head) != nil || head.Chitchat != archiveLog:
		return nil, a.damage("it does not begin as an export of chitchat does")
	case head.V != archiveVersion:
		return nil, a.damage("it is of version %d, and this chitchat knows version %d", head.V, archiveVersion)
	case head.First != 1:
		return nil, a.damage("it begins with sequence %d and must begin with 1", head.First)
	}
	if _, err := domain.ParsePosition(head.Epoch + ":0"); err != nil {
		return nil, a.damage("its epoch %.80q is none", head.Epoch)
	}
	a.info = ArchiveInfo{Epoch: head.Epoch, Last: head.Last, ExportedAt: head.ExportedAt}
	return a, nil
}

// Info returns what the archive says of itself.
func (a *ArchiveReader) Info() ArchiveInfo { return a.info }

// Next returns the next entry. Behind the last one it returns io.EOF, when the
// archive is proved whole. It fails with an [*ArchiveError] when a line is
// damaged, missing, or in another's place.
func (a *ArchiveReader) Next() (Entry, error) {
	if a.err != nil {
		return Entry{}, a.err
	}
	entry, err := a.next()
	a.err = err
	return entry, err
}

func (a *ArchiveReader) next() (Entry, error) {
	line, err := a.readLine()
	if errors.Is(err, io.EOF) {
		return Entry{}, a.damage("it ends behind sequence %d of %d and was cut off: its last line is missing", a.seq, a.info.Last)
	}
	if err != nil {
		return Entry{}, err
	}
	if a.seq == a.info.Last {
		return Entry{}, a.end(line)
	}
	entry, err := a.parse(line)
	if err != nil {
		return Entry{}, err
	}
	a.seq++
	if entry.Seq != a.seq {
		return Entry{}, a.damage("it has sequence %d where %d must follow", entry.Seq, a.seq)
	}
	if err := checkEntry(entry); err != nil {
		return Entry{}, a.damage("%v", err)
	}
	a.sum.Write(line)
	a.sum.Write([]byte{'\n'})
	return entry, nil
}

// end checks the last line, and that nothing follows.
func (a *ArchiveReader) end(line []byte) error {
	var end endLine
	switch err := json.Unmarshal(line, &end); {
	case err != nil || end.Chitchat != archiveEnd:
		return a.damage("it is not the last line, which must follow sequence %d", a.seq)
	case end.Epoch != a.info.Epoch || end.Entries != a.info.Last:
		return a.damage("it is the last line of another export")
	case end.SHA256 != hex.EncodeToString(a.sum.Sum(nil)):
		return a.damage("the check sum of all entries is another: entries were changed")
	}
	rest, err := a.readLine()
	for err == nil && len(rest) == 0 {
		rest, err = a.readLine()
	}
	if err == nil {
		return a.damage("it comes behind the end of the export")
	}
	return err
}

// parse reads an entry's line.
func (a *ArchiveReader) parse(line []byte) (Entry, error) {
	body := len(line) - crcLength
	if bytes.HasPrefix(line, []byte(`{"chitchat":`)) {
		return Entry{}, a.damage("the export ends behind sequence %d of %d: lines are missing", a.seq, a.info.Last)
	}
	if body < 0 || !bytes.HasPrefix(line[body:], []byte(crcPrefix)) {
		return Entry{}, a.damage("it is no whole line of an entry")
	}
	sum := line[body+len(crcPrefix) : len(line)-len(`"}`)]
	if string(sum) != fmt.Sprintf("%08x", crc32.Checksum(line[:body], castagnoli)) {
		return Entry{}, a.damage("its check sum is another: the line was changed")
	}
	var fields entryLine
	if err := json.Unmarshal(line, &fields); err != nil {
		return Entry{}, a.damage("it is no line of an entry: %v", err)
	}
	entry, err := fields.entry()
	if err != nil {
		return Entry{}, a.damage("its headers are none")
	}
	return entry, nil
}

// entryLine is an entry's line. What is no text is in base64.
type entryLine struct {
	Seq           uint64              `json:"seq"`
	Subject       string              `json:"subject"`
	SubjectBase64 []byte              `json:"subject_base64"`
	Stored        time.Time           `json:"stored"`
	ID            string              `json:"id"`
	IDBase64      []byte              `json:"id_base64"`
	Header        map[string][]string `json:"header"`
	HeaderBase64  []byte              `json:"header_base64"`
	Payload       json.RawMessage     `json:"payload"`
	PayloadBase64 []byte              `json:"payload_base64"`
}

func (l *entryLine) entry() (Entry, error) {
	entry := Entry{Seq: l.Seq, Subject: l.Subject, Stored: l.Stored, MsgID: l.ID, Header: l.Header, Payload: l.Payload}
	if l.SubjectBase64 != nil {
		entry.Subject = string(l.SubjectBase64)
	}
	if l.IDBase64 != nil {
		entry.MsgID = string(l.IDBase64)
	}
	if l.Payload == nil {
		entry.Payload = l.PayloadBase64
	}
	if l.HeaderBase64 != nil {
		header, err := nats.DecodeHeadersMsg(l.HeaderBase64)
		if err != nil {
			return Entry{}, err
		}
		entry.Header = header
	}
	return entry, nil
}

// readLine returns the next line without its end, valid until the next call.
func (a *ArchiveReader) readLine() ([]byte, error) {
	a.line++
	line, err := a.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		long := bytes.Clone(line)
		for errors.Is(err, bufio.ErrBufferFull) {
			if len(long) > archiveLine {
				return nil, a.damage("it has over %d bytes", archiveLine)
			}
			line, err = a.in.ReadSlice('\n')
			long = append(long, line...)
		}
		line = long
	}
	if err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)) {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, fmt.Errorf("read line %d of the export: %w", a.line, err)
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

func (a *ArchiveReader) damage(format string, args ...any) error {
	return &ArchiveError{Line: a.line, Problem: fmt.Sprintf(format, args...)}
}
