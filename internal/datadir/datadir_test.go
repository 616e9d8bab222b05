package datadir_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/faustman/chitchat/internal/datadir"
)

// holdEnv makes the test binary hold the data directory that it names until it is killed.
const holdEnv = "DATADIR_TEST_HOLD"

func TestMain(m *testing.M) {
	if path := os.Getenv(holdEnv); path != "" {
		hold(path)
	}
	goleak.VerifyTestMain(m)
}

// hold is the child: it opens the directory, says so, and lives until its standard input ends.
func hold(path string) {
	if _, err := datadir.Open(path); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("held")
	bufio.NewReader(os.Stdin).ReadString('\n')
	os.Exit(0)
}

// startHolder starts a child that holds path and waits until it does.
func startHolder(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), holdEnv+"="+path)
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "held\n" {
		t.Fatalf("child said %q, %v; want held", line, err)
	}
	return child
}

func open(t *testing.T, path string) *datadir.Dir {
	t.Helper()
	dir, err := datadir.Open(path)
	if err != nil {
		t.Fatalf("Open(%s) = %v", path, err)
	}
	t.Cleanup(func() { dir.Close() })
	return dir
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func write(t *testing.T, path, content string, perm os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), perm); err != nil {
		t.Fatal(err)
	}
}

func TestOpenMakesPrivateDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "data")
	dir := open(t, path)
	if got := mode(t, path); got != 0o700 {
		t.Errorf("mode = %04o, want 0700", got)
	}
	if got, want := dir.Sub("nats", "x"), filepath.Join(path, "nats", "x"); got != want {
		t.Errorf("Sub = %s, want %s", got, want)
	}
	if dir.Path() != path {
		t.Errorf("Path = %s, want %s", dir.Path(), path)
	}
}

func TestOpenTightensMode(t *testing.T) {
	for _, test := range []struct{ have, want os.FileMode }{
		{0o755, 0o700}, {0o777, 0o700}, {0o711, 0o711}, {0o700, 0o700},
	} {
		path := filepath.Join(t.TempDir(), "data")
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, test.have); err != nil {
			t.Fatal(err)
		}
		open(t, path)
		if got := mode(t, path); got != test.want {
			t.Errorf("mode %04o became %04o, want %04o", test.have, got, test.want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "", 0o600)
	home := t.TempDir()
	write(t, filepath.Join(home, "thesis.tex"), "", 0o600)
	for _, test := range []struct{ name, path, want string }{
		{"file", file, "is not a directory"},
		{"below a file", filepath.Join(file, "data"), "is not a directory"},
		{"something else in it", home, "not chitchat's (it has thesis.tex)"},
	} {
		_, err := datadir.Open(test.path)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Open = %v, want %q", test.name, err, test.want)
		}
	}
}

func TestOpenLeavesModeOfForeignDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shared")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(path, "other"), "", 0o600)
	if _, err := datadir.Open(path); err == nil {
		t.Fatal("Open took a directory that is not chitchat's")
	}
	if got := mode(t, path); got != 0o755 {
		t.Errorf("mode = %04o, want 0755", got)
	}
}

func TestOpenRefusesOthersDirectory(t *testing.T) {
	path := t.TempDir()
	if os.Geteuid() == 0 {
		if err := os.Chown(path, 1, 1); err != nil {
			t.Fatal(err)
		}
	} else {
		path = "/" // root's on every machine
	}
	_, err := datadir.Open(path)
	if err == nil || !strings.Contains(err.Error(), "belongs to uid") {
		t.Errorf("Open = %v, want that it belongs to another uid", err)
	}
}

func TestOpenRefusesUnwritableParent(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	_, err := datadir.Open("/chitchat-test-data")
	if err == nil || !strings.Contains(err.Error(), "cannot be made by this user") {
		t.Errorf("Open = %v, want that it cannot be made", err)
	}
}

func TestSecondInstanceIsRefused(t *testing.T) {
	path := t.TempDir()
	dir := open(t, path)
	_, err := datadir.Open(path)
	want := fmt.Sprintf("another chitchat is already running on %s (pid %d)", path, os.Getpid())
	if !errors.Is(err, datadir.ErrInUse) || err.Error() != want {
		t.Errorf("second Open = %v, want %s", err, want)
	}
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
	if err := dir.Close(); err != nil {
		t.Errorf("second Close = %v", err)
	}
	open(t, path)
}

func TestDeletingPIDFileDoesNotUnlock(t *testing.T) {
	path := t.TempDir()
	open(t, path)
	if err := os.Remove(filepath.Join(path, "chitchat.pid")); err != nil {
		t.Fatal(err)
	}
	if _, err := datadir.Open(path); !errors.Is(err, datadir.ErrInUse) {
		t.Errorf("Open = %v, want ErrInUse", err)
	}
}

func TestKilledHolderLeavesNoLock(t *testing.T) {
	path := t.TempDir()
	child := startHolder(t, path)
	var inUse *datadir.InUseError
	if _, err := datadir.Open(path); !errors.As(err, &inUse) || inUse.PID != child.Process.Pid {
		t.Errorf("Open = %v, want in use by %d", err, child.Process.Pid)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait() // killed: the error is the point
	open(t, path)
}

func TestRunning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	check := func(when string, want bool) {
		t.Helper()
		if got, err := datadir.Running(path); err != nil || got != want {
			t.Errorf("%s: Running = %v, %v, want %v", when, got, err, want)
		}
	}
	check("before it is made", false)
	dir := open(t, path)
	check("while it is open", true)
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
	check("after Close", false)
}

func TestSecretIsMadeOnce(t *testing.T) {
	dir := open(t, t.TempDir())
	first, err := dir.Secret("jwt-secret", 32)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) < 32 {
		t.Errorf("secret has %d bytes, want 32 at least", len(first))
	}
	if got := mode(t, dir.Sub("jwt-secret")); got != 0o600 {
		t.Errorf("mode = %04o, want 0600", got)
	}
	second, err := dir.Secret("jwt-secret", 32)
	if err != nil || string(second) != string(first) {
		t.Errorf("second Secret = %q, %v, want %q", second, err, first)
	}
	read, err := datadir.ReadSecret(dir.Path(), "jwt-secret", 32)
	if err != nil || string(read) != string(first) {
		t.Errorf("ReadSecret = %q, %v, want %q", read, err, first)
	}
	other, err := dir.Secret("other", 32)
	if err != nil || string(other) == string(first) {
		t.Errorf("another secret = %q, %v, want another value", other, err)
	}
}

func TestSecretRefuses(t *testing.T) {
	dir := open(t, t.TempDir())
	good := strings.Repeat("x", 32)
	write(t, dir.Sub("empty"), "", 0o600)
	write(t, dir.Sub("short"), "abc\n", 0o600)
	write(t, dir.Sub("wide"), good, 0o644)
	if err := os.Symlink(dir.Sub("wide"), dir.Sub("link")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, want string }{
		{"empty", "has 0 bytes"}, {"short", "has 3 bytes"}, {"wide", "may be read by others"},
		{"link", "is not a regular file"}, {"../up", "is not a file name"}, {"..", "is not a file name"},
	} {
		_, err := dir.Secret(test.name, 32)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Secret(%s) = %v, want %q", test.name, err, test.want)
		}
	}
	write(t, dir.Sub("own"), good+"\n", 0o600)
	if got, err := dir.Secret("own", 32); err != nil || string(got) != good {
		t.Errorf("Secret(own) = %q, %v, want %q", got, err, good)
	}
}

func TestReadSecretThatIsNotMade(t *testing.T) {
	if _, err := datadir.ReadSecret(t.TempDir(), "jwt-secret", 32); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("ReadSecret = %v, want os.ErrNotExist", err)
	}
}

func TestSocketDirIsFoundAgain(t *testing.T) {
	dir := open(t, t.TempDir())
	if _, err := datadir.FindSocketDir(dir.Path()); !errors.Is(err, datadir.ErrNoSocketDir) {
		t.Errorf("FindSocketDir = %v, want ErrNoSocketDir", err)
	}
	made, err := dir.SocketDir()
	if err != nil {
		t.Fatal(err)
	}
	if got := mode(t, made); got != 0o700 {
		t.Errorf("mode = %04o, want 0700", got)
	}
	if again, err := dir.SocketDir(); err != nil || again != made {
		t.Errorf("second SocketDir = %s, %v, want %s", again, err, made)
	}
	if found, err := datadir.FindSocketDir(dir.Path()); err != nil || found != made {
		t.Errorf("FindSocketDir = %s, %v, want %s", found, err, made)
	}
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(made); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Close: %v, want the socket directory to be gone", err)
	}
}

func TestSocketDirThatIsNotPrivateIsNotUsed(t *testing.T) {
	dir := open(t, t.TempDir())
	first, err := dir.SocketDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(first) })
	if err := os.Chmod(first, 0o755); err != nil {
		t.Fatal(err)
	}
	if found, err := datadir.FindSocketDir(dir.Path()); err == nil {
		t.Errorf("FindSocketDir = %s, want an error", found)
	}
	if second, err := dir.SocketDir(); err != nil || second == first {
		t.Errorf("SocketDir = %s, %v, want a new one", second, err)
	}
}

func TestSocketDirWithLongTempDir(t *testing.T) {
	long := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", long)
	dir := open(t, filepath.Join(long, "data"))
	made, err := dir.SocketDir()
	if err != nil {
		t.Fatal(err)
	}
	if len(made) > 84 {
		t.Errorf("socket directory %s has %d bytes, want 84 at most", made, len(made))
	}
}

func TestOpenWaitsForDyingHolder(t *testing.T) {
	path := t.TempDir()
	first, err := datadir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	gone := make(chan error, 1)
	time.AfterFunc(30*time.Millisecond, func() { gone <- first.Close() })
	open(t, path)
	if err := <-gone; err != nil {
		t.Fatal(err)
	}
}
