package eventstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// removeTimeout bounds the removal of a consumer. Whoever waits for it wants to
// begin the next one or to end.
const removeTimeout = time.Second

// consumer makes a consumer over the whole stream behind the given sequence.
// It is of the simplest kind that NATS has: unfiltered (filtered ones have
// skipped messages), without acks, in memory, on one server. The returned
// function removes it.
func (l *Log) consumer(ctx context.Context, after uint64) (jetstream.MessagesContext, func(), error) {
	create, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	config := jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       after + 1,
		AckPolicy:         jetstream.AckNonePolicy,
		MaxDeliver:        1,
		InactiveThreshold: consumerIdle,
		MemoryStorage:     true,
		Replicas:          1,
	}
	// One that was made and not answered for is forgotten after consumerIdle.
	consumer, err := again(create, func(ctx context.Context) (jetstream.Consumer, error) {
		return l.js.CreateConsumer(ctx, Stream, config)
	})
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, nil, fmt.Errorf("create consumer behind %d: %w: the stream is gone", after, ErrEpochChanged)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("create consumer behind %d: %w", after, err)
	}
	remove := func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTimeout)
		defer cancel()
		// A consumer that could not be removed is forgotten by the server
		// after consumerIdle.
		if l.nc.IsConnected() {
			_ = l.js.DeleteConsumer(ctx, Stream, consumer.CachedInfo().Name)
		}
	}
	messages, err := consumer.Messages(
		jetstream.PullMaxMessages(pullBatch),
		jetstream.PullExpiry(pullExpiry),
		jetstream.PullHeartbeat(pullHeartbeat),
	)
	if err != nil {
		remove()
		return nil, nil, fmt.Errorf("consume behind %d: %w", after, err)
	}
	return messages, remove, nil
}
