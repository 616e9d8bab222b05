// Package telemetry sets up what others can see a process by: traces, and the
// ids of traces in its log.
//
// # Traces
//
// [Start] reads the environment as OpenTelemetry's specification has it. With
// OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT spans are
// sent to a collector by OTLP over HTTP; without, there is no tracer, and its
// users, who ask for nil first, pay nothing. The other variables (the sampler,
// headers, certificates, timeouts, the sizes of queue and batch, names and
// attributes of the resource) are the SDK's own and mean what they mean
// everywhere. The service is called chitchat unless they say otherwise.
//
// One trace is one message's way:
//
//	send ───────────────── the gateway: from the command to its answer
//	  └ append ─────────── the log: until it is on disk; its context goes into the entry's header
//	       ├ deliver ───── each gateway with sockets in the channel: from reading to publishing
//	       └ project ───── the projector: the transaction that the event is in
//
// A transaction has many events of many traces. It could be one span with a
// link to each of them; but a link ends one trace and begins another, and who
// looks for where a message has been would have to follow it. So each sampled
// event gets a span of its own, a child of its append, with the size of the
// batch as an attribute: the events of a batch have the same times.
//
// Joins and leaves begin with their append. HTTP requests are traces of their
// own, a websocket's is its opening: what a client says of a trace is kept as a
// link, since anybody could have every request sampled otherwise.
//
// # How it fails
//
// A collector that does not answer costs spans and nothing else: they wait in a
// bounded queue, and what does not fit is dropped. The log says why, once a
// minute. [Traces.Close] sends what waits, within a bound.
//
// No attribute has a text, a token, a query or the command line.
package telemetry
