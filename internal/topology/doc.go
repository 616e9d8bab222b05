// Package topology holds the test of chitchat as it runs on several machines, with processes in their place:
//
//	                       ┌► gateway 1 ┐  links, one a pair,   ┌─ nats 1 ─┐
//	clients ──► edge ──────┼► gateway 2 ┤  that can be cut      │ ╲      ╱ │
//	 (60, in   (a proxy,   │            ├──────────────────────►│  routes  │  links, too
//	  the test  in Envoy's ├► api 1 ────┤                       │ ╱      ╲ │
//	  process)  place)     └► api 2 ────┤                       nats 2 ── nats 3
//	    │                     projector 1 ┤
//	    │                     projector 2 ┴──────────────────────► Postgres over TCP
//	    ▼
//	recorder ◄── follower of the log, from its first entry
//
// The program is the product's own binary with the race detector, each process in one role. While clients chat, parts
// are killed, stopped, cut off, and restarted one by one. All that clients send, are told and read goes to one recorder.
// It follows the log by itself, and after each blow it compares: what was acknowledged is in the log where it was said
// to be; every feed has every event of its channel once and in order; the tables hold the same; nobody was shown
// to leave who stayed; and who is present by the log, by SQL and by GET /users are those who are connected.
//
// Nothing here is part of the program, and all of it is behind the build tag topology: `make topology` runs the blows,
// `make topology-load` measures what each role needs under a steady load.
package topology
