package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
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
	noteEvery = 2 * time.Second
)

// Options tune a projector. The zero value is the usual.
type Options struct {
	// Batch bounds a transaction, in events; 0 is [MaxBatch].
	Batch int
	// Registerer takes the metrics; nil means none.
	Registerer prometheus.Registerer
	// Tracer makes a span of each traced event that is applied; nil for none.
	Tracer trace.Tracer
	// seat is the advisory lock of who works; 0 is seatLock.
	seat int64
}

// Projector applies the log to the live read model.
type Projector struct {
	store    *Store
	logger   *slog.Logger
	batch    int
	seat     int64 // the advisory lock of who works
	log      source
	tracer   trace.Tracer // nil when nothing is traced
	sizes    prometheus.Histogram
	migrated bool // by this projector; only project uses it
	attached bool // to a live generation, once; only project uses it
	progress progress
}

// NewProjector returns a projector from the log to the store's database.
func NewProjector[R Reader](store *Store, log Log[R], opts Options) *Projector {
	if opts.Batch <= 0 || opts.Batch > MaxBatch {
		opts.Batch = MaxBatch
	}
	p := &Projector{
		store:  store,
		logger: store.logger,
		batch:  opts.Batch,
		seat:   cmp.Or(opts.seat, seatLock),
		log:    sourceOf(log),
		tracer: opts.Tracer,
	}
	p.register(opts.Registerer)
	return p
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
		last, err := p.log.last(bounded)
		cancel()
		if err == nil {
			p.progress.update(func(s *Status) { s.Log = last })
			due := last != noted || time.Since(notedAt) >= noteEvery
			status := p.Status()
			if due && status.Leading && status.Generation > 0 && status.Position == nil && p.store.noteEnd(ctx, last) == nil {
				noted, notedAt = last, time.Now()
				p.recount(ctx, status.Batches)
			}
		}
		if !pause(ctx, watchEvery) {
			return nil
		}
	}
}

// recount looks at the quarantine, which an operator may have changed, unless
// more is applied meanwhile.
func (p *Projector) recount(ctx context.Context, batches uint64) {
	counts, err := p.store.QuarantineCounts(ctx)
	if err != nil {
		return // the next look is soon
	}
	p.progress.update(func(s *Status) {
		if s.Batches == batches {
			s.count(counts)
		}
	})
}

// project makes one attempt after the other while it is this projector that
// works. Each begins at the checkpoint as it stands in the database, so whatever
// ended the one before has no say in what is applied.
func (p *Projector) project(ctx context.Context) error {
	retry := minRetry
	var held *seat
	defer func() { held.leave() }()
	for {
		before := p.Status().Batches
		var err error
		if held, err = p.take(ctx, held); err == nil {
			err = p.work(ctx, held)
		} else {
			err = databaseError(err)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			continue
		}
		if p.Status().Batches != before {
			retry = minRetry
		}
		if isAbsent(err) { // the database was replaced by another one
			p.migrated = false
		}
		if errors.Is(err, errFenced) || errors.Is(err, errUnseated) { // another one works, or asks to
			held.leave()
			held = nil
		} else if p.progress.setFault(err) {
			p.logger.ErrorContext(ctx, "the projector stands still and will try again", "err", err)
		}
		if !pause(ctx, retry/2+rand.N(retry/2)) {
			return nil
		}
		retry = min(2*retry, maxRetry)
	}
}

// attemptOrRenew applies the log until anything fails, or puts a generation of
// this program's into the place of one that is another's.
func (p *Projector) attemptOrRenew(ctx context.Context) error {
	err := p.attempt(ctx)
	var model *ModelError
	if errors.As(err, &model) && !p.attached {
		return p.renew(ctx, model)
	}
	return err
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
	p.attached = true
	reader, err := p.follow(ctx, writer)
	if err != nil {
		return err
	}
	defer reader.Close()
	p.progress.follow(reader)
	defer p.progress.follow(nil)
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
			n, began := prefix(records), time.Now()
			err := apply(ctx, writer, records[:n], p.Status().Log.Seq, func(o outcome) { p.applied(ctx, writer.at, o) })
			if err != nil {
				return databaseError(err)
			}
			p.trace(records[:n], began)
			records = records[n:]
		}
	}
}

// follow returns a reader behind the writer's checkpoint, which it has compared
// with the log.
func (p *Projector) follow(ctx context.Context, w *writer) (Reader, error) {
	last, err := p.log.last(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the log for its end: %w", err)
	}
	p.progress.update(func(s *Status) { s.Log = last })
	reader, err := p.log.behind(ctx, w.at, w.stored, last)
	var mismatch *PositionError
	if err == nil || errors.As(err, &mismatch) {
		p.progress.update(func(s *Status) { s.Position = mismatch })
	}
	return reader, err
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
	p.sizes.Observe(float64(o.events + o.quarantined + o.duplicates))
	p.logger.DebugContext(ctx, "batch applied", "events", o.events, "duplicates", o.duplicates, "quarantined", o.quarantined, "up_to", at.String())
	p.logRejected(ctx, o)
}

// logRejected names what went to the quarantine. Its bytes stay there.
func (p *Projector) logRejected(ctx context.Context, o outcome) {
	for _, r := range o.rejected {
		p.logger.WarnContext(ctx, "an entry of the log was quarantined", "channel", r.channel, "seq", r.seq, "code", string(r.code), "reason", r.reason)
	}
	if more := o.quarantined - len(o.rejected); more > 0 {
		p.logger.WarnContext(ctx, "more entries of the log were quarantined", "count", more)
	}
}
