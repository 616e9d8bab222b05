package eventstore

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"
)

const (
	// exportPatience bounds the wait for the next entry, which is there: a log
	// that heals a fault takes seconds.
	exportPatience = 30 * time.Second
	// progressEvery is how many entries lie between two reports of progress.
	progressEvery = 256
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

// Export writes the log up to its end of now to w as an archive, for [Import]:
// every entry with its sequence, its time and its bytes. What is appended
// meanwhile is not in it. It fails as a [Reader] does, with what w answers, and
// when an entry that is there does not come in 30 s.
func (l *Log) Export(ctx context.Context, w io.Writer, opts ExportOptions) (Exported, error) {
	end, err := l.Last(ctx)
	if err != nil {
		return Exported{}, fmt.Errorf("export: %w", err)
	}
	if opts.At.IsZero() {
		opts.At = time.Now()
	}
	x := exporter{out: bufio.NewWriterSize(w, archiveBuffer), sum: sha256.New(), done: Exported{Epoch: end.Epoch}}
	head := headLine{Chitchat: archiveLog, V: archiveVersion, Epoch: end.Epoch, First: 1, Last: end.Seq, ExportedAt: opts.At.UTC()}
	if err := x.json(head); err != nil {
		return Exported{}, fmt.Errorf("export: %w", err)
	}
	if err := x.entries(ctx, l, end.Seq, opts.Progress); err != nil {
		return Exported{}, fmt.Errorf("export behind sequence %d of %d: %w", x.done.Entries, end.Seq, err)
	}
	err = x.json(endLine{Chitchat: archiveEnd, Epoch: end.Epoch, Entries: x.done.Entries, SHA256: hex.EncodeToString(x.sum.Sum(nil))})
	if err := errors.Join(err, x.out.Flush()); err != nil {
		return Exported{}, fmt.Errorf("export: %w", err)
	}
	return x.done, nil
}

// exporter writes an archive.
type exporter struct {
	out  *bufio.Writer
	sum  hash.Hash
	line []byte // the buffer of the last line
	done Exported
}

func (x *exporter) json(line any) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = x.out.Write(append(text, '\n'))
	return err
}

// entries writes the entries from the first one to the given sequence.
func (x *exporter) entries(ctx context.Context, l *Log, last uint64, progress func(done, total uint64)) error {
	if last == 0 {
		return nil
	}
	reader := l.NewReader(0)
	defer reader.Close()
	for reported := uint64(0); x.done.Entries < last; {
		wait, cancel := context.WithTimeout(ctx, exportPatience)
		batch, err := reader.Next(wait, readerBuffer)
		cancel()
		if err != nil && ctx.Err() == nil && wait.Err() != nil {
			err = errors.Join(fmt.Errorf("no entry came in %v", exportPatience), reader.Fault())
		}
		if err != nil {
			return err
		}
		for _, record := range batch[:min(uint64(len(batch)), last-x.done.Entries)] {
			if err := x.entry(record); err != nil {
				return err
			}
		}
		if n := x.done.Entries; progress != nil && (n-reported >= progressEvery || n == last) {
			progress(n, last)
			reported = n
		}
	}
	return nil
}

func (x *exporter) entry(record Record) (err error) {
	msgID, header := splitHeader(record.Header)
	x.line, err = appendLine(x.line[:0], Entry{
		Seq: record.Seq, Subject: record.Subject, Stored: record.Stored, MsgID: msgID, Header: header, Payload: record.Payload,
	})
	if err != nil {
		return err
	}
	if _, err := x.out.Write(x.line); err != nil {
		return err
	}
	x.sum.Write(x.line)
	x.done.Entries, x.done.Stored = record.Seq, record.Stored
	return nil
}
