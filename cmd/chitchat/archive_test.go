package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/natstest"
)

// chitchatFrom is chitchat with a standard input.
func chitchatFrom(t testing.TB, stdin io.Reader, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, binary, args...)
	command.Env = cleanEnvironment()
	var out, errs bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = stdin, &out, &errs
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), command.ProcessState.ExitCode()
}

// exportOf returns the archive of the log in data.
func exportOf(t testing.TB, data string) string {
	t.Helper()
	out, errs, code := chitchat(t, "export", "--data", data)
	if code != 0 || !strings.Contains(errs, "exported ") {
		t.Fatalf("export: exit code %d, %s", code, errs)
	}
	return out
}

// entryLines returns the archive without its first and last line, which name
// the epoch.
func entryLines(archive string) string {
	lines := strings.SplitAfter(archive, "\n")
	return strings.Join(lines[1:len(lines)-2], "")
}

// tableOf returns the rows of a view, of events up to upTo.
func tableOf(t testing.TB, data, view string, upTo uint64) string {
	t.Helper()
	out, errs, code := chitchat(t, "sql", "--data", data, "--format", "csv", fmt.Sprintf("SELECT * FROM chat.%s WHERE seq <= %d ORDER BY seq", view, upTo))
	if code != 0 {
		t.Fatalf("sql: exit code %d, %s", code, errs)
	}
	return out
}

// chatted returns a data directory whose server was stopped, with the last
// sequence that it acked and the archive of its log, which was made beside it.
func chatted(t *testing.T) (data string, last uint64, archive string) {
	t.Helper()
	data = seededDir(t)
	p := serve(t, data, freeAddress(t))
	ws := p.mustConnect(p.signIn("ada", "lobby"))
	for _, text := range []string{"Hello!", "<b>&amp;</b> \u2028", "bye"} {
		last = say(t, ws, text).Seq
	}
	grow(t, data, 2) // entries that are no events
	last += 2
	archive = exportOf(t, data) // ada is there
	p.stop()
	return data, last, archive
}

// archived returns an archive of a log with three entries, and a data directory
// into which it was imported.
func archived(t *testing.T) (data, archive string) {
	t.Helper()
	var seq uint64
	next := func(context.Context) (eventstore.Entry, error) {
		if seq++; seq > 3 {
			return eventstore.Entry{}, io.EOF
		}
		stored := time.Date(2020, 1, 2, 3, 4, 5, int(seq), time.UTC)
		return eventstore.Entry{Seq: seq, Subject: "chitchat.lobby", Stored: stored, Payload: []byte("Hello!")}, nil
	}
	conn := natstest.Conn(t)
	if _, err := eventstore.Import(t.Context(), conn, eventstore.ImportOptions{}, next); err != nil {
		t.Fatal(err)
	}
	log, err := eventstore.Open(t.Context(), conn, eventstore.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	if _, err := log.Export(t.Context(), &lines, eventstore.ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	data, archive = dataDir(t), lines.String()
	if out, errs, code := chitchatFrom(t, strings.NewReader(archive), "import", "--data", data); code != 0 || !strings.Contains(out, "imported 3 entries, up to 2020-01-02T03:04:05Z") {
		t.Fatalf("import: exit code %d, %s %s", code, out, errs)
	}
	return data, archive
}

// `export | import; serve` is the same chat, with the same sequences, times and
// tables, whether there were tables before or not.
func TestExportAndImport(t *testing.T) {
	t.Parallel()
	data, last, archive := chatted(t)
	file := filepath.Join(t.TempDir(), "log.ndjson")
	if out, errs, code := chitchat(t, "export", "--data", data, "--output", file); code != 0 || out != "" || !strings.Contains(errs, "exported ") {
		t.Fatalf("export --output: exit code %d, %q, %s", code, out, errs)
	}
	if content, err := os.ReadFile(file); err != nil || !strings.HasPrefix(entryLines(string(content)), entryLines(archive)) {
		t.Errorf("the file has %s, %v, want what was exported beside the server first: %s", content, err, archive)
	}
	if err := os.WriteFile(file, []byte(archive), 0o600); err != nil {
		t.Fatal(err)
	}

	messages := tableOf(t, data, "messages", last)
	for _, test := range []struct {
		name   string
		before func(data string)
		run    func(data string) (string, string, int)
		want   string
	}{
		{"from a file, without tables", func(string) {}, func(data string) (string, string, int) {
			return chitchat(t, "import", "--data", data, file)
		}, "there are no tables yet"},
		{"from a pipe, beside empty tables", func(data string) { serve(t, data, freeAddress(t)).stop() }, func(data string) (string, string, int) {
			return chitchatFrom(t, io.MultiReader(strings.NewReader(archive)), "import", "--data", data, "--keep-epoch")
		}, "the tables were thrown away"},
	} {
		t.Run(test.name, func(t *testing.T) {
			again := dataDir(t)
			test.before(again)
			out, errs, code := test.run(again)
			if code != 0 || !strings.Contains(out, fmt.Sprintf("imported %d entries", last)) || !strings.Contains(out, test.want) {
				t.Fatalf("import: exit code %d, %s %s; want %d entries and %q", code, out, errs, last, test.want)
			}
			if got := exportOf(t, again); entryLines(got) != entryLines(archive) {
				t.Errorf("its export is\n%s, want\n%s", got, archive)
			}
			p := serve(t, again, freeAddress(t), "CHITCHAT_LEAVE_GRACE=1s")
			token := p.signIn("bob", "lobby")
			next := say(t, p.mustConnect(token), "next")
			if next.Seq <= last {
				t.Errorf("sequence of the next message = %d, want one behind %d", next.Seq, last)
			}
			p.history(token, next.Seq) // so that the tables have it
			if got := tableOf(t, again, "messages", last); got != messages {
				t.Errorf("chat.messages is\n%s, want\n%s", got, messages)
			}
			eventually(t, "nobody is there but bob", func() bool {
				out, _, code := chitchat(t, "sql", "--data", again, "--format", "csv", "SELECT user_name FROM chat.presence")
				return code == 0 && strings.TrimSpace(strings.ReplaceAll(out, "\r", "")) == "user_name\nbob"
			})
			if out, errs, code := chitchat(t, "status", "--data", again); code != 0 {
				t.Errorf("status: exit code %d, %s %s", code, out, errs)
			}
		})
	}
}

func TestExportRefuses(t *testing.T) {
	t.Parallel()
	dir, empty := t.TempDir(), dataDir(t)
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no data directory", []string{"--data", dataDir(t)}, 1, "no data directory"},
		{"no log", []string{"--data", empty, "--output", filepath.Join(dir, "file")}, 1, "there is no log yet"},
		{"no such directory", []string{"--data", empty, "--output", filepath.Join(dir, "nowhere", "file")}, 1, "write to --output"},
		{"a directory", []string{"--data", empty, "--output", dir}, 2, "--output"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, errs, code := chitchat(t, append([]string{"export"}, test.args...)...)
			if code != test.code || out != "" || !strings.Contains(errs, test.want) {
				t.Errorf("exit code %d, stdout %q, stderr %q; want %d, nothing and %q", code, out, errs, test.code, test.want)
			}
		})
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the refused exports left %v, %v", left, err)
	}
}

// A file that is there stays as it is until the new one is whole; a device is
// written to.
func TestExportOutput(t *testing.T) {
	t.Parallel()
	data, _ := archived(t)
	file := filepath.Join(t.TempDir(), "log.ndjson")
	if err := os.WriteFile(file, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, code := chitchat(t, "export", "--data", dataDir(t), "--output", file); code != 1 {
		t.Errorf("export of nothing: exit code %d, want 1", code)
	}
	if content, _ := os.ReadFile(file); string(content) != "old" {
		t.Errorf("a failed export left %q in the file, want it as it was", content)
	}
	if _, errs, code := chitchat(t, "export", "--data", data, "-o", file); code != 0 {
		t.Fatalf("export: exit code %d, %s", code, errs)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() < 500 {
		t.Errorf("the file is %+v, %v, want it whole and private", info, err)
	}
	if _, errs, code := chitchat(t, "export", "--data", data, "-o", os.DevNull); code != 0 {
		t.Errorf("export to %s: exit code %d, %s", os.DevNull, code, errs)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s is %v, %v now", os.DevNull, info.Mode(), err)
	}
}

func TestArchiveHelp(t *testing.T) {
	t.Parallel()
	for command, wants := range map[string][]string{
		"export": {"--output", "chitchat import", "gzip", "running server"},
		"import": {"--keep-epoch", "[<file>]", "must be empty", "No server may run"},
	} {
		out, _, code := chitchat(t, command, "--help")
		if code != 0 || !strings.Contains(out, "Usage: chitchat "+command) {
			t.Errorf("%s --help: exit code %d, %.100q", command, code, out)
		}
		for _, want := range wants {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
				t.Errorf("%s --help does not say %q:\n%s", command, want, out)
			}
		}
	}
}
