package main_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/datadir"
	"github.com/faustman/chitchat/internal/natstest"
)

// What import refuses, it leaves as it was.
func TestImportRefuses(t *testing.T) {
	t.Parallel()
	data, archive := archived(t)
	before := exportOf(t, data)
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := write("whole", archive)
	changed := strings.Replace(archive, `"payload_base64":"SGVsbG8h"`, `"payload_base64":"SGVsbG8g"`, 1)
	cut := archive[:len(archive)-200]
	for _, test := range []struct {
		name  string
		stdin io.Reader
		args  []string
		code  int
		want  string
	}{
		{"log with entries", nil, []string{whole, "--data", data}, 1, "the log is not empty"},
		{"log with entries, by pipe", strings.NewReader(archive), []string{"--data", data}, 1, "the log is not empty"},
		{"changed file", nil, []string{write("changed", changed)}, 1, "line 2 of the export: its check sum is another"},
		{"changed pipe", io.MultiReader(strings.NewReader(changed)), nil, 1, "line 2 of the export: its check sum is another"},
		{"file that was cut off", nil, []string{write("cut", cut)}, 1, "chitchat export"},
		{"pipe that was cut off", io.MultiReader(strings.NewReader(cut)), nil, 1, "chitchat export"},
		{"something else", nil, []string{write("else", "hello\n")}, 1, "line 1 of the export"},
		{"no file", nil, []string{filepath.Join(dir, "nowhere")}, 1, "no such file"},
		{"directory", nil, []string{dir}, 1, "is a directory"},
		{"nothing to read", nil, nil, 2, "name the FILE"},
		{"two files", nil, []string{whole, whole}, 2, "unexpected argument"},
	} {
		t.Run(test.name, func(t *testing.T) {
			fresh := dataDir(t)
			args := append([]string{"import"}, test.args...)
			if len(test.args) == 0 || test.args[len(test.args)-1] != data {
				args = append(args, "--data", fresh)
			}
			out, errs, code := chitchatFrom(t, test.stdin, args...)
			if code != test.code || out != "" || !strings.Contains(errs, test.want) {
				t.Errorf("exit code %d, stdout %q, stderr %q; want %d, nothing and %q", code, out, errs, test.code, test.want)
			}
			if _, err := os.Stat(fresh); err == nil {
				if _, errs, code := chitchat(t, "export", "--data", fresh); code != 1 || !strings.Contains(errs, "there is no log yet") {
					t.Errorf("export of what it left: exit code %d, %s; want no log", code, errs)
				}
			}
		})
	}
	if after := exportOf(t, data); entryLines(after) != entryLines(before) {
		t.Errorf("the refused imports changed the log:\n%s, want\n%s", after, before)
	}
	running, err := datadir.Open(data) // as a server does
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	if _, errs, code := chitchat(t, "import", whole, "--data", data); code != 1 || !strings.Contains(errs, "stop the server first") || !strings.Contains(errs, "already running") {
		t.Errorf("import beside a server: exit code %d, %s", code, errs)
	}
}

// A signal ends an import whose pipe is silent, and nothing stays.
func TestImportEndsOnASignal(t *testing.T) {
	t.Parallel()
	_, archive := archived(t)
	lines := strings.SplitAfter(archive, "\n")
	data := dataDir(t)
	command := exec.Command(binary, "import", "--data", data)
	command.Env = cleanEnvironment()
	var errs buffer
	command.Stderr = &errs
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(stdin, lines[0]+lines[1]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the import has begun", func() bool {
		_, err := os.Stat(filepath.Join(data, "nats", "jetstream", "$G", "streams", eventstore.Stream))
		return err == nil
	})
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); command.ProcessState.ExitCode() != 1 {
		t.Errorf("import ends with %v on SIGTERM, want exit code 1: %s", err, errs.String())
	}
	// The signal may come before the server has begun to take the log, or after.
	_, said, code := chitchat(t, "export", "--data", data)
	if code != 1 || !strings.Contains(said, "there is no log yet") && !strings.Contains(said, "run `chitchat import` again") {
		t.Errorf("export of what it left: exit code %d, %s; want no log, or a broken off one", code, said)
	}
	if out, errs, code := chitchatFrom(t, strings.NewReader(archive), "import", "--data", data); code != 0 {
		t.Errorf("import again: exit code %d, %s %s", code, out, errs)
	}
}

// An import whose server goes away says so, though its pipe stays silent.
func TestImportFailsBesideASilentPipe(t *testing.T) {
	t.Parallel()
	_, archive := archived(t)
	server := outsideNATS(t)
	js, err := jetstream.New(natstest.Connect(t, server))
	if err != nil {
		t.Fatal(err)
	}
	silent, stdin, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	defer stdin.Close() // not before the import has ended
	lines := strings.SplitAfter(archive, "\n")
	if _, err := io.WriteString(stdin, lines[0]+lines[1]); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() {
		_, errs, code := chitchatFrom(t, silent, "import", "--data", dataDir(t), "--nats-url", server.ClientURL())
		if code != 1 || !strings.Contains(errs, "chitchat: import: ") {
			t.Errorf("import: exit code %d, %s; want 1 and why", code, errs)
		}
	})
	eventually(t, "the import has begun", func() bool {
		_, err := js.Stream(t.Context(), eventstore.Stream)
		return err == nil
	})
	if err := server.Close(); err != nil {
		t.Error(err)
	}
}

// An outside NATS needs no data directory, and no lock tells of its servers.
func TestImportIntoAnOutsideNATS(t *testing.T) {
	t.Parallel()
	_, archive := archived(t)
	server, terms := outsideLog(t)
	data := dataDir(t)
	run := func() (string, string, int) {
		return chitchatFrom(t, strings.NewReader(archive), "import", "--data", data, "--nats-url", server.ClientURL())
	}
	if err := terms.Put(t.Context(), eventstore.Term{ID: "alive"}); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := run(); code != 1 || !strings.Contains(errs, "a server runs on this log") {
		t.Errorf("import beside a gateway: exit code %d, %s", code, errs)
	}
	if err := terms.Put(t.Context(), eventstore.Term{ID: "alive", Stopped: true}); err != nil {
		t.Fatal(err)
	}
	if out, errs, code := run(); code != 0 || !strings.Contains(out, "imported 3 entries") {
		t.Errorf("import: exit code %d, %s %s", code, out, errs)
	}
	out, _, code := chitchat(t, "export", "--data", data, "--nats-url", server.ClientURL())
	if code != 0 || entryLines(out) != entryLines(archive) {
		t.Errorf("its export: exit code %d,\n%s, want\n%s", code, out, archive)
	}
	if _, err := os.Stat(data); err == nil {
		t.Errorf("the data directory was made")
	}
}
