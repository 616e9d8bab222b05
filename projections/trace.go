package projections

import (
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/telemetry/span"
)

// trace makes a span of each traced event among records that were applied, from
// when that began until now; they are in the tables together. It is behind the
// transaction, which an attempt that fails has none of. Package telemetry says
// why it is a span an event.
func (p *Projector) trace(records []eventstore.Record, began time.Time) {
	if p.tracer == nil {
		return
	}
	now, generation := time.Now(), p.Status().Generation
	for i := range records {
		parent, traced := span.Remote(records[i].Header)
		if !traced {
			continue
		}
		_, s := p.tracer.Start(span.Behind(parent), "project", trace.WithSpanKind(trace.SpanKindConsumer), trace.WithTimestamp(began),
			trace.WithAttributes(span.Channel(string(records[i].Channel)), span.Seq(records[i].Seq), span.Batch(len(records)), span.Generation(generation)))
		s.End(trace.WithTimestamp(now))
	}
}
