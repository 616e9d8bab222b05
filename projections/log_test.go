package projections_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

// memoryLog is a log in memory, whose epoch and end a test may change.
type memoryLog struct {
	mu      sync.Mutex
	epoch   string
	records []eventstore.Record
	grown   chan struct{} // closed and made anew when records grow
	clock   int           // how many records were ever stored: the log's own clock, in seconds
}

func newMemoryLog() *memoryLog {
	return &memoryLog{epoch: "aaaabbbbcccc", grown: make(chan struct{})}
}

// post appends what the event's stored form says, and returns its sequence.
func (l *memoryLog) post(channel domain.Channel, event domain.Event) uint64 {
	return l.publish("chitchat."+string(channel), string(domain.Encode(event)))
}

// publish appends any bytes, as another program may.
func (l *memoryLog) publish(subject, payload string) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock++
	record := eventstore.Record{
		Seq:     uint64(len(l.records)) + 1,
		Subject: subject,
		Stored:  time.Unix(1_700_000_000+int64(l.clock), 5).UTC(),
		Payload: []byte(payload),
		Channel: domain.Channel(subject[len("chitchat."):]),
	}
	record.Event, record.Err = domain.Decode(record.Payload)
	l.records = append(l.records, record)
	close(l.grown)
	l.grown = make(chan struct{})
	return record.Seq
}

// become makes it another log, or cuts its end.
func (l *memoryLog) become(epoch string, records int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch, l.records = epoch, l.records[:records]
}

func (l *memoryLog) Epoch() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.epoch
}

func (l *memoryLog) Last(context.Context) (domain.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return domain.Position{Epoch: l.epoch, Seq: uint64(len(l.records))}, nil
}

func (l *memoryLog) NewReader(after uint64) *memoryReader {
	return &memoryReader{log: l, after: after}
}

type memoryReader struct {
	log   *memoryLog
	after uint64
}

func (r *memoryReader) Next(ctx context.Context, limit int) ([]eventstore.Record, error) {
	for {
		r.log.mu.Lock()
		ready, grown := r.log.records[min(int(r.after), len(r.log.records)):], r.log.grown
		r.log.mu.Unlock()
		if len(ready) > 0 {
			ready = ready[:min(limit, len(ready))]
			r.after += uint64(len(ready))
			return append([]eventstore.Record(nil), ready...), nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-grown:
		}
	}
}

func (*memoryReader) Fault() error { return nil }
func (*memoryReader) Close()       {}

// The people of the tests, and when things happen to them.
var (
	john  = domain.User{ID: "u-john", Name: "John Snow", Avatar: "https://example.com/john.png"}
	arya  = domain.User{ID: "u-arya", Name: "Arya"}
	epoch = time.Date(2026, 1, 1, 12, 0, 0, 123_456_789, time.UTC)
)

// at returns the header of what the user does n seconds after the epoch.
func at(user domain.User, n int) domain.Header {
	return domain.Header{From: user, SentAt: epoch.Add(time.Duration(n) * time.Second)}
}

func says(user domain.User, n int, id string) *domain.MessagePosted {
	return &domain.MessagePosted{Header: at(user, n), ID: id, Text: fmt.Sprintf("%s says %s", user.Name, id)}
}

func joins(user domain.User, n int, session, term string) *domain.SessionJoined {
	return &domain.SessionJoined{Header: at(user, n), Session: session, Term: term}
}

func leaves(user domain.User, n int, session, term string) *domain.SessionLeft {
	return &domain.SessionLeft{Header: at(user, n), Session: session, Term: term, Reason: domain.ReasonClosed}
}
