// Package span has what the parts of chitchat must agree on to make one trace
// of a message's way: how a trace's context travels in an entry of the log, and
// what the attributes are called. It knows the API of OpenTelemetry alone; who
// sets the tracers up is package telemetry.
//
// An entry carries its context in the header traceparent, as W3C Trace Context
// has it, and only when the trace is sampled: the log keeps its headers for
// ever. NATS tells headers apart by case, and this one is in lower case. What
// other programs write there and is no context is none: [Remote] ignores it.
//
// No attribute has a text, a name, an address or a token. A person is their id.
package span
