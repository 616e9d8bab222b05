package pgd

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

const (
	// User is the superuser of the cluster, whom chitchat connects as.
	User = "chitchat"
	// Database is the database that Start creates.
	Database = "chitchat"

	// defaultPort is part of the socket's name; nothing listens on it unless Options.Listen says so.
	defaultPort = "5432"
	// socketMode keeps everybody else away from a socket that asks for no password.
	socketMode = 0o700
	// maxSocketPath is the longest path of a unix socket in bytes: macOS has 104 with the closing zero, Linux 108.
	maxSocketPath = 103
)

// socketDir returns the directory for the socket, private to the account. It is below base if that is given, short
// enough and open to the account, and else a new one below the system's temporary one.
func socketDir(base, port string, who account) (string, error) {
	dir := filepath.Join(base, "pg")
	if base == "" || who.shut || !fits(dir, port) {
		return tempSocketDir(port, who)
	}
	if err := os.MkdirAll(base, socketMode); err != nil {
		return "", fmt.Errorf("make socket directory: %w", err)
	}
	if err := os.Mkdir(dir, socketMode); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("make socket directory: %w", err)
	}
	if err := clearSockets(dir, port); err != nil {
		return "", err
	}
	return dir, give(dir, who)
}

// reuseSocketDir makes the directory of a server before ready for the next. It may be gone, with a start that failed;
// what stands there in its place must be ours, since the temporary directory is everybody's.
func reuseSocketDir(dir, port string, who account) error {
	if err := os.Mkdir(dir, socketMode); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make socket directory again: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at socket directory: %w", err)
	}
	owner, err := ownerOf(dir)
	if err != nil {
		return fmt.Errorf("look at socket directory: %w", err)
	}
	if !info.IsDir() || (owner != who.uid && owner != os.Geteuid()) {
		return fmt.Errorf("socket directory %s is somebody else's by now", dir)
	}
	if err := clearSockets(dir, port); err != nil {
		return err
	}
	return give(dir, who)
}

// clearSockets removes what a killed predecessor has left: its lock file names a pid that may be somebody else's by now.
func clearSockets(dir, port string) error {
	for _, name := range []string{socketName(port), socketName(port) + ".lock"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove old socket: %w", err)
		}
	}
	return nil
}

// tempSocketDir makes a socket directory below the system's temporary one.
func tempSocketDir(port string, who account) (string, error) {
	for _, base := range []string{os.TempDir(), "/tmp"} {
		if !fits(filepath.Join(base, "chitchat-pg-0123456789"), port) {
			continue
		}
		dir, err := os.MkdirTemp(base, "chitchat-pg-*")
		if err != nil {
			return "", fmt.Errorf("make socket directory: %w", err)
		}
		return dir, give(dir, who)
	}
	return "", fmt.Errorf("temporary directory %s has a path too long for a unix socket: set TMPDIR to a shorter one", os.TempDir())
}

// fits tells whether a socket in dir has a path that the kernel takes.
func fits(dir, port string) bool {
	return len(filepath.Join(dir, socketName(port))) <= maxSocketPath
}

// socketName is what Postgres calls its socket.
func socketName(port string) string { return ".s.PGSQL." + port }

// give makes a directory private to the account.
func give(dir string, who account) error {
	if err := os.Chmod(dir, socketMode); err != nil {
		return fmt.Errorf("make socket directory private: %w", err)
	}
	if owner, err := ownerOf(dir); err != nil || owner == who.uid {
		return err
	}
	if err := os.Chown(dir, who.uid, who.gid); err != nil {
		return fmt.Errorf("give socket directory to %s: %w", who.name, err)
	}
	return nil
}

// socketURL is the address of a database behind a unix socket, for pgx and for psql.
func socketURL(dir, port, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(User), Path: "/" + database}
	u.RawQuery = url.Values{"host": {dir}, "port": {port}, "sslmode": {"disable"}}.Encode()
	return u.String()
}
