package gateway

import (
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
	}
	if registerer != nil {
		registerer.MustRegister(s.sockets, s.bytes, s.writes, s.closes, s.appends, s.catchUps)
	}
	return s
}

func (s *stats) wrote(n int) {
	s.writes.Inc()
	s.bytes.Add(float64(n))
}

func (s *stats) closed(code int) { s.closes.WithLabelValues(strconv.Itoa(code)).Inc() }
