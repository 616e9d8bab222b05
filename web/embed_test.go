package web_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/faustman/chitchat/web"
)

func TestFiles(t *testing.T) {
	files, built := web.Files()
	index, err := fs.ReadFile(files, "index.html")
	if built != (err == nil) {
		t.Fatalf("Files says built = %t, but reading index.html gives %v", built, err)
	}
	if !built {
		t.Skip("no build of the client in this binary: npm run build") // go test needs no Node; make test builds first
	}
	const nonce = "__CSP_NONCE__"
	if got := strings.Count(string(index), nonce); got != 1 {
		t.Errorf("index.html holds %s %d times, want once", nonce, got)
	}
	if strings.Contains(string(index), "style=") || strings.Contains(string(index), "<script>") {
		t.Error("index.html holds an inline style or script, which its policy forbids")
	}
	scripts, err := fs.Glob(files, "assets/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("scripts below assets: %v, %v", scripts, err)
	}
	for _, script := range scripts {
		if info, err := fs.Stat(files, script); err != nil || info.Size() < 512 { // as in build/precompress.ts
			continue
		}
		for _, suffix := range []string{".br", ".gz"} {
			if _, err := fs.Stat(files, script+suffix); err != nil {
				t.Errorf("%s has no precompressed sibling: %v", script, err)
			}
		}
	}
}
