package httpapi

import "time"

const (
	// maxBodyBytes bounds a request's body, in bytes. The longest that is
	// useful, a sign-in, has less than 1 KiB.
	maxBodyBytes = 64 << 10
	// maxHeaderBytes bounds a request's line and headers, in bytes: two tokens
	// of 4 KiB and what browsers and proxies add.
	maxHeaderBytes = 16 << 10
	// readHeaderTimeout and readTimeout bound how slowly a request may come.
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 20 * time.Second
	// handlerTimeout bounds what an answer may take, the websocket excepted.
	handlerTimeout = 10 * time.Second
	// writeTimeout bounds a request from its headers to its answer's last
	// byte: a handler and a slow line.
	writeTimeout = 60 * time.Second
	// idleTimeout is longer than a proxy's usual 60 s, so that the proxy is
	// the one that closes a connection it might be about to use.
	idleTimeout = 75 * time.Second
	// appliedTimeout bounds the wait for min_seq, as the contract says.
	appliedTimeout = 2 * time.Second

	// defaultPage and maxPage are messages a page.
	defaultPage = 50
	maxPage     = 200
)
