package gateway

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi/token"
	"github.com/faustman/chitchat/internal/natstest"
)

// benchGateway runs a gateway whose sockets all are in one channel.
func benchGateway(tb testing.TB) (*Gateway, *httptest.Server) {
	tb.Helper()
	discard := slog.New(slog.DiscardHandler)
	log, err := eventstore.Open(tb.Context(), natstest.Conn(tb), eventstore.Options{Logger: discard})
	if err != nil {
		tb.Fatal(err)
	}
	terms, err := log.Terms(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	g, err := New(Config{Log: log, Terms: terms, SessionKey: make([]byte, 32), LeaveGrace: time.Minute, Logger: discard})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = g.Run(ctx)
	}()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := domain.NewUser(r.URL.Query().Get("user"), "")
		_ = g.Upgrade(w, r, token.Claims{User: user, Channel: "bench", Expires: time.Now().Add(time.Hour)})
	}))
	tb.Cleanup(func() {
		cancel()
		<-done
		server.Close()
	})
	for !g.ready.Load() {
		time.Sleep(time.Millisecond) // between two looks
	}
	return g, server
}

// readers opens n sockets and counts the bytes that come to them.
func readers(tb testing.TB, server *httptest.Server, n int, received *atomic.Int64) {
	tb.Helper()
	var wg sync.WaitGroup
	tb.Cleanup(wg.Wait) // after the sockets are closed: what is last said is done first
	for i := range n {
		dialer := websocket.Dialer{Subprotocols: []string{Subprotocol}, ReadBufferSize: 512}
		ws, response, err := dialer.Dial(strings.Replace(server.URL, "http", "ws", 1)+fmt.Sprint("?user=u", i), nil)
		if err != nil {
			tb.Fatal(err)
		}
		_ = response.Body.Close()
		wg.Go(func() { count(ws.NetConn(), received) })
		tb.Cleanup(func() { _ = ws.Close() })
	}
}

// count reads past the websocket library, so that a delivery's cost is the
// server's and that of two system calls.
func count(conn net.Conn, received *atomic.Int64) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		received.Add(int64(n))
	}
}

// settle waits until what is on the way has come.
func settle(received *atomic.Int64) {
	for last := int64(-1); last != received.Load(); {
		last = received.Load()
		time.Sleep(50 * time.Millisecond) // nothing new for so long: all has come
	}
}

// BenchmarkDeliver is what a delivered frame costs, from the decoded event to
// the bytes in every reader's hands, with so many connections in the room. An
// operation is a delivery; events come in bursts of 32.
func BenchmarkDeliver(b *testing.B) {
	for _, conns := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint("conns=", conns), func(b *testing.B) {
			g, server := benchGateway(b)
			var received atomic.Int64
			readers(b, server, conns, &received)
			settle(&received)
			const burst = 32
			seq := g.hub.pos.Load()
			b.ReportAllocs()
			b.ResetTimer()
			for done := 0; done < b.N; done += burst * conns {
				b.StopTimer()
				records, size := benchRecords(seq, burst)
				seq += burst
				want := received.Load() + int64(size*conns)
				b.StartTimer()
				g.hub.apply(records, func(entry) {})
				for received.Load() < want {
					time.Sleep(50 * time.Microsecond) // leaves the core to the workers, which a spin would not
				}
			}
			b.StopTimer()
		})
	}
}

// benchRecords returns n messages behind the sequence, and the least number of
// bytes that their frames have.
func benchRecords(after uint64, n int) (records []eventstore.Record, size int) {
	for i := range n {
		seq := after + uint64(i) + 1
		event := &domain.MessagePosted{
			Header: domain.Header{
				From:   domain.User{ID: "97f960a48b419ff55a2abfba9d8de223", Name: "John Snow"},
				SentAt: time.Unix(1767225600, 0),
			},
			ID:   fmt.Sprint("id-", seq),
			Text: strings.Repeat("x", 128),
		}
		records = append(records, eventstore.Record{Seq: seq, Channel: "bench", Event: event})
		size += len(appendText(nil, domain.AppendFrame(nil, event, seq, after)))
	}
	return records, size
}

// BenchmarkPublish is what an event costs before anybody gets it: folded,
// encoded for both dialects and put into the room's log.
func BenchmarkPublish(b *testing.B) {
	h := newHub(nil, defaultRecent, func(*room) {}, newStats(nil), nil)
	r := &room{channel: "bench", wake: func(*room) {}, ready: make(chan struct{})}
	h.rooms["bench"] = r
	r.begin(0, 0, 0)
	close(r.ready)
	records, _ := benchRecords(0, 2*defaultRecent) // so many that no id comes again while the ring knows it
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		record := records[i%len(records)]
		record.Seq = uint64(i + 1)
		h.applySome([]eventstore.Record{record}, func(entry) {})
	}
}

// BenchmarkIdleSockets is what an idle socket costs in memory, the test's own
// end of it included; it reports bytes and goroutines a socket.
func BenchmarkIdleSockets(b *testing.B) {
	const conns = 2000
	_, server := benchGateway(b)
	before, goroutines := memory(), runtime.NumGoroutine()
	for i := range conns {
		conn, err := handshake(server, fmt.Sprint("u", i))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
	}
	time.Sleep(time.Second) // let joins, hellos and the server's own goroutines end
	after := memory()
	for b.Loop() {
		runtime.Gosched()
	}
	b.ReportMetric(float64(after-before)/conns, "B/socket")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/conns, "goroutines/socket")
}

// handshake opens a socket by hand, so that the client's end has no buffer.
func handshake(server *httptest.Server, user string) (net.Conn, error) {
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(conn, "GET /?user=%s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\n\r\n", user, Subprotocol)
	if err != nil {
		return nil, err
	}
	var head [12]byte
	_, err = io.ReadFull(conn, head[:])
	return conn, err
}

func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapInuse + stats.StackInuse
}
