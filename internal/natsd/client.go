package natsd

import (
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// clientName is the name of chitchat's connections, and of its server.
	clientName = "chitchat"
	// reconnectWait is the pause between two attempts; a restart of the server takes some ten milliseconds.
	reconnectWait = 100 * time.Millisecond
	// dialTimeout bounds one attempt. The client library lets nobody in meanwhile, whatever the caller's context says:
	// who wants to give up in time waits no longer than that.
	dialTimeout = 2 * time.Second
	// writeTimeout bounds a write to the server. The client library lets nobody in meanwhile, and its default is a
	// minute; a server that takes nothing for this long is left.
	writeTimeout = 2 * time.Second
	// drainTimeout bounds a drain; what is longer on the way was not going to arrive.
	drainTimeout = 10 * time.Second
)

// ClientOptions returns the options of every connection of chitchat, also to an outside server. Nothing is kept to be
// sent later, after its caller gave up, and a connection never stops trying to come back. The ones that a caller
// adds behind them win.
func ClientOptions(log *slog.Logger) []nats.Option {
	return []nats.Option{
		nats.Name(clientName),
		nats.ReconnectBufSize(-1),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.Timeout(dialTimeout),
		nats.DrainTimeout(drainTimeout),
		nats.FlusherTimeout(writeTimeout),
		nats.ReconnectOnFlusherError(),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			if sub != nil {
				log.Warn("nats connection", "subject", sub.Subject, "err", err)
				return
			}
			log.Warn("nats connection", "err", err)
		}),
	}
}

// Connect returns a connection to the server inside this process. It finds the server again after a restart.
func (s *Server) Connect(opts ...nats.Option) (*nats.Conn, error) {
	all := append(ClientOptions(s.opts.Logger), nats.InProcessServer(s))
	conn, err := nats.Connect("", append(all, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to embedded NATS server: %w", err)
	}
	return conn, nil
}

// Dial returns a connection to the server of another process by its unix socket.
func Dial(socketPath string, opts ...nats.Option) (*nats.Conn, error) {
	all := append(ClientOptions(slog.Default()), nats.SetCustomDialer(socketDialer(socketPath)))
	conn, err := nats.Connect("", append(all, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", socketPath, err)
	}
	return conn, nil
}

// socketDialer dials one unix socket, whatever address is asked for.
type socketDialer string

func (path socketDialer) Dial(string, string) (net.Conn, error) {
	return net.DialTimeout("unix", string(path), dialTimeout)
}
