// Package projections keeps the read model: tables in Postgres that say what
// the log says, and the queries over them.
//
//	log ──Reader──► Projector ──one transaction──► model_N: message, event, session, person, channel,
//	                    │                                   daily, quarantine, checkpoint
//	                    │ in-process wake-up                         │
//	                    ▼                                            ▼
//	       those in WaitApplied ◄──one poller── Store ◄──views── schema chat
//
// # The projector
//
// A [Projector] reads the log in batches of whatever has come. It applies each
// to all projections and moves the checkpoint in one transaction, so all views
// are true at one and the same position. The move is a compare-and-set and
// comes first: a second projector, or one that slept, changes nothing. Any
// number may run: one has the seat, an advisory lock on a connection of its own,
// and works; the others stand by, take over when it is gone, and end its
// connection when it stands still ([Status].Leading, [Status].Standby).
//
// What it writes derives from (sequence, channel, event) alone, never from a
// clock, so a rebuild from the first entry gives the same rows. Only the
// quarantine and the checkpoint note when they were written.
//
// Each entry of the log is either applied or in the quarantine with its reason:
// it is no event, Postgres refuses it, or it is a message whose sender has used
// its id before. The first in the log wins, for all projections; the rest are
// duplicates, which are no fault and are counted by themselves.
//
// # How it fails
//
// Run ends with its context alone. Whatever fails drops the connection, and the
// next attempt begins at the checkpoint as the database has it: a commit whose
// answer was lost needs no other treatment. While nothing is applied,
// [Status].Fault says why. Some faults need a person, [*PositionError] (the
// checkpoint is of another log, or not what this one has at its sequence) and
// [*ModelError] (the live generation was replaced by a program with another
// model, while this one ran); nothing is applied until they are mended, which
// the next attempt finds by itself. [StartOver] is the operator's way out of the
// first, [Rebuild] out of the second.
//
// A sequence alone proves nothing: a log that lost its end gives the same ones
// away again. So the checkpoint keeps when the log took its entry, by the log's
// own clock to the nanosecond, and each attempt first reads that entry again.
//
// Meanwhile the log's end is noted in the database all the same, every few
// seconds, so that chat.freshness shows what waits and that somebody looks. It
// is not when the log is another: its end says nothing about these tables.
// Whatever waits for the database is bounded in time, there and here.
//
// # Seen from outside
//
// A projector registers what it does as metrics, read off its [Status] but for
// the sizes of batches. An event whose append was traced is a span, from the
// beginning of its transaction to the end; package telemetry says why each has
// its own. What goes to the quarantine is named in the log, ten of a batch.
//
// # Generations
//
// The tables are in a schema of their generation, the views of chat show the
// live one. A generation is never changed in shape: a program with another
// [ModelVersion] puts one of its own into the place of the live one when it
// starts.
//
// [Rebuild] fills the next generation beside the live one and switches:
//
//	log ──one pass──► fold ──COPY──► model_N+1, without indexes
//	                                   │ indexes, then the messages whose id may
//	                                   │ have been used before, one by one
//	                                   ▼
//	                         writer catches up ──► switch: freeze model_N, catch up with
//	                                               it, show model_N+1; one transaction
//
// [RollBack] brings the former generation up to date and switches back to it,
// [DropFormer] drops it. One rebuild runs at a time. Whatever ends it, the live
// generation is as it was. [Verify] loads the log into a shadow in the same way
// and compares it with a snapshot of the live tables. Memory is bounded by the
// size of a batch, a Bloom filter and who is there, whatever the length of the
// log. docs/decisions/0008 and 0009 say why.
//
// # Queries
//
// A [Store] may be opened while Postgres is down. Every query is bounded in
// time, is one statement over the views and so one snapshot, and returns the
// position at which it is true. What can't be answered now is [ErrUnavailable],
// and so is what is asked by a sequence alone of tables of another epoch.
//
// Callers are the HTTP API, the operator's commands and, for the open stays it
// begins with, the websocket gateway's wiring. Nobody else reads or writes the
// tables; analysts read the views.
package projections
