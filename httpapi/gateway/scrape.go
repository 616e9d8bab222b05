package gateway

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// scrapeTimeout bounds the question for the log's end when metrics are asked
// for: a log that can't be reached must not keep the other metrics back.
const scrapeTimeout = 500 * time.Millisecond

// scrape is what is looked up when somebody asks for the metrics, so that it
// costs nothing while nobody does. It takes each room's and each socket's lock
// for a moment, one after the other.
type scrape struct {
	g         *Gateway
	end       atomic.Uint64 // the log's end as last seen
	rooms     *prometheus.Desc
	roomLag   *prometheus.Desc
	readerLag *prometheus.Desc
}

func newScrape(g *Gateway) *scrape {
	return &scrape{
		g: g,
		rooms: prometheus.NewDesc("chitchat_gateway_rooms",
			"Channels that are open here: those with sockets, and those that had one a moment ago.", nil, nil),
		roomLag: prometheus.NewDesc("chitchat_gateway_room_lag_frames",
			"Frames of its channel that the slowest socket has not taken yet.", nil, nil),
		readerLag: prometheus.NewDesc("chitchat_gateway_reader_lag_events",
			"Entries of the log that this gateway has not read yet.", nil, nil),
	}
}

// Describe sends what Collect collects.
func (s *scrape) Describe(to chan<- *prometheus.Desc) {
	to <- s.rooms
	to <- s.roomLag
	to <- s.readerLag
}

// Collect looks everything up.
func (s *scrape) Collect(to chan<- prometheus.Metric) {
	rooms := s.g.hub.openRooms()
	var lag int64
	for _, r := range rooms {
		lag = max(lag, r.lag())
	}
	gauge := func(desc *prometheus.Desc, value float64) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
	}
	gauge(s.rooms, float64(len(rooms)))
	gauge(s.roomLag, float64(lag))
	gauge(s.readerLag, float64(s.unread()))
}

// unread returns how many entries the log has behind what this process has
// read. While the log can't be asked, its end is where it was last seen.
func (s *scrape) unread() uint64 {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	if last, err := s.g.log.Last(ctx); err == nil {
		s.end.Store(last.Seq)
	}
	end := s.end.Load()
	return end - min(end, s.g.hub.pos.Load())
}

// openRooms returns the rooms that are open.
func (h *hub) openRooms() []*room {
	h.mu.Lock()
	defer h.mu.Unlock()
	rooms := make([]*room, 0, len(h.rooms))
	for _, r := range h.rooms {
		if r.isReady() {
			rooms = append(rooms, r)
		}
	}
	return rooms
}

// lag returns how many frames the room's slowest socket is behind.
func (r *room) lag() int64 {
	const none = -1
	taken := [dialects]int64{none, none}
	for _, c := range r.part(nil, 0, 1) {
		n, attached := c.progress()
		if attached && (taken[c.dialect] == none || n < taken[c.dialect]) {
			taken[c.dialect] = n
		}
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	var lag int64
	for d, n := range taken {
		if n != none {
			lag = max(lag, r.logs[d].count-n)
		}
	}
	return lag
}

// progress returns how many frames of its room the socket has taken, counted
// since the room began, and whether it still takes any.
func (c *conn) progress() (taken int64, attached bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taken, c.attached
}
