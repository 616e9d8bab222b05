package check_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
)

// secret begins with a letter, which no configuration takes for a number, and
// has 192 random bits.
var secret = regexp.MustCompile(`^k[0-9a-f]{48}$`)

func TestMakeEnv(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	makeEnv(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode = %o, want 600", got)
	}
	first := readEnv(t, path)
	seen := map[string]string{}
	for _, name := range []string{"JWT_SECRET", "POSTGRES_PASSWORD", "NATS_PASSWORD", "NATS_SYSTEM_PASSWORD", "NATS_CLUSTER_PASSWORD", "GRAFANA_PASSWORD"} {
		if !secret.MatchString(first[name]) {
			t.Errorf("%s does not match %s", name, secret)
		}
		if other := seen[first[name]]; other != "" {
			t.Errorf("%s is the same as %s", name, other)
		}
		seen[first[name]] = name
	}
	makeEnv(t, path)
	if again := readEnv(t, path); again["JWT_SECRET"] != first["JWT_SECRET"] {
		t.Error("a file that was there has other secrets now")
	}
	other := filepath.Join(t.TempDir(), ".env")
	makeEnv(t, other)
	if readEnv(t, other)["JWT_SECRET"] == first["JWT_SECRET"] {
		t.Error("two installations have the same secret")
	}
}

func makeEnv(t *testing.T, path string) {
	t.Helper()
	if out, err := exec.Command(repository+"/deploy/make-env.sh", path).CombinedOutput(); err != nil {
		t.Fatalf("make-env.sh: %v\n%s", err, out)
	}
}

func readEnv(t *testing.T, path string) map[string]string {
	t.Helper()
	values, err := dotenv.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return values
}
