package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/datadir"
	"github.com/faustman/chitchat/projections"
)

// importCommand makes the log from an archive.
type importCommand struct {
	File      string `arg:"" optional:"" help:"What chitchat export has written; the standard input when there is none."`
	KeepEpoch bool   `help:"Take the export's epoch over, so that positions of the former log hold in this one. Only when the former log is never used again: two logs of one epoch can't be told apart."`
}

// Help says more than one line.
func (*importCommand) Help() string {
	return `Makes the log from what "chitchat export" has written: every entry with its sequence, its time and its
bytes. No server may run, and the log must be empty: nothing is ever added to one that has entries. The export is
checked; when a line is damaged or missing, that line is named and no log is made. When it was broken off, run it
again: it begins anew. The tables, if there are any, are thrown away, and serve builds them from the log.

  chitchat import --data elsewhere log.ndjson
  gunzip < log.ndjson.gz | chitchat import

The log gets a new epoch, so that nobody takes a position in it for one in the former log.`
}

// Run imports and says how much, and what became of the tables.
func (c *importCommand) Run(ctx context.Context, out *console, config *Config) (err error) {
	if err := config.check(); err != nil {
		return err
	}
	file, err := c.open()
	if err != nil {
		return err
	}
	defer file.Close()
	defer closeAfter(ctx, file)()
	archive, err := eventstore.OpenArchive(file)
	if err != nil {
		return errors.Join(ctx.Err(), err)
	}
	tables := config.DatabaseURL != "" || hasTables(config.Data)
	b, err := openBackend(ctx, config, needs{log: true, tables: tables}, out.logger)
	if errors.Is(err, datadir.ErrInUse) {
		return fmt.Errorf("import needs the log for itself, stop the server first: %w", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if b.nats == nil {
		if err := refuseBesideServers(ctx, b, out); err != nil {
			return err
		}
	}
	done, err := c.makeLog(ctx, b, out, file, archive)
	if err != nil {
		return err
	}
	if !tables {
		fmt.Fprintln(out.stdout, "there are no tables yet: `chitchat serve` builds them from the log")
		return nil
	}
	return startTablesOver(ctx, b, out, done.Epoch)
}

// open opens the archive. One that can be read twice is read to its end first,
// so that nothing is touched when it is damaged.
func (c *importCommand) open() (*os.File, error) {
	file := os.Stdin
	if c.File != "" {
		var err error
		if file, err = os.Open(c.File); err != nil {
			return nil, fmt.Errorf("read the export: %w", err)
		}
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		err = fmt.Errorf("read the export: %w", err)
	case c.File == "" && isTerminal(file):
		err = usagef("import reads what `chitchat export` has written: name the FILE, or pipe it in")
	case info.Mode().IsRegular():
		err = checkArchive(file)
	case c.File == "" && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0:
		file, err = closable(file)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// closeAfter closes the file when ctx ends before stop is called: a pipe may be
// silent for ever.
func closeAfter(ctx context.Context, file io.Closer) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = file.Close() })
}

// closable returns the pipe anew, so that its Close ends a Read under way: the
// standard input's does not.
func closable(pipe *os.File) (*os.File, error) {
	fd := pipe.Fd()
	if err := syscall.SetNonblock(int(fd), true); err != nil {
		return pipe, fmt.Errorf("read the export: %w", err)
	}
	return os.NewFile(fd, pipe.Name()), nil
}

func checkArchive(file *os.File) error {
	start, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("read the export: %w", err)
	}
	archive, err := eventstore.OpenArchive(file)
	for err == nil {
		_, err = archive.Next()
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	if _, err := file.Seek(start, io.SeekStart); err != nil {
		return fmt.Errorf("read the export: %w", err)
	}
	return nil
}

// makeLog imports the archive and says so.
func (c *importCommand) makeLog(ctx context.Context, b *backend, out *console, file io.Closer, archive *eventstore.ArchiveReader) (eventstore.Imported, error) {
	opts := eventstore.ImportOptions{Logger: out.logger}
	if c.KeepEpoch {
		opts.Epoch = archive.Info().Epoch
	}
	done, err := eventstore.Import(ctx, b.conn, opts, func(ctx context.Context) (eventstore.Entry, error) {
		defer closeAfter(ctx, file)()
		return archive.Next()
	})
	if errors.Is(err, eventstore.ErrNotEmpty) {
		err = fmt.Errorf("%w: import makes a log where there is none, name another place with --data or --nats-url", err)
	}
	if err != nil {
		return done, err
	}
	upTo := ""
	if done.Entries > 0 {
		upTo = ", up to " + done.Stored.UTC().Format(time.RFC3339)
	}
	fmt.Fprintf(out.stdout, "imported %d entries%s; the log's epoch is %s (the export's was %s)\n", done.Entries, upTo, done.Epoch, archive.Info().Epoch)
	return done, nil
}

// hasTables reports whether there is a private Postgres in the data directory.
func hasTables(data string) bool {
	files, err := os.ReadDir(data)
	return err == nil && slices.ContainsFunc(files, func(f os.DirEntry) bool { return strings.HasPrefix(f.Name(), "pg-") })
}

// startTablesOver makes the tables empty ones of the log of the epoch.
func startTablesOver(ctx context.Context, b *backend, out *console, epoch string) error {
	err := migrate(ctx, io.Discard, b.databaseURL)
	generation := 0
	if err == nil {
		generation, err = projections.StartOver(ctx, b.databaseURL, epoch)
	}
	if err != nil {
		return fmt.Errorf("the log is imported, but the tables are those of another: run `chitchat migrate --accept-log`: %w", err)
	}
	fmt.Fprintf(out.stdout, "the tables were thrown away: generation %d is empty, and `chitchat serve` builds it from the log\n", generation)
	return nil
}

// refuseBesideServers is refuseBesideGateways, when there is a log.
func refuseBesideServers(ctx context.Context, b *backend, out *console) error {
	log, err := eventstore.Open(ctx, b.conn, eventstore.Options{Existing: true, Logger: out.logger})
	if errors.Is(err, eventstore.ErrNoLog) || errors.Is(err, eventstore.ErrUnfinished) {
		return nil
	}
	if err != nil {
		return err
	}
	return refuseBesideGateways(ctx, log)
}
