package main

import (
	"fmt"

	"github.com/alecthomas/kong"
)

// versionFlag is --version.
type versionFlag bool

// BeforeReset prints the version and ends.
func (versionFlag) BeforeReset(app *kong.Kong, vars kong.Vars) error {
	if _, err := fmt.Fprintln(app.Stdout, "chitchat", vars["version"]); err != nil {
		return err
	}
	app.Exit(exitDone)
	return nil
}

type versionSubcommand struct{}

// Run prints the version.
func (versionSubcommand) Run(out *console) error {
	_, err := fmt.Fprintln(out.stdout, "chitchat", version())
	return err
}
