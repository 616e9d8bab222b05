package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	program "github.com/faustman/chitchat/cmd/chitchat"
	"github.com/faustman/chitchat/internal/datadir"
	"github.com/faustman/chitchat/internal/pgtest"
)

// patience bounds every wait of a test for a condition. A machine that builds
// and runs other tests meanwhile is slow.
const patience = 60 * time.Second

var (
	// binary is the program, built with the race detector, as servers and as
	// commands that are killed or piped run it.
	binary string
	// seed is a Postgres cluster to begin with, as initdb makes it.
	seed *pgtest.Seed
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "chitchat-test-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		if err := os.Chmod(dir, 0o711); err != nil { // root's servant has to reach the seed
			panic(err)
		}
		if err := forgetSettings(); err != nil {
			panic(err)
		}
		binary = filepath.Join(dir, "chitchat")
		build := exec.Command("go", "build", "-race", "-o", binary, ".")
		if output, err := build.CombinedOutput(); err != nil {
			panic(fmt.Sprintf("go build: %v\n%s", err, output))
		}
		seed = pgtest.NewSeed(filepath.Join(dir, "seed"))
		code := m.Run()
		if code == 0 {
			if err := goleak.Find(); err != nil {
				fmt.Fprintf(os.Stderr, "tests have passed, but %v\n", err)
				code = 1
			}
		}
		return code
	}())
}

// process is a running `chitchat serve`.
type process struct {
	t       testing.TB
	command *exec.Cmd
	address string
	data    string
	log     *buffer
	done    chan struct{}
	err     error
}

// buffer is what a process writes, for many goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// dataDir returns a directory for --data that root's servant can reach too. It
// is not made yet.
func dataDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp(pgtest.FastDir(), "chitchat-data-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "data")
}

// seededDir is dataDir, for a server whose first start is not the subject: initdb
// has been here already. The databases in it are the server's to make.
func seededDir(t testing.TB) string {
	t.Helper()
	dir := dataDir(t)
	made, err := datadir.Open(dir) // marks it as ours
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	seed.Plant(t, dir)
	return dir
}

// serve starts the program and waits until it is ready. settings are
// variables, as NAME=value.
func serve(t testing.TB, data, address string, settings ...string) *process {
	t.Helper()
	p := start(t, data, address, settings...)
	eventually(t, "the server is ready", func() bool {
		select {
		case <-p.done:
			t.Fatalf("the server ended: %v\n%s", p.err, p.log)
		default:
		}
		status, _ := get(p, "/readyz", "")
		return status == http.StatusOK
	})
	return p
}

func start(t testing.TB, data, address string, settings ...string) *process {
	t.Helper()
	p := &process{t: t, address: address, data: data, log: &buffer{}, done: make(chan struct{})}
	p.command = exec.Command(binary, "serve", "--data", data, "--listen", address)
	p.command.Env = append(cleanEnvironment(), settings...)
	p.command.Stdout, p.command.Stderr = p.log, p.log
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	serving.Store(data, p)
	go func() {
		p.err = p.command.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("the server's log:\n%s", tail(p.log.String(), 8<<10))
		}
		if text := p.log.String(); strings.Contains(text, "DATA RACE") {
			t.Errorf("data race:\n%s", tail(text, 8<<10))
		}
	})
	return p
}

// testSettings are what tests themselves read of the environment, and where
// Postgres is.
var testSettings = []string{"CHITCHAT_PG_BIN", "CHITCHAT_BENCH_EVENTS"}

// settingPrefixes are how variables of the environment begin that set chitchat.
var settingPrefixes = []string{"CHITCHAT_", "DATABASE_URL", "NATS_", "JWT_SECRET", "OTEL_"}

// forgetSettings takes the settings of chitchat out of this process's environment,
// and so out of that of all commands.
func forgetSettings() error {
	var errs []error
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		setting := slices.ContainsFunc(settingPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		if setting && !slices.Contains(testSettings, name) {
			errs = append(errs, os.Unsetenv(name))
		}
	}
	return errors.Join(errs...)
}

// cleanEnvironment is this process's, without the settings of chitchat. A program
// with the race detector sleeps for a second before it ends, so that goroutines
// that nobody waited for may still race: not here, where each command waits for
// its own. Races are still reported, and change the exit code.
func cleanEnvironment() []string {
	return append(os.Environ(), "GORACE="+strings.TrimSpace("atexit_sleep_ms=0 "+os.Getenv("GORACE")))
}

func tail(s string, n int) string { return s[max(len(s)-n, 0):] }

// stop ends the server in order.
func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Error("the server does not end on SIGTERM")
		p.kill()
	}
}

// kill ends the server as a power cut would, as far as the kernel lets us.
func (p *process) kill() {
	_ = p.command.Process.Kill()
	<-p.done
}

// chitchat runs a command and returns its output and its exit code.
func chitchat(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	if !fitsInHere(args) {
		return chitchatFrom(t, nil, args...)
	}
	return chitchatHere(t, args...)
}

// chitchatHere is chitchat in this process, for commands that start nothing.
func chitchatHere(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out, errs buffer
	code = program.Run(ctx, args, &out, &errs)
	return out.String(), errs.String(), code
}

// fitsInHere tells whether a command can run in this process, which has the race
// detector too and takes a tenth of the time: beside a running server, and where
// there is nothing to start. A command that locks the data directory can't, since
// a process that another test starts in that moment would hold on to the lock.
func fitsInHere(args []string) bool {
	data := ""
	if at := slices.Index(args, "--data"); at >= 0 && at+1 < len(args) {
		data = args[at+1]
	}
	if p, found := serving.Load(data); found {
		select {
		case <-p.(*process).done:
		default:
			return true
		}
	}
	if args[0] == "demo" || args[0] == "import" { // make the directory
		return false
	}
	_, err := os.Stat(data)
	return err != nil
}

// serving has the latest process on each data directory.
var serving sync.Map // of string to *process

// get asks the server; the body is empty when it can't be reached.
func get(p *process, path, token string) (status int, body []byte) {
	request, err := http.NewRequest(http.MethodGet, "http://"+p.address+path, nil)
	if err != nil {
		return 0, nil
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return 0, nil
	}
	defer response.Body.Close()
	body, _ = io.ReadAll(response.Body)
	return response.StatusCode, body
}

// signIn returns a token.
func (p *process) signIn(name, channel string) string {
	p.t.Helper()
	response, err := http.PostForm("http://"+p.address+"/auth", url.Values{"name": {name}, "channel": {channel}})
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ Token string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Token == "" {
		p.t.Fatalf("POST /auth: %v, %v", response.Status, err)
	}
	return answer.Token
}

// frame is what a test reads of frames and messages.
type frame struct {
	Type string `json:"type"`
	Seq  uint64 `json:"seq"`
	Prev uint64 `json:"prev"`
	ID   string `json:"id"`
	Text string `json:"text"`
	Code string `json:"code"`
}

// history reads the channel's messages, all of them.
func (p *process) history(token string, minSeq uint64) []frame {
	p.t.Helper()
	var all []frame
	for after := uint64(0); ; {
		status, body := get(p, fmt.Sprintf("/messages?limit=200&after=%d&min_seq=%d", after, minSeq), token)
		if status != http.StatusOK {
			p.t.Fatalf("GET /messages: %d %s", status, body)
		}
		var page struct {
			Messages []frame
			HasMore  bool `json:"has_more"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			p.t.Fatal(err)
		}
		all = append(all, page.Messages...)
		if !page.HasMore {
			return all
		}
		after = all[len(all)-1].Seq
	}
}

// connect opens a socket in chitchat.v1; parameters are more of the query's.
func (p *process) connect(token string, parameters ...string) (*websocket.Conn, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"chitchat.v1"}, HandshakeTimeout: 10 * time.Second}
	ws, response, err := dialer.Dial("ws://"+p.address+"/channel?"+strings.Join(append(parameters, "token="+token), "&"), nil)
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	return ws, err
}

// send sends a message and returns its answer.
func send(ws *websocket.Conn, id, text string, retry bool) (frame, error) {
	command, err := json.Marshal(map[string]any{"type": "send", "id": id, "text": text, "retry": retry})
	if err != nil {
		return frame{}, err
	}
	if err := ws.WriteMessage(websocket.TextMessage, command); err != nil {
		return frame{}, err
	}
	for {
		var f frame
		_ = ws.SetReadDeadline(time.Now().Add(patience))
		if err := ws.ReadJSON(&f); err != nil {
			return frame{}, err
		}
		if (f.Type == "ack" || f.Type == "error") && f.ID == id {
			return f, nil
		}
	}
}

// eventually waits for a condition. Looking at it takes a quarter of the time at
// most: a look may be a connection to Postgres, and there are other tests.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); ; {
		look := time.Now()
		if ok() {
			return
		}
		if time.Since(began) > patience {
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
		time.Sleep(min(max(3*time.Since(look), 10*time.Millisecond), 500*time.Millisecond)) // between two looks
	}
}
