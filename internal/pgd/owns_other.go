//go:build !linux

package pgd

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// owns tells whether the process is a Postgres on the cluster: it was started with the cluster's path.
func owns(pid int, cluster string) bool {
	if pid == os.Getpid() {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), "postgres") && strings.Contains(string(out), filepath.Clean(cluster))
}
