package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi/token"
)

const (
	// pingInterval is how often a socket is pinged: well under the five
	// minutes, and often one, after which proxies cut what is silent.
	pingInterval = 25 * time.Second
	// deadAfter is when a socket that has sent nothing, not even a pong, is
	// taken for gone: two pings and some time to answer.
	deadAfter = 2*pingInterval + 10*time.Second
	// readBuffer is each socket's read buffer, in bytes. Most of what clients
	// send is shorter; longer frames take more reads.
	readBuffer = 512
	// maxCatchUps is how many sockets may read their past from the log at
	// once; the others are told to read the history.
	maxCatchUps = 4
)

// Log is what the gateway needs of [eventstore.Log].
type Log interface {
	Epoch() string
	Last(ctx context.Context) (domain.Position, error)
	LastOf(ctx context.Context, channel domain.Channel, upTo uint64) (uint64, error)
	History(ctx context.Context, channel domain.Channel, after, upTo uint64, bounds eventstore.Bounds) ([]eventstore.Record, error)
	NewReader(after uint64) *eventstore.Reader
	Append(ctx context.Context, channel domain.Channel, key string, event domain.Event) (eventstore.Appended, error)
	Signal(channel domain.Channel, payload []byte) error
	OnSignal(handle func(channel domain.Channel, payload []byte)) (stop func(), err error)
}

// Terms is what the gateway needs of [eventstore.Terms].
type Terms interface {
	Put(ctx context.Context, term eventstore.Term) error
	Remove(ctx context.Context, term eventstore.Term) error
	List(ctx context.Context) ([]eventstore.Term, error)
}

// Tables is what the read model can tell a gateway. All of it may fail: people
// go on chatting without.
type Tables interface {
	// WaitApplied waits until the tables have the sequence.
	WaitApplied(ctx context.Context, seq uint64) error
	// FindMessage looks a message up by its author and the author's id for it.
	FindMessage(ctx context.Context, userID, id string) (seq uint64, found bool, err error)
	// OpenStays returns who is in which channel, as of a position.
	OpenStays(ctx context.Context) (domain.Position, []domain.Stay, error)
}

// Config is what a gateway is made of.
type Config struct {
	Log   Log
	Terms Terms
	// Tables may be nil: then a repeated command is only known again for as
	// long as the log itself remembers its id.
	Tables Tables
	// Verify checks the token of an auth command.
	Verify func(raw string) (token.Claims, error)
	// SessionKey signs session ids, so that nobody can take another's over.
	// All gateways of a log need the same one.
	SessionKey []byte
	// AllowedOrigins are those whose pages may connect, such as
	// "https://chat.example.com". Empty means the server's own, by the Host
	// header.
	AllowedOrigins []string
	// MessageRate is how many messages a user may send a second, with a burst
	// of twice that; 0 means no limit.
	MessageRate float64
	// LeaveGrace is how long a session whose socket was lost waits to be
	// taken up again.
	LeaveGrace time.Duration
	// Recent is how many of the newest events are kept in memory to resume
	// from; 0 means 65,536.
	Recent int
	// Refuse returns why nothing may be appended now, such as a disk that is
	// nearly full, or nil. It may be nil itself.
	Refuse func() error
	// Registerer takes the metrics; nil means none.
	Registerer prometheus.Registerer
	// Tracer makes a span of each message that is sent here, and of each
	// delivery of a traced event; nil for none.
	Tracer trace.Tracer
	Logger *slog.Logger
}

// Gateway serves the websockets of one process.
type Gateway struct {
	config   Config
	log      Log
	logger   *slog.Logger
	hub      *hub
	flusher  *flusher
	sessions *sessions
	limiters *limiters
	stats    *stats
	upgrader websocket.Upgrader
	catchUps chan struct{}
	term     string
	complain rate.Sometimes // about tables that don't answer

	ready    atomic.Bool // the hub has caught up
	draining atomic.Bool
	began    atomic.Uint64 // one more than the sequence behind which the term began, 0 before it did
	lease    lease
	sweeper  *Sweeper
	reader   atomic.Pointer[eventstore.Reader]

	mu    sync.Mutex
	conns map[*conn]struct{}
	slots uint32
	wg    sync.WaitGroup // of every goroutine of a connection
}

// New returns a gateway, which serves once Run runs. It fails for a
// configuration that can't be right.
func New(config Config) (*Gateway, error) {
	const minKeyBytes = 16
	if len(config.SessionKey) < minKeyBytes {
		return nil, errors.New("new gateway: the session key has under 16 bytes")
	}
	if config.Recent == 0 {
		config.Recent = defaultRecent
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	g := &Gateway{
		config:   config,
		log:      config.Log,
		logger:   config.Logger,
		flusher:  newFlusher(),
		limiters: newLimiters(config.MessageRate),
		stats:    newStats(config.Registerer),
		catchUps: make(chan struct{}, maxCatchUps),
		term:     uuid.Must(uuid.NewV7()).String(),
		conns:    make(map[*conn]struct{}),
		complain: rate.Sometimes{Interval: time.Second},
	}
	g.upgrader = websocket.Upgrader{
		ReadBufferSize:  readBuffer,
		WriteBufferPool: &sync.Pool{},
		Subprotocols:    []string{Subprotocol},
		// The origin is checked before, by our own list.
		CheckOrigin: func(*http.Request) bool { return true },
		// What is refused is answered by who called us, as everything else is.
		Error: func(http.ResponseWriter, *http.Request, int, error) {},
	}
	g.hub = newHub(config.Log, config.Recent, g.flusher.wake, g.stats, config.Tracer)
	if config.Registerer != nil {
		config.Registerer.MustRegister(newScrape(g))
	}
	g.sessions = newSessions(config.Log, g.term, config.LeaveGrace, g.logger)
	g.sessions.catchUp = func(ctx context.Context) error {
		_, err := g.catchUp(ctx)
		return err
	}
	g.sweeper = NewSweeper(SweeperConfig{
		Log:        config.Log,
		Terms:      config.Terms,
		Stays:      hubStays{g.hub},
		LeaveGrace: config.LeaveGrace,
		Own:        g.term,
		Due:        g.ready.Load,
		Registerer: config.Registerer,
		Logger:     g.logger,
	})
	registerLease(config.Registerer, &g.lease)
	return g, nil
}

// Run serves until ctx ends, after which no socket is left; call Drain before
// to end in order. It returns the first fault that can't be passed.
func (g *Gateway) Run(ctx context.Context) error {
	defer g.hub.stop()
	defer g.wg.Wait()
	defer g.cutAll()
	defer g.sessions.stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return g.flusher.run(ctx) })
	group.Go(func() error { return g.follow(ctx) })
	group.Go(func() error { return g.tick(ctx) })
	group.Go(func() error { return g.keepTerm(ctx) })
	group.Go(func() error { return g.guardLease(ctx) })
	group.Go(func() error { return g.sweeper.Run(ctx) })
	if err := group.Wait(); err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	return nil
}

// follow seeds the hub and feeds it with the log.
func (g *Gateway) follow(ctx context.Context) error {
	stop, err := g.log.OnSignal(g.signalled)
	if err != nil {
		return err
	}
	defer stop()
	start, target, err := g.seed(ctx)
	if err != nil {
		return err
	}
	reader := g.log.NewReader(start)
	defer reader.Close()
	g.reader.Store(reader)
	if start >= target {
		g.ready.Store(true)
	}
	for {
		records, err := reader.Next(ctx, hubBatch)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		g.hub.apply(records, g.sessions.changed)
		if !g.ready.Load() && g.hub.pos.Load() >= target {
			g.ready.Store(true)
		}
	}
}

// tick pings sockets, ends those whose token ended or that are gone, and drops
// empty rooms, every second.
func (g *Gateway) tick(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var conns []*conn
	for second := uint32(0); ; second++ {
		select {
		case now := <-ticker.C:
			conns = g.snapshot(conns[:0])
			for _, c := range conns {
				c.tick(now, second)
			}
			clear(conns)
			g.hub.closeIdle(now)
			g.limiters.forgetFull()
		case <-ctx.Done():
			return nil
		}
	}
}

// Ready returns why the gateway can't serve, and nothing when it can.
func (g *Gateway) Ready() []string {
	switch reader := g.reader.Load(); {
	case g.draining.Load():
		return []string{"the gateway is shutting down"}
	case !g.ready.Load():
		return []string{"the gateway is catching up with the log"}
	case g.lease.isLost():
		return []string{"the gateway could not show that it lives: its sockets went to others"}
	case reader != nil && reader.Fault() != nil:
		return []string{"the gateway can't read the log: " + reader.Fault().Error()}
	}
	if g.config.Refuse != nil {
		if err := g.config.Refuse(); err != nil {
			return []string{err.Error()}
		}
	}
	return nil
}

// Sockets returns how many sockets are open.
func (g *Gateway) Sockets() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.conns)
}

func (g *Gateway) snapshot(dst []*conn) []*conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		dst = append(dst, c)
	}
	return dst
}

// add registers a socket. It reports false when the gateway drains or is fenced.
func (g *Gateway) add(c *conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.draining.Load() || g.lease.isLost() {
		return false
	}
	g.conns[c] = struct{}{}
	g.slots++
	c.slot = g.slots % uint32(pingInterval/time.Second)
	g.stats.sockets.Inc()
	g.wg.Add(1)
	return true
}

func (g *Gateway) remove(c *conn) {
	g.mu.Lock()
	delete(g.conns, c)
	g.mu.Unlock()
	g.stats.sockets.Dec()
	g.wg.Done()
}

// Drain ends all sockets with 1012, spread over the given time so that their
// clients don't come back all at once. Each answers the command at hand first.
// It returns when none is left, or cuts those that are when ctx ends. Sessions don't leave: their clients
// have the grace period to go on at another gateway or at this one's next run.
func (g *Gateway) Drain(ctx context.Context, over time.Duration) {
	g.mu.Lock()
	g.draining.Store(true)
	g.mu.Unlock()
	g.sessions.freeze()
	conns := g.snapshot(nil)
	start := time.Now()
	for i, c := range conns {
		if wait := time.Until(start.Add(over * time.Duration(i) / time.Duration(len(conns)))); wait > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				over = 0 // the rest at once
			}
		}
		c.askToEnd()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.wg.Wait()
	}()
	select {
	case <-done:
	case <-ctx.Done():
		// Run waits for what is still under way, an append at most.
		g.sessions.giveUp()
		g.cutAll()
	}
}

func (g *Gateway) cutAll() {
	g.draining.Store(true)
	g.cutOpen()
}

// cutOpen cuts the sockets that are open.
func (g *Gateway) cutOpen() {
	for _, c := range g.snapshot(nil) {
		_ = c.net.Close()
	}
}
