package datadir

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// secretMode lets nobody but the owner read a file.
const secretMode = 0o600

// Secret returns the secret called name, and makes it from size random bytes the first time. A secret is one line
// of text (unpadded base64url), so that it can be used as a password, and what a person copies out of the file is
// the same secret. It returns an error when the file is there and is no fit secret: it is never replaced, since
// that would end every token that was signed with it.
func (d *Dir) Secret(name string, size int) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	secret, err := ReadSecret(d.path, name, size)
	if !errors.Is(err, os.ErrNotExist) {
		return secret, err
	}
	random := make([]byte, size)
	if _, err := rand.Read(random); err != nil {
		return nil, fmt.Errorf("make secret %s: %w", name, err)
	}
	secret = []byte(base64.RawURLEncoding.EncodeToString(random))
	if err := writeAtomic(d.Sub(name), append(bytes.Clone(secret), '\n')); err != nil {
		return nil, fmt.Errorf("keep secret %s: %w", name, err)
	}
	return secret, nil
}

// ReadSecret returns the secret called name of the data directory at path, for a command that runs beside the
// server. It returns os.ErrNotExist when no secret has been made, and an error that says what to do when the file
// may be read by others or is shorter than size bytes.
func ReadSecret(path, name string, size int) ([]byte, error) {
	if name != filepath.Base(name) || name == "." || name == ".." {
		return nil, fmt.Errorf("secret %q is not a file name", name)
	}
	file := filepath.Join(path, name)
	info, err := os.Lstat(file)
	if err != nil {
		return nil, fmt.Errorf("look at secret: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("secret %s is not a regular file", file)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("secret %s may be read by others (mode %04o): make a new one, or chmod 600 it", file, mode)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	secret := bytes.TrimSpace(content)
	if len(secret) < size {
		return nil, fmt.Errorf("secret %s has %d bytes and needs at least %d: restore it, or remove the file to get a new one",
			file, len(secret), size)
	}
	return secret, nil
}

// writeAtomic writes a file so that after a crash it is there whole or not at all.
func writeAtomic(path string, content []byte) error {
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	if err := writeSynced(temp, content); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncDir(filepath.Dir(path))
}

// writeSynced writes a file and waits until it is on disk.
func writeSynced(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, secretMode)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Chmod(secretMode), file.Sync(), file.Close())
}

// syncDir waits until the names in a directory are on disk.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
