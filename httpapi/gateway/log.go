package gateway

import (
	"context"
	"log/slog"
	"time"

	"github.com/gorilla/websocket"
)

// logOpened logs that a socket's feed and session have begun.
func (g *Gateway) logOpened(c *conn) {
	c.opened = time.Now().UnixMilli()
	g.logSocket(c, "websocket opened")
}

// logEnded logs a socket's end: by which code, after which time, and the last
// sequence that it was given. A connection that was lost has the code 1006.
func (g *Gateway) logEnded(c *conn) {
	c.mu.Lock()
	code, taken := int(c.code), c.taken
	c.mu.Unlock()
	if code == 0 {
		code = websocket.CloseAbnormalClosure
	}
	g.logSocket(c, "websocket ended",
		slog.Int("code", code),
		slog.String("took", time.Since(time.UnixMilli(c.opened)).Round(time.Millisecond).String()),
		slog.Uint64("seq", c.room.seqOf(c.dialect, taken)))
}

// logSocket logs something about a socket.
func (g *Gateway) logSocket(c *conn, message string, attrs ...slog.Attr) {
	g.logger.LogAttrs(context.Background(), slog.LevelInfo, message, append([]slog.Attr{
		slog.String("user", c.user.ID),
		slog.String("channel", string(c.room.channel)),
		slog.String("session", c.session),
	}, attrs...)...)
}

// seqOf returns the sequence of a frame of the room, see frameLog.seqOf.
func (r *room) seqOf(d dialect, count int64) uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.logs[d].seqOf(count)
}
