package main_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The README's program is run exactly as it stands there.
func TestReadmeInABrowser(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```js\n(.*?)```").FindAllSubmatch(readme, -1)
	if len(blocks) != 1 {
		t.Fatalf("the README has %d programs, want one", len(blocks))
	}
	p := serve(t, seededDir(t), freeAddress(t))
	script(t, strings.NewReader(string(blocks[0][1])), nil, "e2e/readme.mjs", "http://"+p.address)
}

// What becomes of messages when the server is killed, the line is cut, or a
// message is refused. The subjects ask for the server's end and for its return.
func TestBrowsersThroughTrouble(t *testing.T) {
	t.Parallel()
	data, address := seededDir(t), freeAddress(t)
	p := serve(t, data, address)
	script(t, nil, func(line string) string {
		switch line {
		case "restart":
			p.kill()
			p = serve(t, data, address)
		case "kill":
			p.kill()
		case "start":
			p = serve(t, data, address)
		default:
			return ""
		}
		return "done"
	}, "e2e/run.mjs", "http://"+address, "two-people", "sending")
}

// script runs a browser script of web/e2e; answer is called for each line that
// it prints and returns a line for it, or none.
func script(t testing.TB, stdin io.Reader, answer func(line string) string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "node", args...)
	command.Dir = filepath.Join("..", "..", "web")
	var errs bytes.Buffer
	command.Stderr = &errs
	var answers io.WriteCloser
	if stdin != nil {
		command.Stdin = stdin
	} else {
		var err error
		if answers, err = command.StdinPipe(); err != nil {
			t.Fatal(err)
		}
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("%v: run `make web` first, which installs what the scripts need", err)
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		t.Log(lines.Text())
		if answer == nil {
			continue
		}
		if line := answer(lines.Text()); line != "" {
			_, _ = io.WriteString(answers, line+"\n") // a script that is gone says so by its exit code
		}
	}
	if err := command.Wait(); err != nil {
		t.Fatalf("node %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
}
