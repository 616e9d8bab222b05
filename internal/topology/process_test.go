//go:build topology

package topology_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// tailBytes is how much of what a process wrote last is shown when the test fails.
	tailBytes = 4 << 10
	// raceWarning begins a report of the race detector.
	raceWarning = "WARNING: DATA RACE"
	// stopPatience bounds the end of a process that was asked to end: it drains for up to 10 s, and as much again for
	// each of its parts, on a machine that is busy.
	stopPatience = 60 * time.Second
)

// process is a program of the topology. It may be started again after its end; it is ended at the end of the test.
type process struct {
	t    testing.TB
	name string
	path string
	args []string
	env  []string
	file string // where all runs' output goes

	mu      sync.Mutex
	cmd     *exec.Cmd
	done    chan struct{} // closed when this run has ended
	asked   bool          // the test has asked for the end of this run
	strange []string      // what no run should have done
}

// newProcess describes a program; start starts it.
func newProcess(t testing.TB, name, path string, args, env []string) *process {
	p := &process{t: t, name: name, path: path, args: args, env: env, file: filepath.Join(t.ArtifactDir(), name+".log")}
	t.Cleanup(p.kill)
	return p
}

// start starts the program. Its goroutine stays on its thread, since the kernel kills the program when the thread ends
// that started it; so nothing is left when the test dies.
func (p *process) start() {
	p.t.Helper()
	out, err := os.OpenFile(p.file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.Command(p.path, p.args...)
	cmd.Env = append(baseEnvironment(), p.env...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	started, done := make(chan error, 1), make(chan struct{})
	p.mu.Lock()
	p.cmd, p.done, p.asked = cmd, done, false
	p.mu.Unlock()
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(done)
		defer out.Close()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.ended(cmd.Wait())
		}
	}()
	if err := <-started; err != nil {
		p.t.Fatalf("start %s: %v", p.name, err)
	}
}

// ended notes an end that nobody asked for, and one in order that was none.
func (p *process) ended(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var exit *exec.ExitError
	killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled()
	if !p.asked || (err != nil && !killed) {
		p.strange = append(p.strange, fmt.Sprintf("%s ended by itself: %v", p.name, err))
	}
}

// signal sends a signal to the running program.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("%s: send %v: %v", p.name, s, err)
	}
}

// ask says that the end of the run is wanted, and returns what is closed at it; nil when the program never ran.
func (p *process) ask(s syscall.Signal) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil || p.cmd.Process == nil {
		return nil
	}
	p.asked = true
	_ = p.cmd.Process.Signal(s) // it may have ended
	return p.done
}

// kill ends the program as a power cut would, as far as the kernel lets us.
func (p *process) kill() {
	if done := p.ask(syscall.SIGKILL); done != nil {
		<-done
	}
}

// stop ends the program in order.
func (p *process) stop() {
	p.t.Helper()
	done := p.ask(syscall.SIGTERM)
	select {
	case <-done:
	case <-time.After(stopPatience):
		p.kill()
		p.t.Errorf("%s did not end within %v of SIGTERM", p.name, stopPatience)
	}
}

// hasEnded reports whether the program does not run.
func (p *process) hasEnded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// pid returns the id of the running program.
func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Pid
}

// output returns all that the program has written.
func (p *process) output() string {
	content, err := os.ReadFile(p.file)
	if err != nil {
		return err.Error()
	}
	return string(content)
}

// tail returns what the program wrote last.
func (p *process) tail() string {
	out := p.output()
	return out[max(len(out)-tailBytes, 0):]
}

// faults returns what no run should have done: ends by itself, and races.
func (p *process) faults() []string {
	out := p.output()
	p.mu.Lock()
	defer p.mu.Unlock()
	faults := p.strange
	p.strange = nil
	if at := strings.Index(out, raceWarning); at >= 0 {
		faults = append(faults, p.name+": "+out[at:min(at+2*tailBytes, len(out))])
	}
	return faults
}

// baseEnvironment is this process's without the settings of chitchat and its engines. The race detector waits a second
// at the end of a process by default, for goroutines that nobody waited for; there are none.
func baseEnvironment() []string {
	var env []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		switch {
		case strings.HasPrefix(name, "CHITCHAT_"), strings.HasPrefix(name, "NATS_"), strings.HasPrefix(name, "OTEL_"),
			name == "DATABASE_URL", name == "JWT_SECRET":
		default:
			env = append(env, variable)
		}
	}
	return append(env, "GORACE=atexit_sleep_ms=0 exitcode=66")
}

// run runs a command of the program to its end.
func run(t testing.TB, path string, env []string, args ...string) (output string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(baseEnvironment(), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s %v: %v", path, args, err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// freeAddress returns a loopback address that nobody listens on, below the ports that the kernel gives to outgoing
// connections: a program that is killed finds its port free when it comes back.
func freeAddress(t testing.TB) string {
	t.Helper()
	const (
		first, last = 20000, 32000
		tries       = 100
	)
	for range tries {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(first+rand.IntN(last-first)))
		if listener, err := net.Listen("tcp", address); err == nil {
			listener.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// eventually looks until ok, and returns how long that took. The test fails at the bound.
func eventually(t testing.TB, bound time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > bound {
			t.Fatalf("waited %v in vain: %s", bound, what)
		}
		pause(t)
	}
	return time.Since(began)
}

// pause is between two looks at something that tells nobody when it changes.
func pause(t testing.TB) {
	select {
	case <-time.After(20 * time.Millisecond):
	case <-t.Context().Done():
	}
}
