package pgd_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/faustman/chitchat/internal/pgd"
)

func mkdir(t *testing.T, names ...string) string {
	t.Helper()
	dir := filepath.Join(names...)
	if err := os.MkdirAll(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fake returns a directory with binaries of which postgres prints version and initdb fails.
func fake(t *testing.T, version string) string {
	t.Helper()
	dir := mkdir(t, filepath.Dir(setup(t).Dir), "bin")
	for name, script := range map[string]string{
		"postgres": "#!/bin/sh\necho '" + version + "'\n", "initdb": "#!/bin/sh\necho no luck\nexit 1\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOtherVersionIsRefused(t *testing.T) {
	opts := seeded(t)
	opts.Bin = fake(t, "postgres (PostgreSQL) 99.1")
	_, err := pgd.Start(t.Context(), opts)
	var mismatch *pgd.VersionError
	if !errors.As(err, &mismatch) || mismatch.Cluster != clusterOf(t, opts) || mismatch.Have[0] != 99 {
		t.Errorf("Start = %v, want that the cluster is of another version than 99", err)
	}
}

func TestBinariesFitTheCluster(t *testing.T) {
	opts := seeded(t)
	first := start(t, opts)
	stop(t, first)
	found, err := pgd.Find(t.Context(), opts.Bin)
	if err != nil {
		t.Fatal(err)
	}
	// A newer Postgres comes first in PATH; the cluster stays with its own.
	opts.Bin, opts.ExtraBinDirs = "", []string{found[0].Dir}
	t.Setenv("PATH", fake(t, "postgres (PostgreSQL) 99.1")+":"+os.Getenv("PATH"))
	if got := start(t, opts).Version(); got != first.Version() {
		t.Errorf("version = %d, want %d", got, first.Version())
	}
}

func TestNoBinariesIsOneLine(t *testing.T) {
	if message := pgd.ErrNoBinaries.Error(); strings.Contains(message, "\n") || !strings.Contains(message, "apt-get install postgresql") {
		t.Errorf("ErrNoBinaries = %q, want one line that says what to install", message)
	}
}

// A look that is interrupted says so, and not that nothing is there.
func TestInterruptedLookAtBinaries(t *testing.T) {
	opts := setup(t)
	opts.Bin = fake(t, "'; exec sleep 60; '") // it does not say its version in time
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := pgd.Start(ctx, opts); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Start = %v, want deadline exceeded", err)
	}
}
