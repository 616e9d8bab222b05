// Package eventstore is the log: the one truth of chitchat, kept by NATS
// JetStream in the stream [Stream], one subject a channel.
//
//	Append ──► JetStream ──► Reader (one a process, the whole stream, in order)
//	              │
//	              ├──► History, LastOf   one channel, bounded
//	              └──► Terms             a gateway's lease, in a KV bucket
//
// # What it promises
//
// Acknowledged means on disk: the server fsyncs before it answers, which the
// embedded server is started with and an outside cluster must be configured
// with. [Log.Append] has three answers: stored at a sequence, refused
// ([ErrRefused]: it is not in the log and never will be), and not known
// ([ErrUnknown]: it may be). The third is a fact of networks; it reaches the
// client, which asks again with the same id.
//
// Readers see only what is durable. A [Reader] gives every entry once, in the
// order of the log, without a hole: it compares each sequence with the one
// before, begins a new consumer at any doubt and after each reconnect, and
// watches for a consumer that stands still while the log's end moves. A hole
// that stays is a [HoleError].
//
// A position is an epoch and a sequence. The epoch is made with the stream and
// kept in its metadata: a wiped disk gives another one, so that an old
// position can never point at a wrong message.
//
// An existing stream is never changed or deleted, but for its epoch, by an
// operator, see [Log.RenewEpoch]. When its settings are not
// those that the promises need, [Open] fails and names them.
//
// # Who calls it
//
// The gateway appends and reads, the projector reads. Nobody else speaks NATS.
package eventstore
