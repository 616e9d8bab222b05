package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/natsd"
)

const (
	// watchInterval is how often the log is asked whether it is still the one
	// that was opened.
	watchInterval = 2 * time.Second
	// syncInterval is how often NATS servers are asked for their sync settings: a
	// server may be started again with others.
	syncInterval = time.Minute
	// faultAfter is for how long the log must not have answered to be called
	// unreachable: a cluster finds a new leader within some seconds.
	faultAfter = 10 * time.Second
)

// syncStates are how a NATS server may sync, as the metric tells it.
var syncStates = []string{"always", "interval", "unknown"}

// logWatch looks after the log from outside: that it is the one that was
// opened, and that its servers sync every write.
type logWatch struct {
	log    *eventstore.Log // nil until it is open
	conn   *nats.Conn      // the log's
	system *nats.Conn      // of the system account; nil when nobody may ask
	own    bool            // the server is ours, which syncs
	logger *slog.Logger

	servers  *prometheus.GaugeVec
	replicas prometheus.Gauge

	mu       sync.Mutex
	answered time.Time // when the log last did; guarded by mu
	lost     bool      // it did not for faultAfter; guarded by mu
	unsafe   string    // which servers don't sync; guarded by mu
}

// newLogWatch looks at the sync settings once, before a log is made there, and
// fails when they are known and lose what was acknowledged.
func newLogWatch(ctx context.Context, b *backend, config *Config, registry prometheus.Registerer, logger *slog.Logger) (*logWatch, error) {
	w := &logWatch{conn: b.conn, own: b.nats != nil, logger: logger, answered: time.Now()}
	w.servers = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "chitchat_log_servers",
		Help: "NATS servers with JetStream, by when they sync what they store; unknown when they can't be asked.",
	}, []string{"sync"})
	w.replicas = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "chitchat_log_replicas",
		Help: "How many NATS servers keep the log, as it was opened.",
	})
	registry.MustRegister(w.servers, w.replicas)
	if err := w.connect(config); err != nil {
		return nil, err
	}
	if w.system == nil && !w.own {
		logger.Warn("nobody has asked NATS whether it syncs every write: give --nats-system-url, or make sure that its configuration has sync_interval: always")
	}
	err := w.askSync(ctx)
	if err == nil && w.unsafe != "" {
		err = errors.New(w.unsafe)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// watch begins to look after a log that was opened.
func (w *logWatch) watch(log *eventstore.Log) {
	w.log = log
	w.replicas.Set(float64(log.Replicas()))
}

// expected is how many servers are to answer for their sync settings.
func (w *logWatch) expected() int {
	if w.log == nil {
		return 1
	}
	return w.log.Replicas()
}

// connect connects to the outside NATS as one of its system account.
func (w *logWatch) connect(config *Config) error {
	if w.own || config.NATSSystemURL == "" {
		return nil
	}
	options := append(natsd.ClientOptions(w.logger), config.natsTLS()...)
	conn, err := dialNATS(config.NATSSystemURL, options)
	if err != nil {
		return fmt.Errorf("connect to NATS at --nats-system-url (NATS_SYSTEM_URL): %w", withoutURL(err))
	}
	w.system = conn
	return nil
}

// run asks again and again until ctx ends. It fails when the log is another one
// by now: all that this process knows is of the one before.
func (w *logWatch) run(ctx context.Context) error {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	asked := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := w.askEnd(ctx); err != nil {
			return err
		}
		if time.Since(asked) < syncInterval {
			continue
		}
		asked = time.Now()
		if err := w.askSync(ctx); err != nil && ctx.Err() == nil {
			w.logger.Warn("ask NATS for its sync settings", "cause", err)
		}
	}
}

func (w *logWatch) askEnd(ctx context.Context) error {
	_, err := w.log.Last(ctx)
	if errors.Is(err, eventstore.ErrEpochChanged) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.answered, w.lost = time.Now(), false
		return nil
	}
	if ctx.Err() == nil && !w.lost && time.Since(w.answered) >= faultAfter {
		w.lost = true
		w.logger.Error("the log can't be reached", "cause", err)
	}
	return nil
}

// askSync asks the servers when they sync.
func (w *logWatch) askSync(ctx context.Context) error {
	counts := map[string]int{}
	var unsafe []string
	var err error
	switch {
	case w.own:
		counts["always"] = 1
	case w.system == nil:
		counts["unknown"] = w.expected()
	default:
		var servers []natsd.ServerSync
		if servers, err = w.syncOfServers(ctx); err != nil {
			counts["unknown"] = w.expected()
			break
		}
		for _, server := range servers {
			if server.Always {
				counts["always"]++
				continue
			}
			counts["interval"]++
			unsafe = append(unsafe, fmt.Sprintf("%s (every %s)", server.Server, server.Interval))
		}
	}
	if silent := w.expected() - counts["always"] - counts["interval"]; err == nil && silent > 0 {
		counts["unknown"] = silent
	}
	for _, state := range syncStates {
		w.servers.WithLabelValues(state).Set(float64(counts[state]))
	}
	if err == nil {
		w.setUnsafe(unsafe)
	}
	return err
}

// syncOfServers asks the servers, one of which must be the log's.
func (w *logWatch) syncOfServers(ctx context.Context) ([]natsd.ServerSync, error) {
	const setting = "--nats-system-url (NATS_SYSTEM_URL)"
	servers, err := natsd.AskSync(ctx, w.system)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	ours := w.conn.ConnectedServerId()
	if w.log == nil && !slices.ContainsFunc(servers, func(s natsd.ServerSync) bool { return s.ID == ours }) {
		return nil, fmt.Errorf("%s leads to another NATS than --nats-url (NATS_URL): give the same servers, with a user of the system account", setting)
	}
	return servers, nil
}

func (w *logWatch) setUnsafe(servers []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.unsafe
	if w.unsafe = ""; len(servers) > 0 {
		w.unsafe = "NATS would lose acknowledged messages at a power loss: set sync_interval: always in the jetstream block of " + strings.Join(servers, ", ")
	}
	if w.unsafe != was && w.unsafe != "" {
		w.logger.Error("unsafe sync", "reason", w.unsafe)
	}
}

// fault returns why the log is not to be relied on, or "".
func (w *logWatch) fault() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lost {
		return "the log can't be reached"
	}
	return w.unsafe
}

// unsafeSync returns which NATS servers would lose what is acknowledged, or "".
func (w *logWatch) unsafeSync() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.unsafe
}

func (w *logWatch) close() {
	if w.system != nil {
		w.system.Close()
	}
}
