package pgd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// probeTimeout bounds one run of postgres --version; it takes ten milliseconds.
	probeTimeout = 5 * time.Second
	// shell is on every system that has Postgres.
	shell = "/bin/sh"
)

// account is a way to run Postgres as somebody whom it accepts.
type account struct {
	name     string // for messages
	uid, gid int    // whom its files belong to, seen from this process
	shut     bool   // may enter only what is open to everybody
	late     bool   // has its rights only after an exec, so a shell comes first
	attr     func() *syscall.SysProcAttr
}

// pickAccount returns the first account that may run the binaries and enter dir.
func pickAccount(ctx context.Context, bin Binaries, dir string) (account, error) {
	var reasons []string
	for _, who := range accounts() {
		err := probe(ctx, who, bin, dir)
		if err == nil {
			return who, nil
		}
		reasons = append(reasons, fmt.Sprintf("as %s: %v", who.name, err))
	}
	if err := ctx.Err(); err != nil {
		return account{}, fmt.Errorf("choose an account for Postgres: %w", err)
	}
	return account{}, fmt.Errorf("no account can run Postgres here%s: %s", advice(bin.Dir, dir), strings.Join(reasons, "; "))
}

// advice says what to do when no account can run the binaries in one directory on a cluster in the other.
func advice(bin, dir string) string {
	if os.Geteuid() != 0 {
		return fmt.Sprintf(" (uid %d may have no name, which initdb insists on: give it one in /etc/passwd)", os.Geteuid())
	}
	if closed := firstClosed(bin, dir); closed != "" {
		return fmt.Sprintf(" (%s may be entered by root only: `chmod o+x` it, or run chitchat as an ordinary user)", closed)
	}
	return ""
}

// probe finds out whether an account is allowed by the kernel, may execute the binaries and enter dir.
func probe(ctx context.Context, who account, bin Binaries, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell, "-c", `cd "$0" && exec "$1" --version`, dir, filepath.Join(bin.Dir, "postgres"))
	cmd.SysProcAttr = who.attr()
	cmd.Dir = "/"
	output, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w %s", err, bytes.TrimSpace(output))
	}
	return nil
}

// firstClosed returns the topmost directory on the way to one of paths that is not open to everybody.
func firstClosed(paths ...string) string {
	for _, path := range paths {
		closed := ""
		for ; path != filepath.Dir(path); path = filepath.Dir(path) {
			info, err := os.Stat(path)
			if err == nil && info.IsDir() && info.Mode().Perm()&0o001 == 0 {
				closed = path
			}
		}
		if closed != "" {
			return closed
		}
	}
	return ""
}

// self is the account of this process.
func self() account {
	return account{
		name: fmt.Sprintf("uid %d", os.Geteuid()),
		uid:  os.Geteuid(), gid: os.Getegid(),
		attr: func() *syscall.SysProcAttr { return &syscall.SysProcAttr{} },
	}
}

// servants are the users that root may run Postgres as, the preferred one first. Each has an entry in the passwd
// file, which initdb insists on.
func servants() []account {
	var found []account
	for _, name := range []string{"postgres", "nobody"} {
		entry, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(entry.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(entry.Gid, 10, 32)
		if uidErr != nil || gidErr != nil || uid == 0 {
			continue
		}
		found = append(found, account{
			name: "user " + name,
			uid:  int(uid), gid: int(gid),
			shut: true,
			attr: func() *syscall.SysProcAttr {
				return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
			},
		})
	}
	return found
}

// ownerOf returns the uid that a file belongs to.
func ownerOf(path string) (int, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, fmt.Errorf("%s: no owner known", path)
	}
	return int(stat.Uid), nil
}
