package pgd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// pipeDelay bounds the wait for the output of a process that has ended while a child of it lives on.
const pipeDelay = 2 * time.Second

// inherited are the variables that Postgres gets: where programs and libraries are. All others could change what it
// does (PGPORT, PGDATA, LC_MESSAGES) or are none of its business (secrets).
var inherited = []string{"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LOCPATH", "TZDIR"}

// command prepares a process of the account, in a process group of its own so that Ctrl-C reaches only us, which dies
// by the signal when the calling thread ends. The caller must have locked its thread.
func command(ctx context.Context, who account, out *log, onOrphan syscall.Signal, name string, args ...string) *exec.Cmd {
	if who.late {
		name, args = shell, append([]string{"-c", `exec "$0" "$@"`, name}, args...)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = environment()
	cmd.Dir = "/" // as good as any; the current one may be closed to the account
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = pipeDelay
	cmd.SysProcAttr = who.attr()
	cmd.SysProcAttr.Setpgid = true
	dieWithParent(cmd.SysProcAttr, onOrphan)
	return cmd
}

// run runs a process to its end; the end of ctx kills it.
func run(ctx context.Context, who account, out *log, name string, args ...string) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer out.flush()
	if err := command(ctx, who, out, syscall.SIGKILL, name, args...).Run(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		return err
	}
	return nil
}

func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return !slices.Contains(inherited, name)
	})
	return append(env, "LC_ALL=C") // its messages in English: they are read by a program
}
