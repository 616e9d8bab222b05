// Package domain holds the rules of chitchat: what an event is, what may be
// said, who is in a channel. It is pure: no I/O, no clock, no goroutine, and
// nothing imported but the standard library and Unicode normalization.
//
// # Events
//
// An event is a fact in the log: [MessagePosted], [SessionJoined],
// [SessionLeft]. [Encode] gives the bytes that are stored, [Decode] reads what
// any program has put into the log and either returns a valid event or a
// [*Error] that says why it is none; whoever reads the log quarantines that
// entry and goes on. Decode is where old versions are brought up to date, so
// the rest of the program knows the newest form only.
//
// [AppendFrame] gives the form that clients see: the same JSON with the event's
// sequence and the sequence of the event before it in its channel. It is made
// from the decoded event and not from the stored bytes, so that what another
// program stored with odd spacing, doubled or unknown keys reaches nobody.
//
// # Presence
//
// A join and a leave are about a session, which is one socket across its
// reconnects. What people see is a fold over them, [Presence]: a user is in a
// channel while one of their sessions is. The gateway, the projector and the
// tests use this one fold, so that they can't disagree.
//
// # Errors
//
// Each rule that refuses returns an [*Error] with a stable [Code] and a
// message that tells a person what to do. Nothing here panics on bad input.
package domain
