//go:build !linux

package pgd

import (
	"os"
	"syscall"
)

// accounts returns the ways to run Postgres, the preferred one first.
func accounts() []account {
	if os.Geteuid() != 0 {
		return []account{self()}
	}
	return servants()
}

// dieWithParent does nothing: only Linux knows how. The next start ends an orphan.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
