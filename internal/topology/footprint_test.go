//go:build topology

package topology_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi/token"
)

const (
	// The load: so many sockets, spread over rooms, and so many messages a second from all of them.
	loadSockets  = 1000
	loadRooms    = 20
	loadMessages = 200
	// loadTime is how long it is measured, loadWarmUp how long it runs before.
	loadTime   = 60 * time.Second
	loadWarmUp = 10 * time.Second
	// clockTick is the unit of processor time in /proc, a hundredth of a second on every Linux there is.
	clockTick = 10 * time.Millisecond
)

// crowd is the sockets of the load, and what they were told.
type crowd struct {
	base      string
	authority *token.Authority
	delivered atomic.Int64
	acked     atomic.Int64
	refused   atomic.Int64

	mu        sync.Mutex
	latencies []time.Duration
}

// TestFootprint measures what each role needs while a crowd chats. It asserts nothing about time or memory.
func TestFootprint(t *testing.T) {
	s := newStack(t, program(t, fastProgram))
	authority, err := token.NewSecretAuthority([]byte(jwtSecret), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{base: s.edge.server.URL, authority: authority}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	group := c.come(ctx, t)
	wait(t, loadWarmUp)
	c.mu.Lock()
	c.latencies = nil
	c.mu.Unlock()
	delivered, acked := c.delivered.Load(), c.acked.Load()
	before := measure(t, s)
	wait(t, loadTime)
	after := measure(t, s)
	f := &figures{}
	f.add(t, "sockets, rooms", fmt.Sprint(loadSockets, ", ", loadRooms))
	f.add(t, "messages acknowledged a second", fmt.Sprintf("%.0f", float64(c.acked.Load()-acked)/loadTime.Seconds()))
	f.add(t, "deliveries a second", fmt.Sprintf("%.0f", float64(c.delivered.Load()-delivered)/loadTime.Seconds()))
	c.mu.Lock()
	f.add(t, "acknowledgments", quantiles(c.latencies))
	c.mu.Unlock()
	f.add(t, "refused or unknown", c.refused.Load())
	for i, one := range after {
		f.add(t, one.name, fmt.Sprintf("%.1f MB resident (%.1f MB at most), %.1f %% of a core",
			one.resident/1e6, one.peak/1e6, 100*(one.cpu-before[i].cpu).Seconds()/loadTime.Seconds()))
	}
	f.write(t, "footprint.txt")
	cancel()
	group.Wait()
	if c.acked.Load() == 0 {
		t.Error("nothing was acknowledged")
	}
}

// wait lets time pass: the load is the subject, not a condition.
func wait(t testing.TB, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// come opens all sockets, some at a time, and waits until they are open.
func (c *crowd) come(ctx context.Context, t testing.TB) *sync.WaitGroup {
	t.Helper()
	const together = 20
	turns := make(chan struct{}, together)
	var open, group sync.WaitGroup
	for i := range loadSockets {
		user, err := domain.NewUser(fmt.Sprintf("one of many %d", i), "")
		if err != nil {
			t.Fatal(err)
		}
		channel := domain.Channel(fmt.Sprintf("room%d", i%loadRooms))
		minted, err := c.authority.Mint(user, channel)
		if err != nil {
			t.Fatal(err)
		}
		m := member{base: c.base, user: user, channel: channel, token: minted}
		open.Add(1)
		group.Go(func() {
			turns <- struct{}{}
			ws, err := m.dial(ctx, "chitchat.v1", url.Values{})
			<-turns
			open.Done()
			if err != nil {
				t.Errorf("open a socket: %v", err)
				return
			}
			c.chat(ctx, ws)
		})
	}
	open.Wait()
	return &group
}

// chat sends at its share of the rate and reads all that comes, until ctx ends.
func (c *crowd) chat(ctx context.Context, ws *websocket.Conn) {
	var sent sync.Map // when each message was sent, by its id
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			var f frame
			if err := ws.ReadJSON(&f); err != nil {
				return
			}
			c.take(f, &sent)
		}
	}()
	const every = time.Second * loadSockets / loadMessages
	timer := time.NewTimer(rand.N(every))
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			timer.Reset(every)
			id := uuid.Must(uuid.NewV7()).String()
			command, err := json.Marshal(map[string]any{"type": "send", "id": id, "text": strings.Repeat("a message of 128 ", 8)[:128]})
			if err != nil {
				return
			}
			sent.Store(id, time.Now())
			_ = ws.WriteMessage(websocket.TextMessage, command) // the reader ends when the socket does
		case <-ctx.Done():
			leave(ws)
			_ = ws.Close()
			<-done
			return
		case <-done:
			return
		}
	}
}

func (c *crowd) take(f frame, sent *sync.Map) {
	switch {
	case f.isEvent():
		c.delivered.Add(1)
	case f.Type == "ack":
		c.acked.Add(1)
		if at, found := sent.LoadAndDelete(f.ID); found {
			c.mu.Lock()
			c.latencies = append(c.latencies, time.Since(at.(time.Time)))
			c.mu.Unlock()
		}
	case f.Type == "error":
		c.refused.Add(1)
	}
}

// usage is what a process has used.
type usage struct {
	name           string
	resident, peak float64 // in bytes
	cpu            time.Duration
}

// measure looks at each process, and at Postgres with its servants as one.
func measure(t testing.TB, s *stack) []usage {
	t.Helper()
	var all []usage
	for _, p := range s.processes() {
		u := usageOf(p.pid())
		u.name = p.name
		all = append(all, u)
	}
	postgres := usage{name: "postgres, all processes (shared memory counted in each)"}
	for _, pid := range append(childrenOf(s.postgres.pid()), s.postgres.pid()) {
		u := usageOf(pid)
		postgres.resident, postgres.peak, postgres.cpu = postgres.resident+u.resident, postgres.peak+u.peak, postgres.cpu+u.cpu
	}
	return append(all, postgres)
}

// usageOf reads /proc; what has just ended has used nothing.
func usageOf(pid int) usage {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return usage{}
	}
	u := usage{resident: kilobytes(string(status), "VmRSS:"), peak: kilobytes(string(status), "VmHWM:")}
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return usage{}
	}
	// Behind the name, which may have spaces: utime and stime are fields 14 and 15 of all.
	fields := strings.Fields(string(stat)[strings.LastIndex(string(stat), ")")+1:])
	const user, system = 14 - 3, 15 - 3
	for _, field := range []string{fields[user], fields[system]} {
		if ticks, err := strconv.Atoi(field); err == nil {
			u.cpu += time.Duration(ticks) * clockTick
		}
	}
	return u
}

// kilobytes returns a line of /proc/PID/status in bytes.
func kilobytes(status, name string) float64 {
	_, rest, found := strings.Cut(status, name)
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0
	}
	n, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return 0
	}
	return n * (1 << 10)
}

// childrenOf returns the ids of a process's children.
func childrenOf(pid int) []int {
	var children []int
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // it has just ended
		}
		for _, field := range strings.Fields(string(content)) {
			if child, err := strconv.Atoi(field); err == nil {
				children = append(children, child)
			}
		}
	}
	return children
}
