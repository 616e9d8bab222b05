// Package eventstore is the log: the one truth of chitchat, kept by NATS
// JetStream in the stream [Stream], one subject a channel.
//
//	Append ──► JetStream ──► Reader (one a process, the whole stream, in order)
//	              │
//	              ├──► History, LastOf   one channel, bounded
//	              ├──► Terms             a gateway's lease, in a KV bucket
//	              └──► Export ──► archive ──► Import    the whole log, to another server
//
// # What it promises
//
// Acknowledged means on disk: the server fsyncs before it answers, which the
// embedded server is started with and an outside cluster must be configured
// with. [Log.Append] has three answers: stored at a sequence, refused
// ([ErrRefused]: it is not in the log and never will be), and not known
// ([ErrUnknown]: it may be). The third is a fact of networks; it reaches the
// client, which asks again with the same id. While no answer comes the append is
// sent again with its key, which the server knows for two minutes.
//
// In a cluster the stream has three replicas. A server that has had no answer
// for five seconds is left for another one. Processes ask each other through
// [Log.Ask] and [Log.Answer], and tell each other through [Log.Tell]; none of
// that is kept.
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
// operator, see [Log.RenewEpoch], and for one without entries, by an [Import].
// When its settings are not those that the promises need, [Open] fails and
// names them.
//
// An archive has every entry with its sequence, its time and its bytes, and
// proves itself whole. What is imported from it is the same log, to the
// nanosecond, under another epoch unless told otherwise. It becomes the log in
// one step at the end; until then, and when the import breaks off, nobody can
// take the stream for one ([ErrUnfinished]).
//
// An entry's headers are kept with it, and an append that is traced puts its
// context among them, in traceparent, for whoever reads the entry.
//
// # Who calls it
//
// The gateway appends and reads, the projector reads; operators export, and
// import while neither runs. Nobody else speaks NATS.
package eventstore
