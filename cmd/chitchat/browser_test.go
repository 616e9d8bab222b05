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
	p := serve(t, dataDir(t), freeAddress(t))
	script(t, strings.NewReader(string(blocks[0][1])), nil, "e2e/readme.mjs", "http://"+p.address)
}

func TestTwoPeopleInTwoBrowsers(t *testing.T) {
	t.Parallel()
	data, address := dataDir(t), freeAddress(t)
	p := serve(t, data, address)
	args := []string{"e2e/two-people.mjs", "http://" + address}
	if path := os.Getenv("CHITCHAT_SCREENSHOT"); path != "" {
		args = append(args, path)
	}
	script(t, nil, func(line string) string {
		if line != "restart" {
			return ""
		}
		p.kill()
		p = serve(t, data, address)
		return "restarted"
	}, args...)
}
