package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/faustman/chitchat/eventstore"
)

// exportCommand writes the log as an archive.
type exportCommand struct {
	Output string `short:"o" help:"Write to this file instead of the standard output. It is there when it is whole." placeholder:"FILE"`
}

// Help says more than one line.
func (*exportCommand) Help() string {
	return `Writes every entry of the log with its sequence, its time and its bytes, one line of JSON each, between a
first line that says which log it is and a last one that proves it whole. It ends where the log ended when it began.
It works beside a running server, and "chitchat import" makes the same log of it elsewhere:

  chitchat export --output log.ndjson
  chitchat export | gzip > log.ndjson.gz

It holds all that people said: keep it as you keep the data directory.`
}

// Run exports and says how much.
func (c *exportCommand) Run(ctx context.Context, out *console, config *Config) (err error) {
	if err := config.check(); err != nil {
		return err
	}
	file, err := createOutput(c.Output, out.stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.discard()) }()
	b, log, err := openLog(ctx, config, needs{log: true}, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	done, err := log.Export(ctx, file, eventstore.ExportOptions{})
	if err != nil {
		return err
	}
	if err := file.keep(); err != nil {
		return err
	}
	if done.Entries == 0 {
		fmt.Fprintf(out.stderr, "exported 0 entries: the log of epoch %s is empty\n", done.Epoch)
	} else {
		fmt.Fprintf(out.stderr, "exported %d entries of epoch %s, up to %s\n", done.Entries, done.Epoch, done.Stored.UTC().Format(time.RFC3339))
	}
	return nil
}

// output is where an export goes: a file that gets its name when it is whole,
// or what is there already and can only be written to.
type output struct {
	io.Writer
	file *os.File // nil when it is not ours
	name string   // what the file is to be called; empty when it has its name
}

// createOutput opens the named output, and stdout when it has no name.
func createOutput(name string, stdout io.Writer) (*output, error) {
	if name == "" {
		return &output{Writer: stdout}, nil
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() && !info.IsDir() { // a pipe, a device
		file, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("write to --output: %w", err)
		}
		return &output{Writer: file, file: file}, nil
	} else if err == nil && info.IsDir() {
		return nil, usagef("--output %s is a directory: name a file in it", name)
	}
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*.part") // of mode 0600
	if err != nil {
		return nil, fmt.Errorf("write to --output: %w", err)
	}
	return &output{Writer: file, file: file, name: name}, nil
}

// keep gives the file its name, once it is on disk.
func (o *output) keep() error {
	if o.file == nil {
		return nil
	}
	file := o.file
	o.file = nil
	if o.name == "" {
		return file.Close()
	}
	err := errors.Join(file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), o.name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write to --output: %w", err), os.Remove(file.Name()))
	}
	dir, err := os.Open(filepath.Dir(o.name))
	if err != nil {
		return fmt.Errorf("write to --output: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// discard removes what was not kept.
func (o *output) discard() error {
	if o.file == nil {
		return nil
	}
	err := o.file.Close()
	if o.name != "" {
		err = errors.Join(err, os.Remove(o.file.Name()))
	}
	return err
}
