package natsd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// pingJSZ is the question to all servers of a cluster for their JetStream; only the system account may ask it.
	pingJSZ = "$SYS.REQ.SERVER.PING.JSZ"
	// syncWait bounds the wait for the first answer to it, and syncQuiet the wait for a further one: nobody says how
	// many servers there are.
	syncWait  = 5 * time.Second
	syncQuiet = 500 * time.Millisecond
)

// ServerSync says when a NATS server syncs what it stores.
type ServerSync struct {
	// Server is its name, ID that of this run of it.
	Server, ID string
	// Always says that every write is synced before it is acknowledged. Otherwise it is every Interval.
	Always   bool
	Interval time.Duration
}

// ErrNoSystemAccount says that nobody answered: the user is not one of the system account.
var ErrNoSystemAccount = errors.New("no server answers: the user must be one of NATS's system account")

// AskSync asks every server that keeps JetStream data, over a connection of a user of the system account, when it
// syncs. The answers are in the order of the servers' names. The error is [ErrNoSystemAccount] or the connection's.
func AskSync(ctx context.Context, conn *nats.Conn) ([]ServerSync, error) {
	inbox := conn.NewInbox()
	answers, err := conn.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("ask NATS for its sync settings: %w", err)
	}
	defer func() { _ = answers.Unsubscribe() }() // the connection may be gone, and the subscription with it
	if err := conn.PublishRequest(pingJSZ, inbox, nil); err != nil {
		return nil, fmt.Errorf("ask NATS for its sync settings: %w", err)
	}
	var all []ServerSync
	for wait := syncWait; ; wait = syncQuiet {
		bounded, cancel := context.WithTimeout(ctx, wait)
		msg, err := answers.NextMsgWithContext(bounded)
		cancel()
		switch {
		case err == nil:
		case errors.Is(err, nats.ErrNoResponders):
			return nil, ErrNoSystemAccount
		case ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
			return nil, fmt.Errorf("ask NATS for its sync settings: %w", err)
		case len(all) == 0:
			return nil, ErrNoSystemAccount
		default:
			slices.SortFunc(all, func(a, b ServerSync) int { return cmp.Compare(a.Server, b.Server) })
			return all, nil
		}
		if server, keeps, err := syncOf(msg.Data); err != nil {
			return nil, fmt.Errorf("ask NATS for its sync settings: %w", err)
		} else if keeps {
			all = append(all, server)
		}
	}
}

// syncOf reads one server's answer and reports whether it keeps data at all.
func syncOf(answer []byte) (server ServerSync, keeps bool, err error) {
	var jsz struct {
		Server struct {
			Name string `json:"name"`
			ID   string `json:"id"`
		} `json:"server"`
		Data struct {
			Disabled bool `json:"disabled"`
			Config   struct {
				SyncAlways   bool          `json:"sync_always"`
				SyncInterval time.Duration `json:"sync_interval"`
			} `json:"config"`
		} `json:"data"`
		Error *struct {
			Description string `json:"description"`
		} `json:"error"`
	}
	if err := json.Unmarshal(answer, &jsz); err != nil {
		return ServerSync{}, false, err
	}
	if jsz.Error != nil {
		return ServerSync{}, false, errors.New(jsz.Error.Description)
	}
	config := jsz.Data.Config
	return ServerSync{jsz.Server.Name, jsz.Server.ID, config.SyncAlways, config.SyncInterval}, !jsz.Data.Disabled, nil
}
