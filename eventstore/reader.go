package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// readerBuffer is how many records wait between the consumer and Next: the
	// decoder runs that far ahead of who applies them.
	readerBuffer = 4096
	// pullBatch is how many messages one pull asks for.
	pullBatch = 1000
	// pullHeartbeat is how often a silent server shows that it is there.
	pullHeartbeat = time.Second
	// pullExpiry bounds one pull.
	pullExpiry = 10 * time.Second
	// consumerIdle is when the server forgets a consumer nobody pulls from.
	consumerIdle = 30 * time.Second
	// watchInterval is how often the watchdog compares a silent reader with
	// the log's end: one whose consumer's server is lost, while ours is not, goes
	// on after two of them.
	watchInterval = time.Second
	// linkInterval is how often a silent reader looks whether its connection was
	// made anew: the server may have restarted, and its consumer with it.
	linkInterval = 200 * time.Millisecond
	// retryFirst and retryMost bound the wait before a new consumer.
	retryFirst = 50 * time.Millisecond
	retryMost  = 2 * time.Second
	// damageTries is how often damage must show in a row to be believed, over
	// some three seconds: a replica that has not caught up heals, a damaged log
	// does not.
	damageTries = 6
)

// HoleError says that entries are missing in the log: it is damaged, and what
// follows can't be read as if nothing was.
type HoleError struct {
	// Missing is the first sequence that is not there, Found the one that came
	// in its place.
	Missing, Found uint64
}

// Error says what is missing and what to do.
func (e *HoleError) Error() string {
	return fmt.Sprintf("the log is damaged: sequence %d is missing, %d follows. "+
		"Restore the log from a backup or another replica.", e.Missing, e.Found)
}

// LostEndError says that the log ends before what was read from it: its end was
// lost, and what is appended now gets sequences that others had before.
type LostEndError struct {
	// Read is the last sequence that was read, End the log's last one now.
	Read, End uint64
}

// Error says what is lost and what to do.
func (e *LostEndError) Error() string {
	return fmt.Sprintf("the log lost its end: sequence %d was read, and now it ends at %d. "+
		"Restore the log from a newer backup or another replica.", e.Read, e.End)
}

// errStalled says that the log's end moved and the consumer did not.
var errStalled = errors.New("the consumer stands still while the log's end moves")

// errReconnected says that the connection was made anew.
var errReconnected = errors.New("the connection was made anew")

// Reader reads the whole log in order. It is for one goroutine; Fault may be
// called by any.
type Reader struct {
	log     *Log
	records chan Record
	cancel  context.CancelFunc
	done    chan struct{}
	err     error // why the reader ended; read after records is closed

	fault atomic.Pointer[error]
	close sync.Once
}

// NewReader begins to read behind the given sequence; 0 reads from the first
// entry. The reader has one goroutine, which Close ends.
func (l *Log) NewReader(after uint64) *Reader {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Reader{
		log:     l,
		records: make(chan Record, readerBuffer),
		cancel:  cancel,
		done:    make(chan struct{}),
	}
	go func() {
		defer close(r.done)
		defer close(r.records)
		r.err = r.run(ctx, after)
	}()
	return r
}

// Close ends the reader and waits for its goroutine.
func (r *Reader) Close() {
	r.close.Do(r.cancel)
	<-r.done
}

// Fault returns what the reader is waiting to pass, such as a lost connection,
// or nil when it reads.
func (r *Reader) Fault() error {
	if err := r.fault.Load(); err != nil {
		return *err
	}
	return nil
}

// Next waits for a record and returns it with those that are ready, at most
// limit. Faults that pass are healed inside. It fails when ctx ends, with
// [ErrEpochChanged] when the log was replaced, and with a [*HoleError] or a
// [*LostEndError] when it is damaged.
func (r *Reader) Next(ctx context.Context, limit int) ([]Record, error) {
	var batch []Record
	select {
	case record, ok := <-r.records:
		if !ok {
			return nil, r.err
		}
		batch = make([]Record, 1, min(limit, 1+len(r.records)))
		batch[0] = record
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for len(batch) < limit {
		select {
		case record, ok := <-r.records:
			if !ok {
				return batch, nil
			}
			batch = append(batch, record)
		default:
			return batch, nil
		}
	}
	return batch, nil
}

// run reads with one consumer after the other until ctx ends or the log can't
// be read.
func (r *Reader) run(ctx context.Context, after uint64) error {
	wait, damaged, began := retryFirst, 0, after
	for {
		last, err := r.consume(ctx, after)
		if ctx.Err() != nil {
			return context.Canceled
		}
		if last > after {
			after, wait, damaged = last, retryFirst, 0
		}
		if isDamage(err, after > began) {
			damaged++
		}
		if errors.Is(err, ErrEpochChanged) || damaged == damageTries {
			return err
		}
		r.log.logger.Warn("reading the log: begin a new consumer", "after", after, "cause", err)
		r.fault.Store(&err)
		select {
		case <-ctx.Done():
			return context.Canceled
		case <-time.After(wait):
		}
		wait = min(2*wait, retryMost)
	}
}

// isDamage reports whether the error says that the log is damaged. That it ends
// before our position is damage when we have read it up to there; where somebody
// told us to begin may not exist yet.
func isDamage(err error, read bool) bool {
	var hole *HoleError
	var lost *LostEndError
	return errors.As(err, &hole) || read && errors.As(err, &lost)
}

// consume reads behind the given sequence with one consumer until it fails,
// and returns the last sequence that it handed on.
func (r *Reader) consume(ctx context.Context, after uint64) (uint64, error) {
	reconnects := r.log.nc.Stats().Reconnects
	messages, remove, err := r.log.consumer(ctx, after)
	if err != nil {
		return after, err
	}
	defer remove()
	defer messages.Stop()
	defer context.AfterFunc(ctx, messages.Stop)() // Next waits for no context
	// Asked behind the consumer's making, and so of the stream that it is on:
	// a consumer ends with its stream.
	end, err := r.log.Last(ctx)
	if err != nil {
		return after, err
	}
	if after > end.Seq {
		return after, &LostEndError{Read: after, End: end.Seq}
	}
	r.fault.Store(nil)
	owed := uint64(0) // the log's end when the consumer was last silent
	heard := time.Now()
	for {
		msg, err := messages.Next(jetstream.NextMaxWait(linkInterval))
		if ctx.Err() != nil {
			return after, ctx.Err()
		}
		if errors.Is(err, nats.ErrTimeout) {
			if r.log.nc.Stats().Reconnects != reconnects {
				return after, errReconnected
			}
			if time.Since(heard) < watchInterval {
				continue
			}
			if after < owed {
				return after, fmt.Errorf("%w: at %d, end %d", errStalled, after, owed)
			}
			if end, err = r.log.Last(ctx); err != nil {
				return after, err
			}
			owed, heard = end.Seq, time.Now()
			continue
		}
		if err != nil {
			return after, fmt.Errorf("consume: %w", err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return after, fmt.Errorf("consume: %w", err)
		}
		switch seq := meta.Sequence.Stream; {
		case seq <= after:
			continue
		case seq > after+1:
			return after, &HoleError{Missing: after + 1, Found: seq}
		}
		record := Decode(msg.Subject(), meta.Sequence.Stream, meta.Timestamp, msg.Data())
		record.Header = msg.Headers()
		select {
		case r.records <- record:
			after, heard = record.Seq, time.Now()
		case <-ctx.Done():
			return after, ctx.Err()
		}
	}
}
