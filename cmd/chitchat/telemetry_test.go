package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/faustman/chitchat/internal/datadir"
	"github.com/faustman/chitchat/internal/natsd"
)

// steady are the metrics that say what is, and stand still while all is well,
// with the least that each must show. All others have to move.
var steady = map[string]float64{
	"chitchat_build_info":           1,
	"chitchat_log_servers":          1,
	"chitchat_log_replicas":         1,
	"chitchat_projector_generation": 1,
	"chitchat_projector_leading":    1,
}

// Those of the gateway are driven by TestEachMetricMoves in its own package,
// which can make its log fail.
const gatewayMetrics = "chitchat_gateway_"

// texts are what people said, which no line of the log and no span may have.
var texts = []string{"a-secret-text", "another-secret-text", "secret-junk"}

// watched is a server's metrics, as far as they have moved.
type watched struct {
	p     *process
	began bool
	least map[string]float64 // by series; of one that came later, 0
	most  map[string]float64
}

// look takes in what the server shows now.
func (w *watched) look() map[string]float64 {
	w.p.t.Helper()
	status, body := get(w.p, "/metrics", "")
	if status != http.StatusOK {
		w.p.t.Fatalf("GET /metrics = %d", status)
	}
	now := map[string]float64{}
	for line := range strings.Lines(string(body)) {
		series, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, _, _ := strings.Cut(series, "{")
		if !strings.HasPrefix(name, "chitchat_") || strings.HasSuffix(name, "_bucket") || strings.HasSuffix(name, "_sum") {
			continue
		}
		number, err := strconv.ParseFloat(value[strings.LastIndexByte(value, ' ')+1:], 64)
		if err != nil {
			w.p.t.Fatalf("GET /metrics: %q: %v", line, err)
		}
		now[series] = number
		if _, known := w.least[series]; !known && !w.began {
			w.least[series] = number
		}
		w.least[series] = min(w.least[series], number)
		w.most[series] = max(w.most[series], number)
	}
	w.began = true
	return now
}

// check fails for each metric that shows nothing of what happened in any of its
// series.
func (w *watched) check() {
	w.p.t.Helper()
	moved, highest := map[string]bool{}, map[string]float64{}
	for series, most := range w.most {
		name, _, _ := strings.Cut(series, "{")
		moved[name] = moved[name] || most != w.least[series]
		highest[name] = max(highest[name], most)
	}
	for name := range moved {
		least, stands := steady[name]
		switch {
		case strings.HasPrefix(name, gatewayMetrics):
		case stands && highest[name] < least:
			w.p.t.Errorf("%s = %v, want at least %v", name, highest[name], least)
		case !stands && !moved[name]:
			w.p.t.Errorf("%s did not move from %v", name, highest[name])
		}
	}
	for name := range steady {
		if _, shown := moved[name]; !shown {
			w.p.t.Errorf("%s is not shown", name)
		}
	}
}

// TestSeenFromOutside has one server with all that others see it by: metrics,
// traces, its log and its profiles. It goes through what a server goes through,
// a Postgres that ends with it.
func TestSeenFromOutside(t *testing.T) {
	t.Parallel()
	collected, profiles := collectSpans(t), freeAddress(t)
	data := seededDir(t)
	p := serve(t, data, freeAddress(t), "CHITCHAT_LOG_LEVEL=debug", "CHITCHAT_LOG_FORMAT=json", "CHITCHAT_PPROF="+profiles, "CHITCHAT_MESSAGE_RATE=0",
		"OTEL_EXPORTER_OTLP_ENDPOINT="+collected.URL, "OTEL_BSP_SCHEDULE_DELAY=50")
	metrics := &watched{p: p, least: map[string]float64{}, most: map[string]float64{}}
	metrics.look()

	token := p.signIn("ada", "lobby")
	ws, err := p.connect(token)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	answer, err := send(ws, "m-1", texts[0], false)
	if err != nil || answer.Type != "ack" {
		t.Fatalf("send: %+v, %v", answer, err)
	}
	if again, err := send(ws, "m-1", texts[0], true); err != nil || again.Seq != answer.Seq {
		t.Errorf("send again: %+v, %v; want seq %d", again, err, answer.Seq)
	}
	wantTrace(t, collected, answer.Seq)
	publishJunk(t, data)
	if status, _ := get(p, "/messages?min_seq="+strconv.FormatUint(answer.Seq, 10)+"&token="+token, ""); status != http.StatusOK {
		t.Errorf("GET /messages = %d", status)
	}
	get(p, "/messages?token="+token+"x", "") // refused
	wantProfiles(t, profiles)
	endPostgres(t, ws, data, metrics)
	metrics.check()
	_, body := get(p, "/metrics", "")
	if problems, err := promlint.New(bytes.NewReader(body)).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}

	_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(patience))
	eventually(t, "the socket's end is logged", func() bool { return strings.Contains(p.log.String(), `"websocket ended"`) })
	p.stop()
	wantLog(t, p.log.String(), token)
	collected.mu.Lock()
	defer collected.mu.Unlock()
	wantNoSecrets(t, "spans", string(collected.raw), token)
	if got := collected.resources["service.name"]; !strings.Contains(got, "chitchat") {
		t.Errorf("service.name = %q", got)
	}
	if got := collected.resources["chitchat.roles"]; !strings.Contains(got, "projector") {
		t.Errorf("chitchat.roles = %q", got)
	}
}

// wantTrace waits for the one trace of a message, from the send to the delivery
// and the tables.
func wantTrace(t *testing.T, collected *spans, seq uint64) {
	t.Helper()
	has := map[string]int64{"chitchat.seq": int64(seq)}
	found := func(name string, parent *trace.Span) (span *trace.Span) {
		var id []byte
		if parent != nil {
			id = parent.SpanId
		}
		eventually(t, "the span of "+name, func() bool {
			span = collected.find(name, id, has)
			return span != nil
		})
		if parent != nil && !bytes.Equal(span.TraceId, parent.TraceId) {
			t.Errorf("%s is in trace %x, want that of %s, %x", name, span.TraceId, parent.Name, parent.TraceId)
		}
		return span
	}
	sent := found("send", nil)
	appended := found("append", sent)
	found("deliver", appended)
	found("project", appended)
	has = nil
	found("POST /auth", nil)
	found("GET /channel", nil) // ends with the upgrade
}

// publishJunk has another program write what is no event, in a trace that is
// none.
func publishJunk(t *testing.T, data string) {
	t.Helper()
	sockets, err := datadir.FindSocketDir(data)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := natsd.Dial(filepath.Join(sockets, "nats.sock"), natsd.ClientOptions(slog.New(slog.DiscardHandler))...)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for _, payload := range []string{
		`{"type":"poke","v":1,"from_user":{"id":"u","name":"Uma"},"sent_at":"2026-01-01T00:00:00Z","text":"secret-junk"}`,
		`secret-junk {"text":"secret-junk"}`,
	} {
		junk := &nats.Msg{Subject: "chitchat.lobby", Data: []byte(payload), Header: nats.Header{"traceparent": {"00-secret-junk-01"}}}
		if _, err := nc.RequestMsg(junk, patience); err != nil {
			t.Fatal(err)
		}
	}
}

// endPostgres ends the private Postgres, which the server starts again, and
// sends messages until the metrics have shown that the tables are behind, and
// that they are not any more.
func endPostgres(t *testing.T, ws *websocket.Conn, data string, metrics *watched) {
	t.Helper()
	killPostgres(t, data)
	n := 0
	eventually(t, "the metrics show that Postgres is gone", func() bool {
		n++
		if answer, err := send(ws, "late-"+strconv.Itoa(n), texts[1], false); err != nil || answer.Type != "ack" {
			t.Fatalf("send: %+v, %v", answer, err)
		}
		metrics.look()
		return metrics.most["chitchat_projector_fault"] == 1 && metrics.most["chitchat_projector_lag_events"] > 0 &&
			metrics.most["chitchat_projector_lag_seconds"] > 0
	})
	eventually(t, "the tables have caught up", func() bool {
		now := metrics.look()
		return now["chitchat_projector_fault"] == 0 && now["chitchat_projector_lag_events"] == 0
	})
}

// wantProfiles asks for profiles, as one may and as one may not.
func wantProfiles(t *testing.T, address string) {
	t.Helper()
	for _, test := range []struct {
		path, host string
		want       int
	}{
		{"/debug/pprof/", "", http.StatusOK},
		{"/debug/pprof/goroutine?debug=1", "localhost", http.StatusOK},
		{"/debug/pprof/cmdline", "", http.StatusNotFound},
		{"/metrics", "", http.StatusNotFound},
		{"/debug/pprof/heap", "evil.example", http.StatusForbidden},
	} {
		request, err := http.NewRequest(http.MethodGet, "http://"+address+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = test.host
		client := http.Client{Timeout: patience}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		client.CloseIdleConnections()
		if response.StatusCode != test.want {
			t.Errorf("GET %s of %q = %d, want %d", test.path, test.host, response.StatusCode, test.want)
		}
	}
}

// wantLog looks for what the log has to say, and for what it must not.
func wantLog(t *testing.T, log, token string) {
	t.Helper()
	missing := map[string][]string{ // the fields of lines
		"websocket opened":                    {"INFO", "user", "channel", "session"},
		"websocket ended":                     {"INFO", "user", "channel", "session", "code", "took", "seq"},
		"message accepted":                    {"DEBUG", "user", "channel", "seq", "trace_id", "span_id"},
		"http request":                        {"INFO", "user", "channel", "path", "trace_id"},
		"batch applied":                       {"DEBUG", "events", "up_to"},
		"an entry of the log was quarantined": {"WARN", "channel", "seq", "reason"},
	}
	lines := bufio.NewScanner(strings.NewReader(log))
	for lines.Scan() {
		var line map[string]any
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Errorf("line %q of the log is not JSON: %v", lines.Text(), err)
			continue
		}
		message, _ := line["msg"].(string)
		fields := missing[message]
		if len(fields) == 0 || line["level"] != fields[0] {
			continue
		}
		if !slices.ContainsFunc(fields[1:], func(name string) bool { return line[name] == nil || line[name] == "" }) {
			delete(missing, message)
		}
	}
	for message, fields := range missing {
		t.Errorf("no line %q in the log with %v", message, fields)
	}
	wantNoSecrets(t, "the log", log, token)
}

func wantNoSecrets(t *testing.T, where, text, token string) {
	t.Helper()
	secrets := append([]string{"eyJ", token, token[strings.LastIndexByte(token, '.')+1:]}, texts...)
	for _, secret := range secrets {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%s: %q is in it: %q", where, secret, text[max(at-300, 0):min(at+300, len(text))])
		}
	}
}
