package pgd

import (
	"fmt"
	"os"
)

// owns tells whether the process is a Postgres on the cluster: each of them works in its cluster's directory. A zombie
// does not.
func owns(pid int, cluster string) bool {
	if pid == os.Getpid() {
		return false
	}
	works, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	is, err := os.Stat(cluster)
	return err == nil && os.SameFile(works, is)
}
