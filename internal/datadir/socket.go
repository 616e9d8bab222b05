package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	// socketNote is the file that says where the socket directory is.
	socketNote = "socket-dir"
	// socketPattern names the directories below the system's temporary one.
	socketPattern = "chitchat-*"
	// maxSocketDir is the longest path of a socket directory in bytes: macOS takes 103 of a socket's path, and
	// the longest name that goes behind it, pg/.s.PGSQL.65535 and its slash, has 19.
	maxSocketDir = 103 - 19
	// randomTail is how many bytes MkdirTemp puts in place of the star, at most.
	randomTail = 10
)

// ErrNoSocketDir is returned by [FindSocketDir] when no server has noted a socket directory.
var ErrNoSocketDir = errors.New("no socket directory is noted in the data directory")

// SocketDir returns the short private directory for this data directory's unix sockets: mode 0700, owned by this
// user. The one of the last run is used again if it is still there and still ours, else a new one is made.
// [Dir.Close] removes it when it is empty.
func (d *Dir) SocketDir() (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if dir, err := FindSocketDir(d.path); err == nil {
		return dir, nil
	}
	base, err := shortTempDir()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(base, socketPattern)
	if err != nil {
		return "", fmt.Errorf("make socket directory: %w", err)
	}
	if err := writeAtomic(d.Sub(socketNote), []byte(dir+"\n")); err != nil {
		return "", errors.Join(fmt.Errorf("note socket directory: %w", err), os.Remove(dir))
	}
	return dir, nil
}

// FindSocketDir returns the socket directory that the server on the data directory at path has noted. It returns
// [ErrNoSocketDir] when there is none, and another error when the directory is not private to this user: somebody
// else could be listening there.
func FindSocketDir(path string) (string, error) {
	content, err := os.ReadFile(filepath.Join(path, socketNote))
	if errors.Is(err, os.ErrNotExist) {
		return "", ErrNoSocketDir
	}
	if err != nil {
		return "", fmt.Errorf("find socket directory: %w", err)
	}
	dir := strings.TrimSpace(string(content))
	info, err := os.Lstat(dir)
	if errors.Is(err, os.ErrNotExist) {
		return "", ErrNoSocketDir
	}
	if err != nil {
		return "", fmt.Errorf("find socket directory: %w", err)
	}
	if !info.IsDir() || ownerOf(info) != os.Geteuid() || info.Mode().Perm() != dirMode || len(dir) > maxSocketDir {
		return "", fmt.Errorf("socket directory %s is not a short directory that is private to uid %d", dir, os.Geteuid())
	}
	return dir, nil
}

// removeSocketDir removes the socket directory and its note when no socket is left in it. d.mu must be held.
func (d *Dir) removeSocketDir() {
	dir, err := FindSocketDir(d.path)
	if err != nil {
		return
	}
	if os.Remove(dir) == nil { // fails when it is not empty, and then it is still in use or worth a look
		os.Remove(d.Sub(socketNote)) // a note that stays behind does no harm
	}
}

// shortTempDir returns a temporary directory with a path that leaves room for a socket's name.
func shortTempDir() (string, error) {
	for _, base := range []string{os.TempDir(), "/tmp"} {
		if len(base)+1+len(socketPattern)+randomTail <= maxSocketDir {
			return base, nil
		}
	}
	return "", fmt.Errorf("temporary directory %s has a path too long for a unix socket: set TMPDIR to a shorter one", os.TempDir())
}
