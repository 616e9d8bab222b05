// Package pgd runs the private Postgres: a server of the machine's own binaries that belongs to one data directory,
// listens on a unix socket only its user can reach, and lives no longer than the process that started it.
//
//	Start ─► find binaries that fit the cluster ─► choose an account ─► initdb, once ─► end an orphan
//	      ─► one goroutine, locked to its thread: start postgres, wait for its end, close Done
//	      ─► wait until postmaster.pid says ready ─► create the database chitchat
//
// It promises durability (fsync and synchronous_commit are on and cannot be turned off by a configuration file),
// except with Options.Unsafe, which tests use. It promises that a start after kill -9 of the parent works at once: the
// kernel sends the orphan a fast shutdown, and where it does not, Start does, and waits.
//
// Postgres refuses to run as root. For root it is started in a user namespace of its own, where it is nobody and its
// files stay root's; where the kernel allows no such namespace, as user postgres or nobody, who then own the
// cluster. As any other user nothing special happens.
//
// The cluster is called after its major version, pg-15, and is only ever opened by binaries of that version. It is
// made under another name and renamed, so that an interrupted initdb leaves nothing behind that looks whole. Within
// it the superuser is [User]; over the socket nobody needs a password, because nobody else can reach it. There is no
// TCP port, unless Options.Listen opens one: for one role (Options.Guest), to one database, with a password; everybody
// else is turned away there, the superuser too. Who may connect is written anew at each start, so that it is true of
// this start. There is no TLS. Whoever reaches the port takes up a connection for up to ten seconds without a password,
// so it belongs on the loopback interface.
//
// Start fails with [ErrNoBinaries], which says what to install, with a [*VersionError] when the binaries do not fit,
// and else with an error that ends with Postgres' own last words. The caller must hold the lock on the data directory
// (package datadir) and must Stop the server. A Server is safe for concurrent use. Commands in other processes use
// [Attach].
package pgd
