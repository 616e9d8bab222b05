// Command chitchat is a chat whose truth is a log that can be queried in SQL
// and replayed.
//
//	main ─► run ─► one of the commands
//	                 │
//	                 ├ serve     backend ─► eventstore ─► projector, gateway ─► httpapi
//	                 └ others    backend ─► what they need of it
//
// A backend (backend.go) is where NATS and Postgres are: outside ones that were
// named, else the embedded ones below the data directory. A command finds the
// embedded ones of a running server by their unix sockets, and starts them
// itself when none is running.
//
// Flags and environment are read here and nowhere else, but for the variables of
// OpenTelemetry (OTEL_…), which are its SDK's to read. Exit codes: 0 done, 1
// failed, 2 wrong use or configuration.
package main
