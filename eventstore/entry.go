package eventstore

import "time"

// Entry is one entry of the log with all that the log keeps of it, as it goes
// into an archive and comes from one.
type Entry struct {
	// Seq is its place in the log, from 1 on and without a hole.
	Seq uint64
	// Subject is chitchat.<channel>.
	Subject string
	// Stored is when the log took it, by the log's clock, to the nanosecond.
	Stored time.Time
	// MsgID is the id under which it was appended; empty when there was none.
	MsgID string
	// Header has its other headers, such as those of a trace; nil for most.
	Header map[string][]string
	// Payload is kept byte for byte, whether it is an event or not.
	Payload []byte
}
