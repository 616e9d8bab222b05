package domain

import "time"

// Version is the version of the events that this program writes. [Decode]
// reads every version from 1 on. The package's documentation says how to raise
// it.
const Version = 1

// Type is an event's type as its JSON names it.
type Type string

// The types of events.
const (
	TypeMessage Type = "message"
	TypeJoin    Type = "join"
	TypeLeave   Type = "leave"
)

// Reason says how a session ended.
type Reason string

const (
	// ReasonClosed is the end of a session whose client left or did not come
	// back within the grace period.
	ReasonClosed Reason = "closed"
	// ReasonLost is the end of a session whose server died with its sockets.
	ReasonLost Reason = "lost"
)

// Event is a fact in the log. The types of this package are the only ones.
type Event interface {
	// Type returns the event's type as its JSON names it.
	Type() Type
	// By returns whom the event is about.
	By() User
	// At returns when it happened by the clock of the server that wrote it,
	// in UTC. It may run backwards from one event to the next.
	At() time.Time
}

// Header is what all events have.
type Header struct {
	From   User
	SentAt time.Time
}

// By returns whom the event is about.
func (h Header) By() User { return h.From }

// At returns when the event happened, in UTC.
func (h Header) At() time.Time { return h.SentAt }

// MessagePosted says that a user said something in a channel.
type MessagePosted struct {
	Header
	// ID is the client's own id. One user's id has one effect, for ever.
	ID   string
	Text string
}

// Type returns [TypeMessage].
func (*MessagePosted) Type() Type { return TypeMessage }

// SessionJoined says that a session entered a channel, or that it came to
// another gateway and goes on there.
type SessionJoined struct {
	Header
	Session string
	// Term names the run of the gateway that holds the session's socket. A
	// later leave of another term does not end this stay.
	Term string
}

// Type returns [TypeJoin].
func (*SessionJoined) Type() Type { return TypeJoin }

// SessionLeft says that a session left a channel.
type SessionLeft struct {
	Header
	Session string
	// Term is the gateway's run that held the session, and empty in events of
	// programs that know of none.
	Term   string
	Reason Reason
}

// Type returns [TypeLeave].
func (*SessionLeft) Type() Type { return TypeLeave }
