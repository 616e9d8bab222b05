package pgd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

const (
	// clusterPrefix and the major version are the name of a cluster's directory.
	clusterPrefix = "pg-"
	// unfinished is the suffix of a cluster that initdb is making.
	unfinished = ".new"
	// clusterMode is one of the two modes that Postgres accepts for a cluster.
	clusterMode = 0o700
	// dirMode lets root's servants through to their cluster; nothing else is in the directory.
	dirMode = 0o711
)

// cluster is a data directory of Postgres and the binaries that fit it.
type cluster struct {
	path   string
	bin    Binaries
	exists bool
}

// choose returns the newest cluster in the directory, with binaries of its version, or where to make the first one.
func choose(ctx context.Context, opts Options) (cluster, error) {
	path, major, err := newest(opts.Dir)
	if err != nil {
		return cluster{}, err
	}
	fit := cluster{path: path, exists: path != ""}
	mismatch := &VersionError{Cluster: path, Want: major}
	err = look(ctx, opts.Bin, opts.ExtraBinDirs, func(found Binaries) bool {
		if fit.exists && found.Major != major {
			mismatch.Have = append(mismatch.Have, found.Major)
			return true
		}
		fit.bin = found
		return false
	})
	switch {
	case err != nil:
		return cluster{}, err
	case fit.bin.Dir == "":
		return cluster{}, mismatch
	case !fit.exists:
		fit.path = filepath.Join(opts.Dir, clusterPrefix+strconv.Itoa(fit.bin.Major))
	}
	return fit, nil
}

// newest returns the cluster with the highest version in dir, an empty path if there is none.
func newest(dir string) (path string, major int, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", 0, fmt.Errorf("look for a Postgres cluster: %w", err)
	}
	for _, entry := range entries {
		number, found := strings.CutPrefix(entry.Name(), clusterPrefix)
		version, err := strconv.Atoi(number)
		if found && err == nil && version > major {
			path, major = filepath.Join(dir, entry.Name()), version
		}
	}
	if path == "" {
		return "", 0, nil
	}
	content, err := os.ReadFile(filepath.Join(path, "PG_VERSION"))
	if err != nil || strings.TrimSpace(string(content)) != strconv.Itoa(major) {
		return "", 0, fmt.Errorf("%s is not a Postgres %d cluster (its PG_VERSION says %q): move it away", path, major, content)
	}
	return path, major, nil
}

// initialize makes the cluster: under another name first, so that it is there whole or not at all.
func initialize(ctx context.Context, c cluster, who account, unsafe bool, log *slog.Logger) error {
	temp := c.path + unfinished
	if err := os.RemoveAll(temp); err != nil {
		return fmt.Errorf("remove unfinished cluster: %w", err)
	}
	if err := os.Mkdir(temp, clusterMode); err != nil {
		return fmt.Errorf("make cluster: %w", err)
	}
	if err := adopt(temp, who); err != nil {
		return err
	}
	args := []string{"--pgdata", temp, "--username", User, "--encoding", "UTF8", "--data-checksums",
		"--auth-local", "trust", "--auth-host", "scram-sha-256"}
	if unsafe {
		args = append(args, "--no-sync")
	}
	out := newLog(log)
	if err := run(ctx, who, out, filepath.Join(c.bin.Dir, "initdb"), append(args, localeArgs()...)...); err != nil {
		return fmt.Errorf("initdb: %w%s", err, out.lastWords())
	}
	if err := os.Rename(temp, c.path); err != nil {
		return fmt.Errorf("finish cluster: %w", err)
	}
	return syncDir(filepath.Dir(c.path))
}

// localeArgs asks for the locale in which text sorts by code point and letters are those of Unicode.
func localeArgs() []string {
	if runtime.GOOS == "darwin" { // has no C.UTF-8 before version 15
		return []string{"--locale", "en_US.UTF-8", "--lc-collate", "C"}
	}
	return []string{"--locale", "C.UTF-8"}
}

// adopt gives a cluster to the account: Postgres opens none that is not its own. The owner changes only when root
// used another account before, as when a data directory moves into a container.
func adopt(path string, who account) error {
	owner, err := ownerOf(path)
	if err != nil {
		return fmt.Errorf("look at cluster: %w", err)
	}
	if owner == who.uid {
		return nil
	}
	err = filepath.WalkDir(path, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(name, who.uid, who.gid)
	})
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("cluster %s belongs to uid %d and this is uid %d: run as its owner", path, owner, who.uid)
	}
	if err != nil {
		return fmt.Errorf("change owner of cluster: %w", err)
	}
	return nil
}

// syncDir waits until the names in a directory are on disk.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
