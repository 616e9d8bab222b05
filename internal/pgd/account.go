package pgd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// probeTimeout bounds one run of postgres --version; it takes ten milliseconds.
const probeTimeout = 5 * time.Second

// account is a way to run Postgres as somebody whom it accepts.
type account struct {
	name     string // for messages
	uid, gid int    // whom its files belong to, seen from this process
	shut     bool   // may enter only what is open to everybody
	attr     func() *syscall.SysProcAttr
}

// pickAccount returns the first account that may run the binaries and enter dir.
func pickAccount(ctx context.Context, bin Binaries, dir string) (account, error) {
	var reasons []error
	for _, who := range accounts() {
		err := probe(ctx, who, bin, dir)
		if err == nil {
			return who, nil
		}
		reasons = append(reasons, fmt.Errorf("as %s: %w", who.name, err))
	}
	hint := ""
	if closed := firstClosed(bin.Dir, dir); closed != "" && os.Geteuid() == 0 {
		hint = fmt.Sprintf(" (%s may be entered by root only: `chmod o+x` it, or run chitchat as an ordinary user)", closed)
	}
	return account{}, fmt.Errorf("no account can run Postgres here%s: %w", hint, errors.Join(reasons...))
}

// probe finds out whether an account is allowed by the kernel, may execute the binaries and enter dir.
func probe(ctx context.Context, who account, bin Binaries, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(bin.Dir, "postgres"), "--version")
	cmd.Dir = dir // entered as the account
	cmd.SysProcAttr = who.attr()
	return cmd.Run()
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
