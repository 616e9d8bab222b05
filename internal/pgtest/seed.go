package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/faustman/chitchat/internal/pgd"
)

// Seed is a cluster to make copies of: a first start without initdb, which takes longer than all the rest of it. The
// database of the product is in it, and nothing in that. Tests of the first start itself use none.
type Seed struct {
	dir  string
	once sync.Once
	err  error // of making it; it is the same for every test
}

// NewSeed returns a seed that is kept in dir, which the caller removes. The first test that uses it makes it.
func NewSeed(dir string) *Seed { return &Seed{dir: dir} }

// Plant puts a copy of the cluster into dir, which must be there and have none, as [pgd.Start] does the first time. It
// needs the machine's own binaries. It may be called from parallel tests.
func (s *Seed) Plant(t testing.TB, dir string) {
	t.Helper()
	s.once.Do(func() { s.err = s.make() })
	if s.err != nil {
		t.Fatalf("pgtest: make seed: %v", s.err)
	}
	found, err := filepath.Glob(filepath.Join(s.dir, "pg-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("pgtest: clusters in seed: %v, %v, want one", found, err)
	}
	if err := copyCluster(found[0], filepath.Join(dir, filepath.Base(found[0]))); err != nil {
		t.Fatalf("pgtest: plant seed: %v", err)
	}
}

func (s *Seed) make() error {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	server, err := pgd.Start(ctx, pgd.Options{
		Dir:          s.dir,
		Bin:          os.Getenv(binEnv),
		ExtraBinDirs: pgd.FetchedDirs(moduleRoot()),
		Unsafe:       true,
		Logger:       slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	return server.Stop(ctx)
}

// copyCluster copies a stopped cluster. Postgres insists on the modes of its directories and on their owner.
func copyCluster(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		target := filepath.Join(to, below)
		switch {
		case entry.IsDir():
			err = os.Mkdir(target, info.Mode().Perm())
		case info.Mode().IsRegular():
			err = copyFile(path, target, info.Mode().Perm())
		default:
			err = fmt.Errorf("%s is no file", path)
		}
		if err != nil {
			return err
		}
		return chownLike(target, info)
	})
}

func copyFile(from, to string, mode fs.FileMode) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = target.ReadFrom(source)
	return errors.Join(err, target.Close())
}

// chownLike gives a file to the owner of another, which root alone can do and alone needs: it may run Postgres as
// somebody else.
func chownLike(path string, like fs.FileInfo) error {
	owner, known := like.Sys().(*syscall.Stat_t)
	if os.Geteuid() != 0 || !known {
		return nil
	}
	return os.Lchown(path, int(owner.Uid), int(owner.Gid))
}
