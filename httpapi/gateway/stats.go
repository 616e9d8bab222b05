package gateway

import (
	"errors"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// stats are what a gateway counts, for Prometheus.
type stats struct {
	sockets  prometheus.Gauge
	bytes    prometheus.Counter
	writes   prometheus.Counter
	closes   *prometheus.CounterVec
	appends  *prometheus.CounterVec
	catchUps *prometheus.CounterVec
	// leaseLosses counts how often the gateway could not renew its term in time.
	leaseLosses prometheus.Counter
}

// newStats registers the metrics; a nil registerer gives metrics that nobody
// sees.
func newStats(registerer prometheus.Registerer) *stats {
	s := &stats{
		sockets: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "chitchat_gateway_sockets", Help: "Open websockets."}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chitchat_gateway_written_bytes_total", Help: "Bytes written to websockets."}),
		writes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chitchat_gateway_writes_total", Help: "Write calls to websockets; each may carry many frames."}),
		closes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chitchat_gateway_closes_total", Help: "Websockets that the server closed, by close code."}, []string{"code"}),
		appends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chitchat_gateway_appends_total", Help: "Messages sent by clients, by outcome."}, []string{"outcome"}),
		catchUps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chitchat_gateway_resumes_total", Help: "Resumed feeds, by where they were served from."}, []string{"source"}),
		leaseLosses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chitchat_gateway_lease_losses_total", Help: "How often the gateway could not renew its term in time and closed its sockets."}),
	}
	if registerer != nil {
		registerer.MustRegister(s.sockets, s.bytes, s.writes, s.closes, s.appends, s.catchUps, s.leaseLosses)
	}
	return s
}

func (s *stats) wrote(n int) {
	s.writes.Inc()
	s.bytes.Add(float64(n))
}

func (s *stats) closed(code int) { s.closes.WithLabelValues(strconv.Itoa(code)).Inc() }

// registerLease makes the state of the gateway's own term visible.
func registerLease(registerer prometheus.Registerer, l *lease) {
	if registerer == nil {
		return
	}
	registerer.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "chitchat_gateway_lease_age_seconds", Help: "Seconds since the gateway's own term was last renewed.",
		}, func() float64 { return l.age().Seconds() }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "chitchat_gateway_fenced", Help: "1 while the gateway can't renew its term and serves nobody.",
		}, func() float64 {
			if l.isLost() {
				return 1
			}
			return 0
		}),
	)
}

// sweepStats are what sweepers count. Those of one process share them.
type sweepStats struct {
	leases prometheus.Gauge
	swept  prometheus.Counter
}

func newSweepStats(registerer prometheus.Registerer) *sweepStats {
	return &sweepStats{
		leases: shared(registerer, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "chitchat_gateway_leases", Help: "Gateways whose term is alive, this one with them."})),
		swept: shared(registerer, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chitchat_gateway_swept_sessions_total", Help: "Sessions of gateways that are gone which this process has ended."})),
	}
}

// shared registers the collector, or returns the one that is there already.
func shared[C prometheus.Collector](registerer prometheus.Registerer, c C) C {
	if registerer == nil {
		return c
	}
	err := registerer.Register(c)
	var already prometheus.AlreadyRegisteredError
	if errors.As(err, &already) {
		return already.ExistingCollector.(C)
	}
	if err != nil {
		panic(err) // a name that two collectors have is a fault of the program
	}
	return c
}
