package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi/gateway"
)

// movedElsewhere are the metrics that TestEachMetricMoves can't move in short
// time, with the test that does.
var movedElsewhere = map[string]string{
	"chitchat_gateway_leases":               "TestSweeper",
	"chitchat_gateway_swept_sessions_total": "TestSweeper",
	"chitchat_gateway_fenced":               "TestGatewayThatCannotRenewItsTermFencesItself",
	"chitchat_gateway_lease_losses_total":   "TestGatewayThatCannotRenewItsTermFencesItself",
}

// moves watches what a registry shows.
type moves struct {
	t        *testing.T
	registry *prometheus.Registry
	began    bool
	least    map[string]float64 // by series; of one that came later, 0
	most     map[string]float64
}

func newMoves(t *testing.T, registry *prometheus.Registry) *moves {
	return &moves{t: t, registry: registry, least: map[string]float64{}, most: map[string]float64{}}
}

// look takes in what the registry shows now, and returns it: a value by series,
// of a histogram the number of what it has seen.
func (m *moves) look() map[string]float64 {
	m.t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		m.t.Fatal(err)
	}
	now := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			series := family.GetName()
			for _, label := range metric.GetLabel() {
				series += fmt.Sprintf("{%s=%q}", label.GetName(), label.GetValue())
			}
			now[series] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	for series, value := range now {
		if _, known := m.least[series]; !known && !m.began {
			m.least[series] = value
		}
		m.least[series] = min(m.least[series], value)
		m.most[series] = max(m.most[series], value)
	}
	m.began = true
	return now
}

// until looks until a series has at least the value.
func (m *moves) until(series string, atLeast float64) {
	m.t.Helper()
	eventually(m.t, fmt.Sprint(series, " is at least ", atLeast), func() bool { return m.look()[series] >= atLeast })
}

var fullName = regexp.MustCompile(`fqName: "([^"]+)"`)

// names are those of all metrics that the registry was given, be there
// anything to show or not.
func (m *moves) names() []string {
	m.t.Helper()
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		m.registry.Describe(descriptions)
	}()
	names := map[string]bool{}
	for description := range descriptions {
		found := fullName.FindStringSubmatch(description.String())
		if found == nil {
			m.t.Errorf("no name in %s", description)
			continue
		}
		names[found[1]] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// check fails for each metric with a series that did not move, and for those
// that have none.
func (m *moves) check() {
	m.t.Helper()
	for _, name := range m.names() {
		if movedElsewhere[name] != "" {
			continue
		}
		found := false
		for series, most := range m.most {
			if series != name && !strings.HasPrefix(series, name+"{") {
				continue
			}
			found = true
			if most == m.least[series] {
				m.t.Errorf("%s did not move", series)
			}
		}
		if !found {
			m.t.Errorf("%s shows nothing", name)
		}
	}
}

// held is a log whose looks back can be held up, and whose end can be ahead of
// what it gives to read.
type held struct {
	hooked
	ahead atomic.Uint64
	gate  atomic.Pointer[chan struct{}]
	inner atomic.Int64 // looks back that are held up
}

func (l *held) Last(ctx context.Context) (domain.Position, error) {
	position, err := l.hooked.Last(ctx)
	position.Seq += l.ahead.Load()
	return position, err
}

func (l *held) LastOf(ctx context.Context, channel domain.Channel, upTo uint64) (uint64, error) {
	if gate := l.gate.Load(); gate != nil {
		l.inner.Add(1)
		<-*gate
	}
	return l.hooked.LastOf(ctx, channel, upTo)
}

// hold holds up what looks back until the returned function is called.
func (l *held) hold() (release func()) {
	gate := make(chan struct{})
	l.gate.Store(&gate)
	return sync.OnceFunc(func() {
		l.gate.Store(nil)
		close(gate)
	})
}

// TestEachMetricMoves drives a gateway through all that it counts. A new metric
// fails it until something here moves it, or movedElsewhere says where that is.
func TestEachMetricMoves(t *testing.T) {
	t.Parallel()
	w := setup(t)
	log := &held{hooked: hooked{Log: w.log}}
	var lost, full atomic.Bool
	log.append = func(ctx context.Context, channel domain.Channel, key string, event domain.Event) (eventstore.Appended, error) {
		if lost.Load() && event.Type() == domain.TypeMessage {
			return eventstore.Appended{}, fmt.Errorf("append: %w", eventstore.ErrUnknown)
		}
		return w.log.Append(ctx, channel, key, event)
	}
	registry := prometheus.NewRegistry()
	w.post("past", 20)
	n := w.start(func(c *gateway.Config) {
		c.Log, c.Recent, c.Registerer, c.MessageRate = log, 2, registry, 0
		c.Refuse = func() error {
			if full.Load() {
				return errors.New("the disk is full")
			}
			return nil
		}
	})
	m := newMoves(t, registry)
	m.look()

	ada := n.v1("ada", "lobby", nil)
	m.until("chitchat_gateway_sockets", 1)
	for _, send := range []struct {
		id, more, want string
		prepare        func()
	}{
		{"a-1", "", "ack", func() {}},
		{"a-1", "", "ack", func() {}}, // a duplicate
		{"a-2", "", "error", func() { lost.Store(true) }},
		{"a-3", "", "error", func() { lost.Store(false); full.Store(true) }},
	} {
		send.prepare()
		if answer := ada.send(send.id, "hello", send.more); answer.Type != send.want {
			t.Errorf("send %s: %+v, want %s", send.id, answer, send.want)
		}
	}
	full.Store(false)

	position := func(seq uint64) string { return domain.Position{Epoch: w.log.Epoch(), Seq: seq}.String() }
	n.v1("bob", "lobby", options{"after": ada.hello.Position})
	n.v1("bob", "lobby", options{"after": "nothing"}).next("reset")
	n.v1("bob", "past", nil)
	n.v1("bob", "past", options{"after": position(1)}).next("message")
	resumeTooMany(t, n, log, m, position(1))

	log.ahead.Store(7)
	m.until("chitchat_gateway_reader_lag_events", 7)
	log.ahead.Store(0)

	ada.write(2, "binary") // closes it
	if code := ada.closed(); code != 1003 {
		t.Errorf("close code = %d, want 1003", code)
	}
	fallBehind(t, w, n, m)
	m.check()
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}
}

// resumeTooMany resumes from the log until one more would be too many.
func resumeTooMany(t *testing.T, n *node, log *held, m *moves, after string) {
	t.Helper()
	release := log.hold()
	defer release()
	const catchUps = 4 // as many as the gateway reads at once
	for i := range catchUps {
		n.connect(fmt.Sprint("late", i), "past", options{"after": after}, []string{gateway.Subprotocol})
	}
	eventually(t, "all of them are held up", func() bool { return log.inner.Load() == catchUps })
	n.v1("last", "past", options{"after": after}).next("reset")
	m.until("chitchat_gateway_catch_ups_refused_total", 1)
}

// fallBehind makes a socket fall off its room's log.
func fallBehind(t *testing.T, w *world, n *node, m *moves) {
	t.Helper()
	slow := n.v1("slow", "busy", nil)
	if tcp, ok := slow.UnderlyingConn().(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(64 << 10) // so that the kernel takes no more than the test sends
	}
	text := strings.Repeat("\U0001F642", domain.MaxTextRunes)
	const lost = 100 // frames, of 16 kB: more than the room keeps
	for i := 0; m.look()["chitchat_gateway_room_lag_frames"] < lost; i++ {
		if i == 2000 { // 32 MB
			t.Fatal("the socket that reads nothing is not behind")
		}
		id := fmt.Sprint("big-", i)
		event, err := domain.PostMessage{From: person("poster"), ID: id, Text: text}.Event(time.Now())
		if err == nil {
			_, err = w.log.Append(t.Context(), "busy", id, event)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if code := slow.closed(); code != 4008 {
		t.Errorf("close code = %d, want 4008", code)
	}
	m.until(`chitchat_gateway_closes_total{code="4008"}`, 1)
}

// TestFramesAreCounted compares what was counted with what came.
func TestFramesAreCounted(t *testing.T) {
	t.Parallel()
	w := setup(t)
	registry := prometheus.NewRegistry()
	n := w.start(func(c *gateway.Config) { c.Registerer = registry })
	m := newMoves(t, registry)
	ada, bob := n.v1("ada", "lobby", nil), n.plain("bob", "lobby", nil)
	last := w.post("lobby", 300)
	toLast := func(f frame) bool { return f.Seq == last }
	came := 1 + len(ada.until(toLast)) + len(bob.until(toLast)) // with ada's hello
	m.until("chitchat_gateway_frames_written_total", float64(came))
	if got := m.look()["chitchat_gateway_frames_written_total"]; got != float64(came) {
		t.Errorf("%v frames were counted, %d came", got, came)
	}
	if now := m.look(); now["chitchat_gateway_room_lag_frames"] != 0 || now["chitchat_gateway_rooms"] != 1 {
		t.Errorf("lag of the room %v, rooms %v; want 0 and 1", now["chitchat_gateway_room_lag_frames"], now["chitchat_gateway_rooms"])
	}
}
