package projections

import "github.com/prometheus/client_golang/prometheus"

// batchBuckets are sizes of transactions, in entries: one when all is quiet,
// and [MaxBatch] when there is much to catch up with.
var batchBuckets = []float64{1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, MaxBatch}

// register makes the projector's metrics and gives them to the registerer, if
// there is one. All but the sizes are read off the status when asked for.
func (p *Projector) register(registerer prometheus.Registerer) {
	p.sizes = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "chitchat_projector_batch_events", Help: "Entries of the log that one transaction applied.", Buckets: batchBuckets})
	if registerer == nil {
		return
	}
	registerer.MustRegister(p.sizes,
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "chitchat_projector_applied_events_total", Help: "Events that this process has applied to the tables."},
			func() float64 { return float64(p.Status().Events) }))
	gauge := func(name, help string, value func(Status) float64) {
		registerer.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return value(p.Status()) }))
	}
	gauge("chitchat_projector_lag_events", "Entries of the log that the tables don't have yet.",
		func(s Status) float64 { return float64(s.Lag) })
	gauge("chitchat_projector_lag_seconds", "For how long the tables have been behind the log.",
		func(s Status) float64 { return s.Behind.Seconds() })
	gauge("chitchat_projector_applied_seq", "Last sequence of the log that the tables have.",
		func(s Status) float64 { return float64(s.Applied.Seq) })
	gauge("chitchat_projector_generation", "Generation of the tables that is written to; 0 before that is known.",
		func(s Status) float64 { return float64(s.Generation) })
	gauge("chitchat_projector_quarantined_events", "Entries of the log that are in quarantine.",
		func(s Status) float64 { return float64(s.Quarantined) })
	gauge("chitchat_projector_fault", "1 while the projector waits for a fault to pass.",
		func(s Status) float64 { return oneIf(s.Fault != nil) })
	gauge("chitchat_projector_leading", "1 while it is this process that applies, and not one that stands by.",
		func(s Status) float64 { return oneIf(s.Leading) })
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
