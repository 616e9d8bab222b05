package eventstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faustman/chitchat/domain"
)

const (
	// importKey is the key in the metadata of a stream that is being imported,
	// and of one whose import broke off. A log has no such key.
	importKey = "chitchat-import"
	// importSubject is the subject of such a stream: nothing that is said while
	// it is filled must get in between.
	importSubject = "chitchat-import.nobody"
	// importAhead is how many entries are read ahead of those that are sent.
	importAhead = 256
	// clearPatience bounds the wait for a server that still clears away the store
	// of a stream that was deleted, and clearPause is the time between two tries.
	clearPatience = 10 * time.Second
	clearPause    = 50 * time.Millisecond
	// abandonPatience bounds the tidying after an import that broke off.
	abandonPatience = 10 * time.Second
)

var (
	// ErrNotEmpty says that there is a log already, and entries in it.
	ErrNotEmpty = errors.New("the log is not empty")
	// ErrUnfinished says that the stream is what an import left that broke off.
	ErrUnfinished = errors.New("an import of the log was broken off, or is under way: run `chitchat import` again, or `chitchat demo`, which begins anew")
)

// ImportOptions are the settings of [Import].
type ImportOptions struct {
	// Epoch is the epoch that the log gets; a new one when it is empty. Another
	// log's epoch is for when that log is never used again.
	Epoch string
	// Replicas is how many servers keep the log; 0 means three where NATS is a
	// cluster, and one elsewhere.
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
// sequences, which begin with 1 and have no hole, and their times; next ends
// them with io.EOF. It is called by one goroutine of Import's, which is waited
// for: a next that waits long must end with its ctx, which ends when Import
// fails, too.
//
// A log without entries is replaced, and so is what an import left that broke
// off; it fails with [ErrNotEmpty] when there are entries, and with a
// [*SettingsError] when the stream is none of ours. Until it returns there is
// no log: who opens it gets [ErrUnfinished]. No two imports, and no server, may
// run at the same time. Each entry is as durable as an appended one. Sessions
// that are open at the end are held by terms that stopped, so that the next
// gateway ends them.
func Import(ctx context.Context, nc *nats.Conn, opts ImportOptions, next func(context.Context) (Entry, error)) (Imported, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return Imported{}, fmt.Errorf("import: %w", err)
	}
	if opts.Epoch == "" {
		opts.Epoch = newEpoch()
	}
	if _, err := domain.ParsePosition(opts.Epoch + ":0"); err != nil {
		return Imported{}, fmt.Errorf("import: the epoch %.80q is none", opts.Epoch)
	}
	opts.Replicas = replicasOn(nc, opts.Replicas)
	im := &importer{nc: nc, js: js, opts: opts, id: newEpoch(), present: domain.NewPresence(), done: Imported{Epoch: opts.Epoch}}
	if err := im.clear(ctx); err != nil {
		return Imported{}, fmt.Errorf("import: %w", err)
	}
	if err := im.run(ctx, next); err != nil {
		return Imported{}, errors.Join(fmt.Errorf("import: %w", err), im.abandon(ctx))
	}
	return im.done, nil
}

// importer is an import under way.
type importer struct {
	nc      *nats.Conn
	js      jetstream.JetStream
	opts    ImportOptions
	id      string // tells this import's stream from another's
	present *domain.Presence
	done    Imported
}

// clear removes the stream that an import may replace, and refuses any other.
func (im *importer) clear(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	stream, err := im.js.Stream(ctx, Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	info := stream.CachedInfo()
	if info.Config.Metadata[importKey] == "" {
		if err := checkSettings(info.Config); err != nil {
			return err
		}
		if info.State.LastSeq > 0 {
			return fmt.Errorf("%w: it ends at sequence %d", ErrNotEmpty, info.State.LastSeq)
		}
		im.opts.Replicas = max(im.opts.Replicas, info.Config.Replicas)
	}
	return im.js.DeleteStream(ctx, Stream)
}

// run makes the stream, fills it and makes it the log.
func (im *importer) run(ctx context.Context, next func(context.Context) (Entry, error)) error {
	r, err := im.begin(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	if err := im.fill(ctx, r, next); err != nil {
		tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonPatience)
		defer cancel()
		_, _ = r.finish(tidy) // it says that the backup is not whole, which it is not
		return err
	}
	state, err := r.end(ctx)
	if err != nil {
		return err
	}
	if n := im.done.Entries; state.LastSeq != n || state.Msgs != n {
		return fmt.Errorf("the server has %d entries up to sequence %d, and %d were sent", state.Msgs, state.LastSeq, n)
	}
	if err := im.stopTerms(ctx); err != nil {
		return err
	}
	return im.promote(ctx)
}

// begin makes the stream, and waits until it is there and takes entries.
func (im *importer) begin(ctx context.Context) (*restoring, error) {
	ctx, cancel := context.WithTimeout(ctx, clearPatience)
	defer cancel()
	for {
		r, err := beginRestore(ctx, im.nc, im.settings())
		if err == nil {
			if err = im.wait(ctx, r); err == nil {
				return r, nil
			}
			r.close()
		}
		const storeFailed = 10049
		var api *jetstream.APIError
		if !errors.As(err, &api) || api.ErrorCode != storeFailed {
			return nil, fmt.Errorf("make the stream (by NATS %s; it must be 2.15 or newer): %w", im.nc.ConnectedServerVersion(), err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("make the stream: %w", err)
		case <-time.After(clearPause):
		}
	}
}

// wait waits until the server has made the stream.
func (im *importer) wait(ctx context.Context, r *restoring) error {
	for {
		if ours, err := im.isOurs(ctx); ours || err != nil {
			return err
		}
		if err := r.alive(ctx); err != nil {
			return err
		}
		for r.waiting > 0 { // an answer may say why there is none
			if err := r.answer(ctx); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(clearPause):
		}
	}
}

// isOurs reports whether the stream is that of this import.
func (im *importer) isOurs(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	stream, err := im.js.Stream(ctx, Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return stream.CachedInfo().Config.Metadata[importKey] == im.id, nil
}

// settings are those of the stream while it is imported: those of no log.
func (im *importer) settings() jetstream.StreamConfig {
	config := settings("", im.opts.Replicas)
	config.Description = "a log of chitchat that is being imported"
	config.Subjects = []string{importSubject}
	config.Metadata = map[string]string{importKey: im.id}
	config.MaxMsgSize = -1 // an operator may have allowed larger entries
	config.DenyDelete, config.DenyPurge = false, false
	return config
}

// fetched is what next returned.
type fetched struct {
	entry Entry
	err   error
}

// fill sends all entries, and shows the server that it is alive when there is
// none for a while.
func (im *importer) fill(ctx context.Context, r *restoring, next func(context.Context) (Entry, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	entries := make(chan fetched, importAhead)
	defer func() { // the goroutine, and next in it, ends when ctx does
		cancel()
		for range entries {
		}
	}()
	go fetch(ctx, entries, next)
	alive := time.NewTicker(restoreAlive)
	defer alive.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-alive.C:
			if err := r.alive(ctx); err != nil {
				return err
			}
		case f := <-entries:
			if errors.Is(f.err, io.EOF) {
				return nil
			}
			if f.err != nil {
				return f.err
			}
			if err := im.entry(ctx, r, f.entry); err != nil {
				return err
			}
		}
	}
}

// fetch calls next until it fails or ctx ends, and closes entries.
func fetch(ctx context.Context, entries chan<- fetched, next func(context.Context) (Entry, error)) {
	defer close(entries)
	for ctx.Err() == nil {
		entry, err := next(ctx)
		select {
		case entries <- fetched{entry, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

func (im *importer) entry(ctx context.Context, r *restoring, e Entry) error {
	if e.Seq != im.done.Entries+1 {
		return fmt.Errorf("entry with sequence %d where %d must follow", e.Seq, im.done.Entries+1)
	}
	if err := checkEntry(e); err != nil {
		return fmt.Errorf("entry with sequence %d: %w", e.Seq, err)
	}
	if err := r.entry(ctx, e); err != nil {
		return fmt.Errorf("store entry %d: %w", e.Seq, err)
	}
	if record := Decode(e.Subject, e.Seq, e.Stored, e.Payload); record.Err == nil {
		im.present.Apply(record.Channel, record.Seq, record.Event)
	}
	im.done.Entries, im.done.Stored = e.Seq, e.Stored
	if im.opts.Progress != nil && e.Seq%progressEvery == 0 {
		im.opts.Progress(e.Seq)
	}
	return nil
}

// promote makes the stream the log.
func (im *importer) promote(ctx context.Context) error {
	if ours, err := im.isOurs(ctx); err != nil || !ours {
		return errors.Join(errors.New("the stream was replaced meanwhile"), err)
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if _, err := im.js.UpdateStream(ctx, settings(im.opts.Epoch, im.opts.Replicas)); err != nil {
		return fmt.Errorf("make the stream the log: %w", err)
	}
	if im.opts.Progress != nil {
		im.opts.Progress(im.done.Entries)
	}
	return nil
}

// stopTerms notes the terms of sessions that are open at the log's end: their
// gateways are none of this installation, and the next one here ends them.
func (im *importer) stopTerms(ctx context.Context) error {
	began := map[string]uint64{}
	for _, stay := range im.present.Stays() {
		if first, known := began[stay.Term]; !known || stay.JoinedSeq <= first {
			began[stay.Term] = stay.JoinedSeq - 1
		}
	}
	if len(began) == 0 {
		return nil
	}
	terms, err := (&Log{nc: im.nc, js: im.js, kept: im.opts.Replicas, logger: cmp.Or(im.opts.Logger, slog.Default())}).Terms(ctx)
	if err != nil {
		return err
	}
	for id, seq := range began {
		err := terms.Put(ctx, Term{ID: id, Began: seq, Stopped: true})
		if err != nil && !errors.Is(err, jetstream.ErrInvalidKey) { // such a one no gateway of ours has written
			return err
		}
	}
	return nil
}

// abandon removes what this import has made, when it is no log yet.
func (im *importer) abandon(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonPatience)
	defer cancel()
	ours, err := im.isOurs(ctx)
	if err != nil || !ours {
		return nil //nolint:nilerr // what stays is refused as a log, and the next import removes it
	}
	if err := im.js.DeleteStream(ctx, Stream); err != nil {
		return fmt.Errorf("remove what was imported: %w", err)
	}
	return nil
}
