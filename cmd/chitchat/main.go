package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the program at once
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// usageError is wrong use or configuration: the message names the flag.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// run parses the arguments, runs the command and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cli cli
	exit := -1
	parser, err := kong.New(&cli,
		kong.Name("chitchat"),
		kong.Description(description),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exit = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Vars{"version": version()},
	)
	if err != nil {
		fmt.Fprintln(stderr, "chitchat:", err)
		return exitFailed
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // --help or --version was answered
		return exit
	}
	if err != nil {
		fmt.Fprintf(stderr, "chitchat: %v\nTry: chitchat --help\n", err)
		return exitUsage
	}
	command.BindTo(ctx, (*context.Context)(nil))
	err = command.Run(&console{stdout: stdout, stderr: stderr, logger: cli.Log.logger(stderr)}, &cli.Config)
	return report(stderr, err)
}

func report(stderr io.Writer, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "chitchat: %v\nTry: chitchat --help\n", err)
		return exitUsage
	default:
		fmt.Fprintf(stderr, "chitchat: %v\n", err)
		return exitFailed
	}
}
