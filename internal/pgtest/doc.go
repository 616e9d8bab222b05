// Package pgtest gives a test its own database on a real Postgres.
//
// A test binary has one server, started by the first test that asks for a database and stopped by [Main] after the
// last. It is the server of DATABASE_URL if that is set, else one of the machine's own binaries in a temporary
// directory, else a container. CHITCHAT_TEST_CONTAINERS=1 asks for the container first. Where there is none of them
// the test fails with a line that says what to install; it is never skipped.
//
//	New(t, Template("model", migrate))
//	   first call of the process:  CREATE DATABASE, migrate(ctx, url)       the template
//	   each call:                  CREATE DATABASE … TEMPLATE, and DROP … WITH (FORCE) at the end of the test
//
// [NewServer] starts a server for one test alone, which can be stopped and started again in tests of an outage; it
// needs the binaries.
//
// A package that uses pgtest calls Main from its TestMain. Main also looks for leaked goroutines. What is written to
// these servers may be lost when the machine stops; nothing else differs from the product. Whatever goes wrong fails
// the test. New may be called from parallel tests.
package pgtest
