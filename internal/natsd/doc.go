// Package natsd runs the NATS server with JetStream that chitchat carries in itself.
//
// It promises that an acknowledged message is on disk: the server runs with SyncAlways, and [Start] fails when that
// is not in force. It listens nowhere unless told to. Inside the process one talks to it with [Server.Connect]; a
// command in another process of the same user talks to it with [Dial], over a unix socket that only that user can
// reach:
//
//	gateway, projector ── Connect ──► net.Pipe ──► nats-server ──► <store>/jetstream
//	                                      ▲
//	chitchat tail ── Dial ── nats.sock ── bridge: one goroutine accepts, two copy for each connection
//
// Both kinds of connection come back by themselves, also after [Server.Restart], which is the cure for a stream
// that a full disk has broken. They send nothing after its caller gave up.
//
// Start is bounded by its context; how long it takes depends on the log that has to be recovered. Close is orderly
// and waits for every goroutine of the bridge and for the store to be on disk. The caller must hold the lock on the
// store directory (package datadir): two servers on one store destroy it. A Server is safe for concurrent use.
//
// Two settings of a stream weaken SyncAlways and cannot be refused here, so whoever makes the stream must: persist
// mode async turns it off, and more than one replica relaxes it to the flush of a snapshot.
package natsd
