package httpapi

import (
	"bufio"
	"net"
	"net/http"

	"github.com/labstack/echo/v5"
)

const channelPath = "/channel"

// openChannel hands the request to the gateway.
func (s *Server) openChannel(c *echo.Context) error {
	w := &upgradeWriter{ResponseWriter: c.Response(), upgraded: func() { s.logUpgrade(c) }}
	return s.config.Channel.Upgrade(w, c.Request(), claimsOf(c))
}

// upgradeWriter tells when the connection is taken over, so that it is logged
// then and not when it ends.
type upgradeWriter struct {
	http.ResponseWriter
	upgraded func()
}

// Hijack hands over the connection.
func (w *upgradeWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.upgraded()
	}
	return conn, buffer, err
}
