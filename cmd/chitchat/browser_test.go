package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
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
