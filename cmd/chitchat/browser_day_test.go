//go:build e2e

package main_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// These take minutes of both cores, and have a target of their own: make e2e.

// What people do all day, each subject in a channel of its own. They talk faster
// than people may.
func TestBrowsersAllDay(t *testing.T) {
	t.Parallel()
	p := serve(t, seededDir(t), freeAddress(t), "CHITCHAT_MESSAGE_RATE=0")
	script(t, nil, nil, "e2e/run.mjs", "http://"+p.address, "channels", "tabs", "outside")
}

// By keys alone, and by touch alone.
func TestBrowsersWithoutAMouse(t *testing.T) {
	t.Parallel()
	p := serve(t, seededDir(t), freeAddress(t), "CHITCHAT_MESSAGE_RATE=0")
	script(t, nil, nil, "e2e/run.mjs", "http://"+p.address, "keyboard", "phone")
}

// What nobody wishes to see on a page, and what not everybody can see.
func TestBrowsersShowAnythingToAnybody(t *testing.T) {
	t.Parallel()
	p := serve(t, seededDir(t), freeAddress(t), "CHITCHAT_MESSAGE_RATE=0")
	script(t, nil, nil, "e2e/run.mjs", "http://"+p.address, "hostile", "accessibility")
}

// A long history is read back to its first message.
func TestBrowserReadsALongHistory(t *testing.T) {
	t.Parallel()
	made := exec.Command("node", "e2e/make-history.mjs")
	made.Dir = filepath.Join("..", "..", "web")
	archive, err := made.Output()
	if err != nil {
		t.Fatalf("%v: run `make web` first, which installs what the scripts need", err)
	}
	data := seededDir(t)
	if _, errs, code := chitchatFrom(t, strings.NewReader(string(archive)), "import", "--data", data); code != 0 {
		t.Fatalf("import: exit code %d, %s", code, errs)
	}
	p := serve(t, data, freeAddress(t))
	script(t, nil, nil, "e2e/run.mjs", "http://"+p.address, "history")
}
