// Package datadir owns the one directory in which the embedded default keeps everything: the log, the
// private Postgres, and the secrets that are made once.
//
// It promises that at most one process works on a directory. The lock is a flock on the directory itself and
// not on a file in it, so that nobody can get past it by deleting a file; two servers on one JetStream store
// destroy the log without a word. The lock goes with its process, also after kill -9, so there is nothing stale
// to clean up. The pid in chitchat.pid only serves the message; it also marks the directory as chitchat's, and
// a directory that has other things in it and no such file is refused rather than taken over.
//
//	<data>/                0700, flock held by the server
//	  chitchat.pid         who holds it (a hint, not the lock)
//	  socket-dir           where the unix sockets are, one line
//	  <secret>             0600, one line of text
//	  …                    the subdirectories of natsd and pgd
//
// Unix sockets cannot live in the data directory, because the kernel takes no more than about a hundred bytes of
// path. [Dir.SocketDir] makes a short private directory below the system's temporary one and notes it in
// socket-dir, where commands in other processes find it with [FindSocketDir].
//
// Open fails with an [*InUseError], which is [ErrInUse], when somebody else holds the directory, and with a
// sentence for the operator in all other cases. Only cmd calls this package; it is safe for concurrent use.
package datadir
