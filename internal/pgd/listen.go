package pgd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

const (
	// hbaFile is the file in a cluster that says who may connect, and how.
	hbaFile = "pg_hba.conf"
	// hbaMode lets nobody but Postgres read it.
	hbaMode = 0o600
)

// guestName matches the names of roles that need no quotes anywhere.
var guestName = regexp.MustCompile(`^[a-z_]{1,63}$`)

// CheckListen returns an error when listen cannot be Options.Listen: it must be HOST:PORT, with a port from 1 to 65535
// and, for the host, an address, a name, or nothing for all addresses of the machine. Port 0 is none that a tool could
// be told, and Postgres does not choose one.
func CheckListen(listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return err
	}
	if strings.ContainsAny(host, ", '*") { // Postgres would take it for a list
		return fmt.Errorf("%q is not one host", host)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("port %q is not a number from 1 to 65535", port)
	}
	return nil
}

// Holds tells whether a Postgres that belongs to dir has the port: one that a killed process has left behind, which the
// next Start ends, or that of a process which still runs.
func Holds(dir, port string) bool {
	path, _, err := newest(dir)
	if err != nil || path == "" {
		return false
	}
	running, err := readPostmaster(path)
	return err == nil && running.port == port && owns(running.pid, path)
}

// address returns what Postgres listens on, and the port, which is also part of its socket's name.
func (o *Options) address() (addresses, port string, err error) {
	if o.Listen == "" {
		return "", defaultPort, nil
	}
	if err := CheckListen(o.Listen); err != nil {
		return "", "", fmt.Errorf("Postgres listen address %q: %w", o.Listen, err)
	}
	if !guestName.MatchString(o.Guest) {
		return "", "", fmt.Errorf("Postgres listens on %s for nobody: %q is no name of a guest", o.Listen, o.Guest)
	}
	host, port, err := net.SplitHostPort(o.Listen)
	if host == "" {
		host = "*"
	}
	return host, port, err
}

// hba is the content of the file that says who may connect. The first line that fits decides; a line for "all"
// databases leaves out replication.
func hba(guest string) string {
	lines := []string{
		"# Written by chitchat at each start.",
		"local all all trust", // the directory of the socket lets nobody else in
		"local replication all trust",
	}
	if guest != "" {
		lines = append(lines, fmt.Sprintf("host %q %q all scram-sha-256", Database, guest))
	}
	return strings.Join(append(lines, "host all all all reject", "host replication all all reject", ""), "\n")
}

// writeHBA replaces the file in a cluster that says who may connect: over TCP the guest, or nobody.
func (o *Options) writeHBA(cluster string, who account) error {
	guest := o.Guest
	if o.Listen == "" {
		guest = ""
	}
	path := filepath.Join(cluster, hbaFile)
	temp := path + unfinished
	err := os.WriteFile(temp, []byte(hba(guest)), hbaMode)
	if err == nil {
		err = giveFile(temp, who)
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", hbaFile, errors.Join(err, removeIfThere(temp)))
	}
	return nil
}

// giveFile makes the account the owner of a file.
func giveFile(path string, who account) error {
	owner, err := ownerOf(path)
	if err != nil || owner == who.uid {
		return err
	}
	return os.Lchown(path, who.uid, who.gid)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
