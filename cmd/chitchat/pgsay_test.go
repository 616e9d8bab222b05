package main

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/faustman/chitchat/internal/datadir"
)

// The log says how tools connect, and warns when other machines could.
func TestSayPGListen(t *testing.T) {
	dir, err := datadir.Open(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for _, test := range []struct {
		listen string
		warns  bool
	}{
		{"127.0.0.1:5433", false},
		{"127.1.2.3:5433", false},
		{"localhost:5433", false},
		{"[::1]:5433", false},
		{"0.0.0.0:5433", true},
		{":5433", true},
		{"[::]:5433", true},
		{"192.168.1.2:5433", true},
		{"db.example.com:5433", true},
	} {
		var out bytes.Buffer
		command := serveCommand{PGListen: test.listen}
		command.sayPGListen(&backend{dir: dir}, slog.New(slog.NewTextHandler(&out, nil)))
		if text := out.String(); !strings.Contains(text, "address="+test.listen) || strings.Contains(text, "no TLS") != test.warns {
			t.Errorf("%s: the log is\n%s\nwant the address, and a warning: %t", test.listen, text, test.warns)
		}
	}
}
