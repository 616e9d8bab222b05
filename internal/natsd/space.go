package natsd

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// FreeSpace returns how many bytes this user may still write to the file system that dir is on. Sends are refused
// well before it is nothing: a full disk breaks a stream until the server is restarted.
func FreeSpace(dir string) (uint64, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", dir, err)
	}
	return stat.Bavail * uint64(stat.Bsize), nil
}
