package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

const (
	// MaxBatch bounds a transaction, in events. Larger ones are not faster.
	MaxBatch = 5000
	// maxBatchBytes bounds a transaction, in bytes of payload, so that memory
	// stays flat with long messages, too.
	maxBatchBytes = 8 << 20
	// applyTimeout bounds each half of a transaction, what it reads and what it
	// writes. The largest takes about a second; this is for a database that does
	// not answer any more.
	applyTimeout = 60 * time.Second
	// minRetry and maxRetry bound the pause before a failed attempt is made
	// again; it doubles from one to the other.
	minRetry = 20 * time.Millisecond
	maxRetry = 5 * time.Second
	// watchEvery is how often the log is asked for its end, for the lag, and
	// bounds the question and the note of its answer.
	watchEvery = time.Second
	// noteEvery is how often the log's end is noted in the database when it
	// does not move.
	noteEvery = 5 * time.Second
)

// Reader reads the log in order.
type Reader interface {
	// Next blocks for the first entry, then gives what is ready, limit at most.
	Next(ctx context.Context, limit int) ([]eventstore.Record, error)
	// Fault is what Next is waiting to pass, or nil. Any goroutine may ask.
	Fault() error
	Close()
}

// Log is the log as the projector needs it. *eventstore.Log is one.
type Log[R Reader] interface {
	Epoch() string
	Last(ctx context.Context) (domain.Position, error)
	NewReader(after uint64) R
}

// Options tune a projector. The zero value is the usual.
type Options struct {
	// Batch bounds a transaction, in events; 0 is [MaxBatch].
	Batch int
}

// Projector applies the log to the live read model.
type Projector struct {
	store    *Store
	logger   *slog.Logger
	batch    int
	epoch    func() string
	last     func(ctx context.Context) (domain.Position, error)
	read     func(after uint64) Reader
	migrated bool // by this projector; only project uses it
	progress progress
}

// NewProjector returns a projector from the log to the store's database.
func NewProjector[R Reader](store *Store, log Log[R], opts Options) *Projector {
	if opts.Batch <= 0 || opts.Batch > MaxBatch {
		opts.Batch = MaxBatch
	}
	return &Projector{
		store:  store,
		logger: store.logger,
		batch:  opts.Batch,
		epoch:  log.Epoch,
		last:   log.Last,
		read:   func(after uint64) Reader { return log.NewReader(after) },
	}
}

// Run migrates the database, makes the first generation when there is none and
// applies the log as it grows, until ctx ends; then it returns nil. No fault
// ends it: it tries again for ever, and [Projector.Status] says why nothing is
// applied meanwhile.
func (p *Projector) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.watch(ctx) })
	group.Go(func() error { return p.project(ctx) })
	return group.Wait()
}

// watch keeps the log's end in the status and in the database: chat.freshness
// tells by it that a projector looks, and what waits when it can't be applied.
func (p *Projector) watch(ctx context.Context) error {
	var noted domain.Position
	var notedAt time.Time
	for {
		bounded, cancel := context.WithTimeout(ctx, watchEvery)
		last, err := p.last(bounded)
		cancel()
		if err == nil {
			p.progress.update(func(s *Status) { s.Log = last })
			due := last != noted || time.Since(notedAt) >= noteEvery
			status := p.Status()
			if due && status.Generation > 0 && status.Position == nil && p.store.noteEnd(ctx, last) == nil {
				noted, notedAt = last, time.Now()
			}
		}
		if !pause(ctx, watchEvery) {
			return nil
		}
	}
}

// project makes one attempt after the other. Each begins at the checkpoint as
// it stands in the database, so whatever ended the one before has no say in
// what is applied.
func (p *Projector) project(ctx context.Context) error {
	retry := minRetry
	for {
		before := p.Status().Batches
		err := p.attempt(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if p.Status().Batches != before {
			retry = minRetry
		}
		if isAbsent(err) { // the database was replaced by another one
			p.migrated = false
		}
		if !errors.Is(err, errFenced) && p.progress.setFault(err) {
			p.logger.ErrorContext(ctx, "the projector stands still and will try again", "err", err)
		}
		if !pause(ctx, retry/2+rand.N(retry/2)) {
			return nil
		}
		retry = min(2*retry, maxRetry)
	}
}

// pause waits and reports whether ctx is still on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// attempt applies the log from the checkpoint on, until anything fails.
func (p *Projector) attempt(ctx context.Context) error {
	writer, err := p.openWriter(ctx)
	if err != nil {
		return databaseError(err)
	}
	defer writer.close()
	if err := p.compare(ctx, writer.at); err != nil {
		return err
	}
	reader := p.read(writer.at.Seq - min(writer.at.Seq, 1))
	defer reader.Close()
	p.progress.follow(reader)
	defer p.progress.follow(nil)
	if err := p.prove(ctx, writer, reader); err != nil {
		return err
	}
	if p.progress.setFault(nil) {
		p.logger.InfoContext(ctx, "the projector goes on", "after", writer.at.String())
	}
	for {
		records, err := reader.Next(ctx, p.batch)
		if err != nil {
			return fmt.Errorf("read the log after %s: %w", writer.at, err)
		}
		p.progress.update(func(s *Status) { s.Log.Seq = max(s.Log.Seq, records[len(records)-1].Seq) })
		for len(records) > 0 {
			n := prefix(records)
			if err := p.apply(ctx, writer, records[:n]); err != nil {
				return databaseError(err)
			}
			records = records[n:]
		}
	}
}

// prefix returns how many of the records make a transaction of their own.
func prefix(records []eventstore.Record) int {
	size := 0
	for i := range records {
		size += len(records[i].Payload)
		if size > maxBatchBytes && i > 0 {
			return i
		}
	}
	return len(records)
}

// compare tells whether the checkpoint is a place in the log.
func (p *Projector) compare(ctx context.Context, at domain.Position) error {
	last, err := p.last(ctx)
	if err != nil {
		return fmt.Errorf("ask the log for its end: %w", err)
	}
	p.progress.update(func(s *Status) { s.Log = last })
	if at.Epoch != last.Epoch || at.Seq > last.Seq {
		return p.mismatch(&PositionError{Checkpoint: at, Log: last})
	}
	return nil
}

// prove takes the checkpoint's own entry from the log and tells whether it is
// the one that was applied. A log that lost its end, as one from a backup, and
// has grown again has another one there: a sequence alone doesn't show that.
func (p *Projector) prove(ctx context.Context, w *writer, reader Reader) error {
	if w.at.Seq > 0 {
		records, err := reader.Next(ctx, 1)
		if err != nil {
			return fmt.Errorf("read the log at %s: %w", w.at, err)
		}
		if first := records[0]; first.Seq != w.at.Seq || first.Stored.UnixNano() != w.stored {
			return p.mismatch(&PositionError{
				Checkpoint: w.at,
				Log:        domain.Position{Epoch: w.at.Epoch, Seq: max(first.Seq, p.Status().Log.Seq)},
				Applied:    time.Unix(0, w.stored).UTC(),
				Stored:     first.Stored.UTC(),
			})
		}
	}
	p.progress.update(func(s *Status) { s.Position = nil })
	return nil
}

// mismatch keeps err in the status, until the opposite is proven.
func (p *Projector) mismatch(err *PositionError) error {
	p.progress.update(func(s *Status) { s.Position = err })
	return err
}

// apply applies the records in one transaction. When Postgres refuses what they
// say it applies each half by itself, down to the one record that is to blame,
// and that goes to the quarantine.
func (p *Projector) apply(ctx context.Context, w *writer, records []eventstore.Record) error {
	outcome, err := w.apply(ctx, records, p.Status().Log.Seq)
	switch {
	case err == nil:
		p.applied(ctx, w.at, outcome)
		return nil
	case !refused(err):
		return err
	case len(records) > 1:
		half := len(records) / 2
		if err := p.apply(ctx, w, records[:half]); err != nil {
			return err
		}
		return p.apply(ctx, w, records[half:])
	}
	record := records[0]
	record.Event, record.Err = nil, &refusal{cause: err}
	outcome, err = w.apply(ctx, []eventstore.Record{record}, p.Status().Log.Seq)
	if err != nil {
		return fmt.Errorf("quarantine sequence %d: %w", record.Seq, err)
	}
	p.applied(ctx, w.at, outcome)
	return nil
}

// applied makes known what a transaction has done.
func (p *Projector) applied(ctx context.Context, at domain.Position, o outcome) {
	p.progress.update(func(s *Status) {
		s.Applied = at
		if !o.at.IsZero() {
			s.AppliedAt = o.at
		}
		s.Batches++
		s.Events += uint64(o.events)
		s.Quarantined += uint64(o.quarantined)
		s.Duplicates += uint64(o.duplicates)
	})
	p.store.gate.note(at.Seq)
	if o.quarantined > 0 {
		p.logger.WarnContext(ctx, "entries of the log were quarantined", "count", o.quarantined, "first", o.reason, "up_to", at.String())
	}
}
