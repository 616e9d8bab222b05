// Package web carries the browser client into the binary.
//
// The client itself is TypeScript and lives in src; `npm run build` writes it
// to dist, which is not committed. The package embeds whatever dist holds when
// Go compiles it, so that go build and go test need no Node: without a build
// there is only a .gitkeep, and Files says so, for the server to show a page
// that tells how to make one.
//
// What a server of these files must know:
//
//   - index.html holds the text __CSP_NONCE__ once. Replace it, for each response, by
//     the nonce of that response's Content-Security-Policy, and send the page
//     with Cache-Control: no-store.
//   - Everything below assets is named by its content: immutable.
//   - A script, style or drawing has siblings ending in .br and .gz, made at
//     build time, for clients that accept them.
package web
