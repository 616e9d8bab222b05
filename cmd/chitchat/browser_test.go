package main_test

import (
	"os"
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
