package gateway

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// What may happen to a message that somebody sent, and where a feed may be
// resumed from: the labels' values, which are there from the beginning on, so
// that an alert can tell none from unknown.
const (
	outcomeStored    = "stored"
	outcomeDuplicate = "duplicate"
	outcomeRefused   = "refused"
	outcomeUnknown   = "unknown"

	fromMemory = "memory"
	fromLog    = "log"
	fromReset  = "reset"
)

// delayBuckets are for what takes a fraction of a millisecond when all is well,
// and seconds when something is not, in seconds.
var delayBuckets = []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// stats are what a gateway counts, for Prometheus. What can be looked up when
// it is asked for is in scrape.
type stats struct {
	sockets  prometheus.Gauge
	frames   prometheus.Counter
	bytes    prometheus.Counter
	writes   prometheus.Counter
	closes   *prometheus.CounterVec
	appends  *prometheus.CounterVec
	took     prometheus.Histogram
	delay    prometheus.Histogram
	catchUps *prometheus.CounterVec
	crowded  prometheus.Counter
	// leaseLosses counts how often the gateway could not renew its term in time.
	leaseLosses prometheus.Counter
}

// newStats registers the metrics; a nil registerer gives metrics that nobody
// sees.
func newStats(registerer prometheus.Registerer) *stats {
	s := &stats{
		sockets: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "chitchat_gateway_sockets", Help: "Open websockets."}),
		frames: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chitchat_gateway_frames_written_total", Help: "Frames written to websockets."}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chitchat_gateway_written_bytes_total", Help: "Bytes written to websockets."}),
		writes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chitchat_gateway_writes_total", Help: "Write calls to websockets; each may carry many frames."}),
		closes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chitchat_gateway_closes_total", Help: "Websockets that the server closed, by close code."}, []string{"code"}),
		appends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chitchat_gateway_appends_total", Help: "Messages sent by clients, by outcome."}, []string{"outcome"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "chitchat_gateway_append_duration_seconds", Help: "Seconds that the log took to store a message, or to say that it did not.",
			Buckets: delayBuckets}),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "chitchat_gateway_delivery_delay_seconds",
			Help:    "Seconds from the log's taking of an event, by the log's clock, to its publishing to the channel's sockets here.",
			Buckets: delayBuckets}),
		catchUps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chitchat_gateway_resumes_total", Help: "Resumed feeds, by where they were served from."}, []string{"source"}),
		crowded: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chitchat_gateway_catch_ups_refused_total",
			Help: "Resumed feeds that were reset because too many others were read from the log at that moment."}),
		leaseLosses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chitchat_gateway_lease_losses_total", Help: "How often the gateway could not renew its term in time and closed its sockets."}),
	}
	for _, outcome := range []string{outcomeStored, outcomeDuplicate, outcomeRefused, outcomeUnknown} {
		s.appends.WithLabelValues(outcome)
	}
	for _, source := range []string{fromMemory, fromLog, fromReset} {
		s.catchUps.WithLabelValues(source)
	}
	if registerer != nil {
		registerer.MustRegister(s.sockets, s.frames, s.bytes, s.writes, s.closes, s.appends, s.took, s.delay, s.catchUps, s.crowded, s.leaseLosses)
	}
	return s
}

// wrote counts a write call that wrote n bytes and ended so many frames.
func (s *stats) wrote(n int, frames int64) {
	s.writes.Inc()
	s.bytes.Add(float64(n))
	s.frames.Add(float64(frames))
}

func (s *stats) closed(code int) { s.closes.WithLabelValues(strconv.Itoa(code)).Inc() }

// delivered counts an event that the log took at a time and that is published
// now. Clocks may differ: less than nothing is nothing.
func (s *stats) delivered(stored, now time.Time) {
	s.delay.Observe(max(now.Sub(stored).Seconds(), 0))
}

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
	swept  *prometheus.CounterVec
}

func newSweepStats(registerer prometheus.Registerer) *sweepStats {
	return &sweepStats{
		leases: shared(registerer, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "chitchat_gateway_leases", Help: "Gateways whose term is alive, this one with them."})),
		swept: shared(registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chitchat_gateway_swept_sessions_total",
			Help: "Sessions of gateways that are gone which this process has ended, by reason: lost when the gateway died, closed when it ended in order.",
		}, []string{"reason"})),
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
