package main_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/internal/pgd"
)

// latencies are how long reads took, in each part of the test.
type latencies struct {
	mu    sync.Mutex
	parts map[string][]time.Duration
}

func (l *latencies) add(part string, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.parts[part] = append(l.parts[part], took)
}

func (l *latencies) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.parts[part])
}

// report prints the median and the 99th of a hundred.
func (l *latencies) report(t *testing.T, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, part := range []string{"before", "during", "after"} {
		all := l.parts[part]
		slices.Sort(all)
		if n := len(all); n > 0 {
			t.Logf("%s %s the rebuild: %d reads, p50 %v, p99 %v, most %v", what, part, n,
				all[n/2].Round(time.Microsecond), all[n*99/100].Round(time.Microsecond), all[n-1].Round(time.Microsecond))
		}
	}
}

// load is what goes on beside a rebuild.
type load struct {
	t         *testing.T
	p         *process
	token     string
	part      atomic.Value // string: before, during, after
	stop      chan struct{}
	group     sync.WaitGroup
	http, sql latencies
}

// loadPause is between two things that one of them does: they are people, and the
// rebuild needs a processor too.
const loadPause = 5 * time.Millisecond

func (l *load) each(read func()) {
	l.group.Go(func() {
		tick := time.NewTicker(loadPause)
		defer tick.Stop()
		for {
			read()
			select {
			case <-l.stop:
				return
			case <-tick.C:
			}
		}
	})
}

// readHTTP reads the newest page again and again: it is never an error, never
// empty and never older than the one before.
func (l *load) readHTTP() {
	var newest uint64
	l.each(func() {
		part, began := l.part.Load().(string), time.Now()
		status, body := get(l.p, "/messages?limit=50", l.token)
		l.http.add(part, time.Since(began))
		var page struct{ Messages []frame }
		if err := json.Unmarshal(body, &page); status != http.StatusOK || err != nil || len(page.Messages) == 0 {
			l.t.Errorf("GET /messages %s the rebuild: %d %.200s, %v", part, status, body, err)
			return
		}
		seq := page.Messages[len(page.Messages)-1].Seq
		if seq < newest {
			l.t.Errorf("GET /messages %s the rebuild ends at %d, after %d", part, seq, newest)
		}
		newest = seq
	})
}

// readSQL asks over all views what may only grow.
func (l *load) readSQL(url string) {
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		l.t.Fatal(err)
	}
	var before [5]int64
	l.each(func() {
		part, began := l.part.Load().(string), time.Now()
		var now [5]int64
		err := conn.QueryRow(context.Background(), `
SELECT f.applied_seq, (SELECT count(*) FROM chat.messages), (SELECT max(seq) FROM chat.events),
       (SELECT sum(messages) FROM chat.channels), (SELECT sum(messages) FROM chat.daily_activity)
FROM chat.freshness f`).Scan(&now[0], &now[1], &now[2], &now[3], &now[4])
		l.sql.add(part, time.Since(began))
		if err != nil {
			l.t.Errorf("SQL %s the rebuild: %v", part, err)
			return
		}
		for i := range now {
			if now[i] < before[i] {
				l.t.Errorf("SQL %s the rebuild: %v, after %v", part, now, before)
			}
		}
		if now[1] != now[3] || now[1] != now[4] {
			l.t.Errorf("SQL %s the rebuild: %v, want the counts of messages equal", part, now)
		}
		before = now
	})
	l.group.Go(func() {
		<-l.stop
		l.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	})
}

// listen reads a socket and wants its chain without a gap.
func (l *load) listen() (seen func() uint64) {
	ws, err := l.p.connect(l.token)
	if err != nil {
		l.t.Fatal(err)
	}
	var last atomic.Uint64
	l.group.Go(func() {
		defer ws.Close()
		go func() { <-l.stop; _ = ws.SetReadDeadline(time.Now()) }()
		for {
			var f frame
			if err := ws.ReadJSON(&f); err != nil {
				select {
				case <-l.stop:
				default:
					l.t.Errorf("the socket ended: %v", err)
				}
				return
			}
			if f.Seq == 0 {
				continue
			}
			if before := last.Load(); before != 0 && f.Prev != before {
				l.t.Errorf("frame %d follows %d and was sent after %d", f.Seq, f.Prev, before)
			}
			last.Store(f.Seq)
		}
	})
	return last.Load
}

// A rebuild beside a server under load: people write, read by HTTP and in SQL
// and listen, and none of them notices. Then the tables are what the log says.
func TestRebuildUnderLoad(t *testing.T) {
	t.Parallel()
	data, address := dataDir(t), freeAddress(t)
	if _, errs, code := chitchat(t, "demo", "--data", data, "--weeks", "1", "--until", "2026-06-01"); code != 0 {
		t.Fatalf("demo: %d %s", code, errs)
	}
	seed.Plant(t, data)
	p := serve(t, data, address, "CHITCHAT_MESSAGE_RATE=0")
	eventually(t, "the tables", func() bool {
		out, _, _ := chitchat(t, "sql", "--data", data, "--format", "csv", "SELECT lag FROM chat.freshness WHERE applied_seq > 0")
		return strings.TrimSpace(out) == "lag\n0"
	})
	l := &load{t: t, p: p, token: p.signIn("reader", "engineering"), stop: make(chan struct{})}
	l.http.parts, l.sql.parts = make(map[string][]time.Duration), make(map[string][]time.Duration)
	l.part.Store("before")
	url, err := pgd.Attach(data, pgd.Database)
	if err != nil {
		t.Fatal(err)
	}
	seen := l.listen()
	writers := []*writer{{name: "first", pause: loadPause}, {name: "second", pause: loadPause}}
	for _, w := range writers {
		token := p.signIn(w.name, "engineering")
		l.group.Go(func() { w.run(func() *process { return p }, token, l.stop) })
	}
	l.readHTTP()
	l.readSQL(url)

	const enough = 50 // reads, before and after
	eventually(t, "reads before the rebuild", func() bool { return l.http.count("before") > enough && l.sql.count("before") > enough })
	l.part.Store("during")
	for range 2 {
		out, errs, code := chitchat(t, "rebuild", "--data", data)
		if code != 0 || !strings.Contains(out, "is live") {
			t.Errorf("rebuild: %d %s %s", code, out, errs)
		}
	}
	for range 5 { // what is written meanwhile is lag, and no fault
		want(t, 0, "tables", "status", "--data", data)
	}
	l.part.Store("after")
	eventually(t, "reads after the rebuild", func() bool { return l.http.count("after") > enough && l.sql.count("after") > enough })
	close(l.stop)
	l.group.Wait()
	l.http.report(t, "GET /messages")
	l.sql.report(t, "SQL")

	var last uint64
	for _, w := range writers {
		if len(w.acked) == 0 {
			t.Fatalf("%s sent nothing", w.name)
		}
		last = max(last, w.acked[len(w.acked)-1].Seq)
	}
	wantAcked(t, writers, slices.DeleteFunc(p.history(l.token, last), func(m frame) bool { return !bySomebody(writers, m) }))
	if at := seen(); at == 0 {
		t.Error("the socket saw nothing")
	}
	if out, errs, code := chitchat(t, "verify", "--data", data); code != 0 {
		t.Errorf("verify: %d %s %s", code, out, errs)
	}
	if out, _, _ := chitchat(t, "sql", "--data", data, "--format", "csv", "SELECT generation FROM chat.freshness"); strings.TrimSpace(out) != "generation\n3" {
		t.Errorf("generation = %q, want 3", out)
	}
}

// bySomebody reports whether the message is one of the writers'.
func bySomebody(writers []*writer, m frame) bool {
	return slices.ContainsFunc(writers, func(w *writer) bool { return strings.HasPrefix(m.Text, w.name+" ") })
}
