package httpapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v5"
	"github.com/prometheus/client_golang/prometheus"
)

// meter counts requests. Its labels have few values, whatever clients send.
type meter struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMeter(registry prometheus.Registerer) (*meter, error) {
	m := &meter{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chitchat_http_requests_total",
			Help: "Requests answered, by route pattern, method and status. A websocket counts when it is opened, with 101.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "chitchat_http_request_duration_seconds",
			Help:    "Seconds from a request's headers to its answer, by route pattern and method; of a websocket, to its opening.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "method"}),
	}
	for _, collector := range []prometheus.Collector{m.requests, m.seconds} {
		if err := registry.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *meter) observe(c *echo.Context, status int, took time.Duration) {
	route, method := routeLabel(c), methodLabel(c.Request().Method)
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route, method).Observe(took.Seconds())
}

// routeLabel is the route's pattern, and one label for all paths without one.
func routeLabel(c *echo.Context) string {
	if path := c.Path(); path != "" {
		return path
	}
	return "file"
}

func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}
