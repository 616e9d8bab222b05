// Package httpapi serves chitchat over HTTP: tokens, history, who is here, the
// way to the websocket, health, metrics, the description of all this, and the
// web client's files.
//
// # A request's way
//
//	http.Server ─ request id ─ log, metrics ─ recover ─ headers, CORS ─ limits ─ route
//	                               │                                              │
//	                               └──── error handler: one table, errors.go ◄────┘
//
// A handler decodes, makes one call and encodes. What it calls is declared here
// as an interface of one or two methods: [Reader] is the read models' queries,
// [Channel] is the websocket, [Tokens] is the authority over tokens.
//
// # Errors
//
// Every answer that is not a success is {"code","message"}. A refusal is a
// [*domain.Error]; the table in errors.go gives its HTTP status, and, for the
// gateway, its websocket close code. Any other error is a fault: it is logged
// with its cause and answered without it.
//
// # Secrets
//
// A token comes in a header, in the query or as a subprotocol. The log has
// neither, only the path, and what looks like a token is cut out of paths,
// errors and panics before they are logged.
//
// # Limits
//
// Bodies, headers, pages and the time of a handler are bounded, see limits.go.
// The websocket's handler alone has no deadline.
//
// # The description
//
// openapi.yaml is embedded and served. The tests validate every request and
// answer against it and compare its paths with the routes, so it changes with
// the code.
package httpapi
