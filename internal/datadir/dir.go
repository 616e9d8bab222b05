package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// dirMode keeps everybody else out: the directory holds the log, the database and the secrets.
	dirMode = 0o700
	// passMode is the one wider mode that is left as it is: others may pass through but not look. Root needs it
	// where Postgres has to run as another user.
	passMode = 0o711
	// pidName is the file that says who holds the directory, and marks the directory as chitchat's.
	pidName = "chitchat.pid"
)

// ignored are the names that a file system or a desktop puts into an empty directory by itself.
var ignored = []string{"lost+found", ".snapshot", ".DS_Store"}

// Dir is an open, locked data directory.
type Dir struct {
	path string
	lock *os.File

	mu     sync.Mutex // guards closed, and the making of secrets and of the socket directory
	closed bool
}

// Open makes the directory at path if it is not there, locks it, and tightens its mode to 0700. It returns an
// [*InUseError] when another process holds the directory, and an error that says what to do when path is no
// directory, belongs to somebody else, holds something else, or cannot be written.
func Open(path string) (*Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("resolve data directory %s: %w", path, err)
	}
	if err := makeDir(abs); err != nil {
		return nil, err
	}
	if err := checkOwner(abs); err != nil {
		return nil, err
	}
	lock, err := acquire(abs)
	if err != nil {
		return nil, err
	}
	if err := settle(abs); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &Dir{path: abs, lock: lock}, nil
}

// Path returns the absolute path of the directory.
func (d *Dir) Path() string { return d.path }

// Sub returns the path of names below the directory. It makes nothing.
func (d *Dir) Sub(names ...string) string {
	return filepath.Join(append([]string{d.path}, names...)...)
}

// Close gives the directory back. It removes the socket directory if nothing is left in it. Closing twice is
// allowed.
func (d *Dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	d.removeSocketDir()
	// The pid file stays: it marks the directory as chitchat's. It names nobody from here on.
	if err := os.WriteFile(d.Sub(pidName), nil, secretMode); err != nil {
		return errors.Join(fmt.Errorf("clear %s: %w", d.Sub(pidName), err), d.lock.Close())
	}
	if err := d.lock.Close(); err != nil {
		return fmt.Errorf("unlock %s: %w", d.path, err)
	}
	return nil
}

// makeDir makes the directory and its parents, or says why it cannot.
func makeDir(path string) error {
	err := os.MkdirAll(path, dirMode)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, os.ErrExist):
		return fmt.Errorf("data directory %s is not a directory: remove the file or choose another path", path)
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("data directory %s cannot be made by this user: choose a path that it may write: %w", path, err)
	}
	return fmt.Errorf("make data directory: %w", err)
}

// checkOwner refuses a directory of another user. Root is refused too: the files it would leave behind lock the
// owner out.
func checkOwner(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at data directory: %w", err)
	}
	if owner := ownerOf(info); owner != os.Geteuid() {
		return fmt.Errorf("data directory %s belongs to uid %d and this is uid %d: run as its owner, or name a directory of your own",
			path, owner, os.Geteuid())
	}
	return nil
}

// settle checks what is in the locked directory, tightens it and writes the pid.
func settle(path string) error {
	if err := checkContents(path); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at data directory: %w", err)
	}
	if mode := info.Mode().Perm(); mode != dirMode && mode != passMode {
		if err := os.Chmod(path, dirMode); err != nil {
			return fmt.Errorf("tighten data directory: %w", err)
		}
	}
	if err := unix.Access(path, unix.W_OK|unix.X_OK); err != nil {
		return fmt.Errorf("data directory %s cannot be written: %w", path, err)
	}
	pid := fmt.Appendf(nil, "%d\n", os.Getpid())
	if err := os.WriteFile(filepath.Join(path, pidName), pid, secretMode); err != nil {
		return fmt.Errorf("data directory %s cannot be written: %w", path, err)
	}
	return nil
}

// checkContents refuses a directory that holds something else, such as a home directory or /tmp: making that one
// private would be a disaster.
func checkContents(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("read data directory: %w", err)
	}
	foreign := ""
	for _, entry := range entries {
		name := entry.Name()
		if name == pidName {
			return nil
		}
		if slices.Contains(ignored, name) {
			continue
		}
		foreign = name
	}
	if foreign != "" {
		return fmt.Errorf("data directory %s is not empty and not chitchat's (it has %s): name a directory of its own, such as %s",
			path, foreign, filepath.Join(path, "chitchat-data"))
	}
	return nil
}

// ownerOf returns the uid that a file belongs to.
func ownerOf(info os.FileInfo) int {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1 // no Unix file system: nobody's
	}
	return int(stat.Uid)
}
