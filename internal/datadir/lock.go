package datadir

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// lockPatience is how long Open waits for a lock: the predecessor may still be dying, and [Running] holds the
	// lock for an instant when it looks.
	lockPatience = 300 * time.Millisecond
	// lockPause is the time between two tries.
	lockPause = 10 * time.Millisecond
)

// ErrInUse is what every [*InUseError] is.
var ErrInUse = errors.New("data directory is in use")

// InUseError says that another process holds a data directory.
type InUseError struct {
	Path string // the directory
	PID  int    // the process that holds it, 0 when that is not known
}

// Error returns the sentence for the operator.
func (e *InUseError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("another chitchat is already running on %s", e.Path)
	}
	return fmt.Sprintf("another chitchat is already running on %s (pid %d)", e.Path, e.PID)
}

// Is makes errors.Is(err, ErrInUse) true.
func (e *InUseError) Is(target error) bool { return target == ErrInUse }

// Running tells whether some process holds the data directory at path. A directory that is not there is held by
// nobody.
func Running(path string) (bool, error) {
	dir, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a running chitchat: %w", err)
	}
	defer dir.Close()
	err = unix.Flock(int(dir.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a running chitchat on %s: %w", path, err)
	}
	return false, nil
}

// acquire locks the directory. The lock lives as long as the returned file, which no child process inherits.
func acquire(path string) (*os.File, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	if err := flock(dir); err != nil {
		dir.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &InUseError{Path: path, PID: readPID(path)}
		}
		return nil, fmt.Errorf("data directory %s cannot be locked: put it on a local disk: %w", path, err)
	}
	return dir, nil
}

// flock tries for the exclusive lock until [lockPatience] is over.
func flock(dir *os.File) error {
	deadline := time.Now().Add(lockPatience)
	for {
		err := unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil || !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return err
		}
		if time.Now().After(deadline) {
			return err
		}
		time.Sleep(lockPause) // flock has no wait with a bound
	}
}

// readPID returns the pid that the holder wrote, 0 when there is none.
func readPID(path string) int {
	content, err := os.ReadFile(filepath.Join(path, pidName))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(content)))
	if err != nil {
		return 0
	}
	return pid
}
