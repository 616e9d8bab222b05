package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// follower is a `chitchat tail` that goes on.
type follower struct {
	t       *testing.T
	command *exec.Cmd
	stdout  io.ReadCloser
	lines   *bufio.Scanner
	errs    *buffer
}

func followLog(t *testing.T, args ...string) *follower {
	t.Helper()
	f := &follower{t: t, command: exec.Command(binary, append([]string{"tail"}, args...)...), errs: &buffer{}}
	f.command.Env, f.command.Stderr = cleanEnvironment(), f.errs
	var err error
	if f.stdout, err = f.command.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := f.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.command.Process.Kill() })
	f.lines = bufio.NewScanner(f.stdout)
	return f
}

// until reads lines up to one with the text.
func (f *follower) until(text string) string {
	f.t.Helper()
	timer := time.AfterFunc(patience, func() { _ = f.command.Process.Kill() })
	defer timer.Stop()
	for f.lines.Scan() {
		if strings.Contains(f.lines.Text(), text) {
			return f.lines.Text()
		}
	}
	f.t.Fatalf("tail ended without a line with %q: %s", text, f.errs)
	return ""
}

// ended waits for its end and returns the exit code.
func (f *follower) ended() int {
	f.t.Helper()
	timer := time.AfterFunc(patience, func() { _ = f.command.Process.Kill() })
	defer timer.Stop()
	_ = f.command.Wait() // the code says what it was
	return f.command.ProcessState.ExitCode()
}

func TestTail(t *testing.T) {
	t.Parallel()
	data := seededDir(t)
	p := serve(t, data, freeAddress(t), "CHITCHAT_LEAVE_GRACE=1s")
	lobby, den := p.mustConnect(p.signIn("ada", "lobby")), p.mustConnect(p.signIn("bob", "den"))
	first := say(t, lobby, "a\x1b[2J\u202eb\nc \U0001F469\u200D\U0001F467")
	grow(t, data, 1) // an entry that is no event
	say(t, den, "<hush>")
	t.Run("follows", func(t *testing.T) {
		all, one := followLog(t, "--data", data), followLog(t, "den", "--data", data, "--from", "1", "--json")
		if got, want := all.until("ada: "), fmt.Sprintf(` lobby %d ada: a\x1b[2J\u202eb\nc `, first.Seq)+"\U0001F469\u200D\U0001F467"; !strings.HasSuffix(got, want) {
			t.Errorf("line = %q, want it to end with %q", got, want)
		}
		if got := all.until("no event"); !regexp.MustCompile(`lobby \d+ \(no event: it is not the JSON`).MatchString(got) { // bob's join may come before it
			t.Errorf("line = %q, want the entry that is no event", got)
		}
		if got := one.until("hush"); !strings.Contains(got, `,"channel":"den","type":"message"`) || !strings.Contains(got, `"text":"<hush>"`) || !json.Valid([]byte(got)) {
			t.Errorf("line = %s, want the message of the den", got)
		}
		next := say(t, lobby, "as it comes")
		all.until(fmt.Sprintf("lobby %d ada: as it comes", next.Seq))
		_ = den.Close()
		one.until(`"type":"leave"`)
		all.until("bob left")
		for _, f := range []*follower{all, one} {
			_ = f.command.Process.Signal(syscall.SIGINT)
			if code := f.ended(); code != 0 {
				t.Errorf("exit code on Ctrl-C = %d, %s, want 0", code, f.errs)
			}
		}
	})
	t.Run("reader that goes away", func(t *testing.T) {
		f := followLog(t, "--data", data, "--from", "1")
		f.until("joined")
		_ = f.stdout.Close()
		say(t, lobby, "nobody reads that")
		if code := f.ended(); code != 0 || f.errs.String() != "" {
			t.Errorf("exit code = %d, %q, want 0 and nothing", code, f.errs)
		}
	})
	p.history(p.signIn("ada", "lobby"), first.Seq)
	wantTailed(t, data, first.Seq, map[string]string{
		fmt.Sprint(first.Seq):     fmt.Sprintf(`1 message at %d, present ada`, first.Seq),
		fmt.Sprint(first.Seq - 1): fmt.Sprintf(`0 messages at %d, present ada`, first.Seq-1),
		"2026-01-31 12:00":        "0 messages at 0, present",
		"9999-01-01T00:00:00Z":    "",
	})
	f := followLog(t, "--data", data, "--from", "1")
	f.until("joined")
	p.stop()
	if code := f.ended(); code != 1 || !strings.Contains(f.errs.String(), "the connection to the log is lost") {
		t.Errorf("exit code without a server = %d, %s, want 1 and why", code, f.errs)
	}
	wantTailed(t, data, first.Seq, map[string]string{fmt.Sprint(first.Seq): fmt.Sprintf(`1 message at %d, present ada`, first.Seq)})
	if out, errs, code := chitchat(t, "tail", "--data", data, "-n", "2"); code != 0 || strings.Count(out, "\n") != 2 || !strings.Contains(errs, "no server is running") {
		t.Errorf("tail without a server: exit code %d, %q, %s; want two lines and the reason", code, out, errs)
	}
}

// wantTailed wants the log and the past of the message in the lobby at seq, and the
// lobby of other moments; what it was in the future is only known to be later.
func wantTailed(t *testing.T, data string, seq uint64, moments map[string]string) {
	t.Helper()
	out, errs, code := chitchat(t, "tail", "--data", data, "--from", "0", "--no-follow", "--json")
	if code != 0 {
		t.Fatalf("tail: exit code %d, %s", code, errs)
	}
	invalid := 0
	for i, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		var entry struct {
			Seq                    int
			Channel, Type, Invalid string
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Seq != i+1 || entry.Channel == "" || (entry.Type == "") != (entry.Invalid != "") {
			t.Errorf("line %d is %s, %v", i+1, line, err)
		}
		if entry.Invalid != "" {
			invalid++
		}
	}
	if invalid != 1 {
		t.Errorf("%d entries are no events, want 1:\n%s", invalid, out)
	}
	out, errs, code = chitchat(t, "tail", "LOBBY", "--data", data, "--at", fmt.Sprint(seq))
	if code != 0 || !strings.Contains(out, fmt.Sprintf("lobby %d ada: a", seq)) || !strings.HasSuffix(out, fmt.Sprintf("at sequence %d, present: ada\n", seq)) {
		t.Errorf("tail --at: exit code %d, %q, %s", code, out, errs)
	}
	for at, want := range moments {
		out, errs, code := chitchat(t, "tail", "lobby", "--data", data, "--at", at, "--json", "-n", "1")
		var past struct {
			Channel, Position string
			At                uint64
			Messages          []frame
			Users             []struct{ Name string }
		}
		if err := json.Unmarshal([]byte(out), &past); err != nil || code != 0 || past.Channel != "lobby" || past.Position == "" {
			t.Errorf("tail --at %s: exit code %d, %v, %s %s", at, code, err, out, errs)
			continue
		}
		got := fmt.Sprintf("%d messages at %d, present", len(past.Messages), past.At)
		if got = strings.Replace(got, "1 messages", "1 message", 1); len(past.Users) > 0 {
			got += " " + past.Users[0].Name
		}
		if want != "" && got != want {
			t.Errorf("tail --at %s: %s, want %s", at, got, want)
		}
		if want == "" && past.At <= seq {
			t.Errorf("tail --at %s is at %d, want what is now", at, past.At)
		}
	}
	if out, errs, code := chitchat(t, "tail", "lobby", "--data", data, "--at", "99999"); code != 1 || out != "" || !strings.Contains(errs, "beyond the log") || !strings.Contains(errs, "give a sequence up to") {
		t.Errorf("tail --at beyond the log: exit code %d, %s%s", code, out, errs)
	}
	if out, errs, code := chitchat(t, "tail", "--data", data, "--from", "99999"); code != 1 || out != "" || !strings.Contains(errs, "--from 99999 is beyond the log") {
		t.Errorf("tail --from beyond the log: exit code %d, %s%s", code, out, errs)
	}
}

func TestTailWrongUse(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"a.b"}, "CHANNEL"},
		{[]string{"--at", "12"}, "--at shows a channel"},
		{[]string{"lobby", "--at", "12", "--from", "1"}, "--from"},
		{[]string{"lobby", "--at", "12", "--from", "0"}, "--from"},
		{[]string{"lobby", "--at", "12", "--no-follow"}, "--no-follow"},
		{[]string{"lobby", "--at", "yesterday"}, "--at"},
		{[]string{"lobby", "--at", "12", "-n", "201"}, "--limit"},
		{[]string{"lobby", "--at", "12", "-n", "0"}, "--limit"},
		{[]string{"--limit=-1"}, "--limit"},
		{[]string{"--from=-1"}, "from"},
		{[]string{"lobby", "den"}, "den"},
	} {
		out, errs, code := chitchat(t, append([]string{"tail", "--data", data}, test.args...)...)
		if code != 2 || out != "" || !strings.Contains(errs, test.want) || !strings.Contains(errs, "--help") {
			t.Errorf("tail %q: exit code %d, %q, %s; want 2 and %q", test.args, code, out, errs, test.want)
		}
	}
	for _, args := range [][]string{{"tail"}, {"tail", "lobby", "--at", "1"}} {
		if _, errs, code := chitchat(t, append(args, "--data", data)...); code != 1 || !strings.Contains(errs, "no data directory") {
			t.Errorf("%q without data: exit code %d, %s", args, code, errs)
		}
	}
	out, _, code := chitchat(t, "tail", "--help")
	for _, want := range []string{"Usage: chitchat tail", "--from", "--at", "--no-follow", "--json", "--limit", "time zone", "Ctrl-C"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("tail --help: exit code %d, without %q:\n%s", code, want, out)
		}
	}
}
