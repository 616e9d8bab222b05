//go:build topology

package topology_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// built is where the programs are that the topology is made of.
var built string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "chitchat-topology-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		built = dir
		code := m.Run()
		if code == 0 {
			if err := goleak.Find(); err != nil {
				fmt.Fprintf(os.Stderr, "tests have passed, but %v\n", err)
				code = 1
			}
		}
		return code
	}())
}

// The programs, each built when it is first asked for. NATS is the version of go.mod, and is not ours to find races in.
var (
	natsProgram = sync.OnceValues(func() (string, error) { return build("nats-server", "github.com/nats-io/nats-server/v2") })
	raceProgram = sync.OnceValues(func() (string, error) {
		return build("chitchat-race", "github.com/faustman/chitchat/cmd/chitchat", "-race")
	})
	fastProgram = sync.OnceValues(func() (string, error) {
		return build("chitchat", "github.com/faustman/chitchat/cmd/chitchat")
	})
)

func build(name, from string, flags ...string) (string, error) {
	path := filepath.Join(built, name)
	args := append(append([]string{"build"}, flags...), "-o", path, from)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return path, nil
}

// program returns the path of one of the programs.
func program(t testing.TB, build func() (string, error)) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
