// Package gateway serves the websockets: it reads the log once for the whole
// process and delivers each event to the sockets of its channel.
//
//	                     ┌ hub ──────────────────────────┐
//	eventstore.Reader ──►│ fold of presence, newest events│
//	   (one a process)   └──────┬─────────────────────────┘
//	                            │ publish: encoded once a dialect
//	                     ┌ room ▼─────────┐
//	                     │ log of frames   │◄── cursors ── conn, conn, conn …
//	                     └──────┬──────────┘
//	                            │ dirty                ┌► worker (one a core) ─ write, never waits
//	                            └──────► flusher, 1 ms ┤
//	                                                   └► worker
//
// # Frames
//
// frames.schema.json describes each frame that we send and each command that we
// take. A test drives a gateway until every kind of frame has come over a
// socket with every field that the schema names, and no other. The bytes of one
// of each, and of the commands, are kept in testdata/frames, which the tests of
// the page read with the same schema, from which the page's types are made, too
// (make generate). asyncapi.yaml refers to the schema, and says what the close
// codes mean; a test compares those with the ones that we send. What the calls
// need, too, openapi.yaml repeats, and a test compares it. So who changes a
// frame changes all of these or none.
//
// # Delivery
//
// A [room] keeps the frames of its channel as bytes on the wire, in order, and
// a connection is an offset into them. Publishing appends to that log; the
// flusher gathers for a millisecond and then gives each connection all that is
// new to it in one write call, which is the one cost that counts. A worker
// never waits for a socket: what the kernel does not take is left to a
// goroutine of that connection, and a connection that falls off the room's
// log, a mebibyte, is closed with 4008. So a slow client costs nobody else
// anything. An idle connection has one goroutine, its reader, and no buffer
// but the one it reads into.
//
// We write our own frames past gorilla's writer, since that one writes one
// frame a call; reading and the handshake are gorilla's.
//
// # Feeds
//
// A feed begins at a position and has every event of the channel behind it, in
// order, once. It is served from the room's log, which a new room fills from
// the hub's newest events, else from the log itself, within bounds; else the
// client is told to read the history again (reset). In chitchat.v1 each frame
// has as its prev the seq of the frame before it, which proves that there is
// no hole.
//
// # Sessions and terms
//
// A socket belongs to a session, which joins and leaves in the log. A session
// whose socket was lost has the grace period to come back, here or at another
// gateway. Each run of a gateway has a term, shown alive in a KV bucket; the
// sessions of a term whose gateway died are ended by whichever [Sweeper] comes
// first: each gateway has one, and so has the projector that works. A gateway
// that could not renew its term closes its sockets. A session id carries a proof of its owner, so nobody can take over
// one that they saw in a join.
//
// # Sending
//
// A message is acknowledged when it is durable. Its id has one effect for
// ever: see before in repeat.go for how a repetition is known again.
//
// # Seen from outside
//
// What happens is counted where it happens, by atomic adds, once a write and
// not once a frame; what can be looked up (rooms, and who is how far behind) is
// looked up when the metrics are asked for, see scrape. A message that is sent
// is a span, and so is the delivery of an event whose append was traced; package
// telemetry has the whole of a trace. Without a tracer neither is there, and
// publishing allocates nothing for it. The log says who opened and ended a
// socket, and at debug which message was accepted; never what it said.
//
// # Failing
//
// Postgres may be gone: only the look for old repetitions needs it. When the
// log can't be reached, sends answer unavailable or unknown and Ready says so.
// When the log was replaced by another one, Run ends with an error.
package gateway
