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
// entry and goes on.
//
// [AppendFrame] gives the form that clients see: the same JSON with the event's
// sequence and the sequence of the event before it in its channel. It is made
// from the decoded event and not from the stored bytes, so that what another
// program stored with odd spacing, doubled or unknown keys reaches nobody.
//
// # Versions
//
// What is in the log stays there as it was written, for ever. Decode brings an
// old version up to date before the rules are checked, in steps of one version
// each (upcast.go), so that the rest of the program knows the newest form only:
//
//	stored v1 ──► step ──► v2 ──► step ──► v3, the newest ──► rules ──► Event
//
// An entry of the newest version takes none of the steps. One that is newer
// than this program is no event to it: it is quarantined, and can be tried
// again once the program was upgraded. So all that read the log are upgraded
// before anything writes the new version.
//
// Encode and AppendFrame write the newest version whatever the event was read
// from: the frame of an old message is not its stored bytes, and clients see
// one form only. Only who shows the stored bytes, as the column payload of
// chat.events does, shows old versions, each with its "v".
//
// A new type of event, or a member that may be absent and that a program may
// ignore, needs no new version. To rename, split, or drop a member, or to change
// what one means:
//
//  1. Leave the golden files of the old version alone, testdata/golden/v1 say:
//     that is what programs have stored. If one is missing, write it with the
//     old code first.
//  2. Copy the struct stored to storedV1 in upcast.go, with all that it needs,
//     and never change that copy again. It has what version 1 had, and no rules.
//  3. Change stored, the event and [Encode], and raise [Version] to 2.
//  4. Write the step, fromV1(old storedV1) (stored, error), and put
//     stepOf(fromV1) at the end of upcasts. A step makes what is missing out of
//     what is there; it asks no clock and no table, since a rebuild must come
//     to the same rows in a year. When it can't, its error is the quarantine's
//     reason. (The step before it, if there is one, makes a storedV1 now.)
//  5. Run `go test ./domain -update`, which writes testdata/golden/v2 and the
//     frames, and read what git shows of it. The tests then read the files of
//     both versions and want the same events of them; a new type of event says
//     in golden_test.go since when it is.
//  6. Raise projections.ModelVersion if an old entry now makes other rows, so
//     that the tables are built anew, and tell clients in the description of
//     frames what changed.
//
// The tests have two made-up old versions with their steps (upcast_test.go and
// testdata/made-up) which show all of this.
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
