// Package migrations brings a database up to date and holds the SQL of the read
// model.
//
// # What is migrated, and what is made anew
//
// Schema "chitchat" survives every rebuild: which generations of the read model
// there are. [Up] migrates it, step by step and each step once, in the order of
// the files in sql/. A file there is never edited after it has landed.
//
// The read model's tables are never migrated. Each generation has its own
// schema, made from [Tables] and [Indexes] of that time; package projections
// makes it and fills it from the log. The views of schema "chat" show the live
// generation: [Views] gives their SQL, and replacing them is the switch.
//
// # Roles
//
// The role chitchat_analyst reads the views of chat and nothing else. A
// database user who may not create roles, or not set all of their limits,
// migrates all the same: [Applied] then carries a notice that says what an
// administrator has to do.
//
// What holds an analyst are walls and guard rails. Walls: there is no right to
// read anything but the views, to write or to make anything, and none to more
// than so many connections and so much of temporary files. Guard rails, which a
// session may set to something else: read-only transactions, the timeouts of a
// statement and of an idle transaction, the memory of a sort.
//
// [Private] makes walls of what Postgres gives to everybody (temporary tables,
// large objects, advisory locks), where the server is chitchat's own. A shared
// server is its administrator's: nothing is taken from others there.
//
// # Failure
//
// Up may be called by many processes at once: one does the work, the others
// wait for it, 30 s at most. It is safe to call again after any failure. Both
// it and the projector need a session of their own: the database's address must
// not be that of a pooler in transaction mode.
package migrations
