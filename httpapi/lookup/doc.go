// Package lookup lets a gateway that has no database ask the tables: a process
// in the role of an api answers, over NATS.
//
//	gateway ──Client──► chitchat-ask.tables ──one of the apis──► Answer ──► tables
//
// There are three questions: where a message of a user's own id stands, which
// is asked when one is sent again; whether the tables have a sequence, which
// is asked before; and who is where, which a gateway begins with when reading
// the log for it would take long. A gateway that gets no answer goes on as one
// whose database is down: people chat, and a repeated command whose id is old
// has an unknown outcome.
package lookup
