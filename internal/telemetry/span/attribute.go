package span

import (
	"math"

	"go.opentelemetry.io/otel/attribute"
)

// Channel is the channel of an event.
func Channel(name string) attribute.KeyValue { return attribute.String("chitchat.channel", name) }

// Seq is the sequence of an entry of the log.
func Seq(seq uint64) attribute.KeyValue {
	return attribute.Int64("chitchat.seq", int64(min(seq, math.MaxInt64)))
}

// User is the id of the person who did it.
func User(id string) attribute.KeyValue { return attribute.String("user.id", id) }

// Event is the type of an event.
func Event(kind string) attribute.KeyValue { return attribute.String("chitchat.event", kind) }

// Outcome is what became of it: stored, duplicate, or the code of a refusal.
func Outcome(outcome string) attribute.KeyValue { return attribute.String("chitchat.outcome", outcome) }

// Sockets is how many sockets an event is for.
func Sockets(n int) attribute.KeyValue { return attribute.Int("chitchat.sockets", n) }

// Batch is how many entries were applied in one transaction.
func Batch(n int) attribute.KeyValue { return attribute.Int("chitchat.batch", n) }

// Generation is the read model that was written to.
func Generation(n int) attribute.KeyValue { return attribute.Int("chitchat.generation", n) }

// Request is the id of an HTTP request, as the log has it.
func Request(id string) attribute.KeyValue { return attribute.String("chitchat.request", id) }
