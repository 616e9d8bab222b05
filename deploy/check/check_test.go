package check_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"

	"github.com/faustman/chitchat/deploy/check"
)

// repository is the root, from where the tests run.
const repository = "../.."

// given are the files as they are and what they must agree with, read once.
var given = sync.OnceValues(func() (check.Files, error) { return check.Read(repository) })

var variable = regexp.MustCompile(`\(\$([A-Z][A-Z0-9_]+)\)`)

// settings are what the program's own help says that it reads.
var settings = sync.OnceValues(func() (map[string]bool, error) {
	command := exec.Command("go", "run", "./cmd/chitchat", "serve", "--help")
	command.Dir = repository
	command.Stderr = os.Stderr
	text, err := command.Output()
	return names(variable, string(text)), err
})

// metrics are those that stand in the program's source.
var metrics = sync.OnceValues(func() (map[string][]string, error) {
	found := map[string][]string{}
	for _, folder := range []string{"cmd", "eventstore", "httpapi", "internal", "projections"} {
		err := filepath.WalkDir(filepath.Join(repository, folder), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			return readMetrics(path, found)
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
})

func names(pattern *regexp.Regexp, text string) map[string]bool {
	found := map[string]bool{}
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		found[match[1]] = true
	}
	return found
}

// environment is what make env writes.
var environment = sync.OnceValues(func() (map[string]string, error) {
	folder, err := os.MkdirTemp("", "chitchat-env-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, ".env")
	if err := exec.Command(repository+"/deploy/make-env.sh", path).Run(); err != nil {
		return nil, err
	}
	return dotenv.Read(path)
})

func facts(t *testing.T) check.Facts {
	t.Helper()
	return check.Facts{Settings: must(t, settings), Metrics: must(t, metrics), Environment: must(t, environment)}
}

func must[T any](t *testing.T, read func() (T, error)) T {
	t.Helper()
	value, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestNothingIsWrong(t *testing.T) {
	known := facts(t)
	if len(known.Settings) < 10 || len(known.Metrics) < 10 {
		t.Fatalf("the program reads %d settings and registers %d metrics: they were not found", len(known.Settings), len(known.Metrics))
	}
	for _, problem := range check.Check(must(t, given), known) {
		t.Error(problem)
	}
}
