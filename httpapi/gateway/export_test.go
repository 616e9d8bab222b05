package gateway

import (
	"context"
	"time"
)

// DecodeCommand reads a frame of chitchat.v1 from a client.
var DecodeCommand = decodeCommand

// SessionProof returns the second part of a session's id.
var SessionProof = sessionProof

// RenewedAgo makes it look as if the gateway's term had last been renewed so
// long ago.
func (g *Gateway) RenewedAgo(ago time.Duration) {
	g.lease.mu.Lock()
	defer g.lease.mu.Unlock()
	g.lease.renewed = time.Now().Add(-ago)
}

// TendLease does what is due for the gateway's term now.
func (g *Gateway) TendLease(ctx context.Context) { g.tendLease(ctx) }

// Sessions returns how many sessions the gateway holds or has lost a moment ago.
func (g *Gateway) Sessions() int {
	g.sessions.mu.Lock()
	defer g.sessions.mu.Unlock()
	return len(g.sessions.all)
}
