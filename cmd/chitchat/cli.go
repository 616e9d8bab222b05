package main

import (
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/faustman/chitchat/internal/telemetry"
)

const description = `A chat whose truth is a log: query it in SQL, and replay it.

Without any setting everything is embedded: the log (NATS JetStream) and the
tables (Postgres) are kept below --data, and nothing listens but --listen.
Start it and open http://localhost:8080 in two windows.`

// cli is the command line. Each flag has an environment variable; flags win.
type cli struct {
	Config  Config            `embed:""`
	Log     logConfig         `embed:"" prefix:"log-"`
	Ver     versionFlag       `name:"version" help:"Print the version."`
	Serve   serveCommand      `cmd:"" default:"withargs" help:"Serve the chat (this is what happens without a command)."`
	Status  statusCommand     `cmd:"" help:"Show the log's end, how far the tables are, and what is quarantined."`
	Token   tokenCommand      `cmd:"" help:"Mint a token for a person in a channel."`
	SQL     sqlCommand        `cmd:"" name:"sql" help:"Query the tables in SQL, as a reader who can change nothing."`
	Rebuild rebuildCommand    `cmd:"" help:"Build the tables anew from the log, beside the live ones, and switch to them at once."`
	Verify  verifyCommand     `cmd:"" help:"Prove that the tables are what the log says, row by row."`
	Tail    tailCommand       `cmd:"" help:"Print events as they come, or a channel as it was at a time past."`
	Quar    quarantineCommand `cmd:"" name:"quarantine" help:"Look at what is in the log and not in the tables, and try it again."`
	Migr    migrateCommand    `cmd:"" name:"migrate" help:"Bring the database up to date and say what was done (serve does so by itself); accept a log that lost its end."`
	Export  exportCommand     `cmd:"" help:"Write the log as NDJSON, with its sequences and times."`
	Import  importCommand     `cmd:"" help:"Make the log from what export has written, with its sequences and times; refused when the log is not empty."`
	Demo    demoCommand       `cmd:"" help:"Fill an empty log with a sample: some weeks of a small company's chat, to query and to look at."`
	Health  healthCommand     `cmd:"" name:"healthcheck" help:"Ask a running server whether it is ready; for containers without a shell."`
	Vers    versionSubcommand `cmd:"" name:"version" help:"Print the version."`
}

// checkListen finds a --listen that can't be. Port 0 is any free one.
func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return usagef("--listen (CHITCHAT_LISTEN) %q is not HOST:PORT, with a port up to 65535", address)
	}
	return nil
}

// logConfig is how the program logs.
type logConfig struct {
	Level  slog.Level `env:"CHITCHAT_LOG_LEVEL" default:"info" help:"debug, info, warn or error."`
	Format string     `env:"CHITCHAT_LOG_FORMAT" default:"auto" enum:"auto,text,json" help:"text, json, or auto: text on a terminal."`
}

func (c logConfig) logger(stderr io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Level}
	if c.Format == "text" || (c.Format == "auto" && isTerminal(stderr)) {
		return slog.New(telemetry.NewHandler(slog.NewTextHandler(stderr, options)))
	}
	return slog.New(telemetry.NewHandler(slog.NewJSONHandler(stderr, options)))
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// console is where a command writes.
type console struct {
	stdout, stderr io.Writer
	logger         *slog.Logger
}

// stopTimeout bounds the orderly end of a part of the program.
const stopTimeout = 10 * time.Second

// release is the version that a build without the repository's history is
// given: go build -ldflags "-X main.release=1.2.3".
var release string

// version is the program's, and that of Go.
func version() string { return buildVersion() + " " + runtime.Version() }

func buildVersion() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			text += " " + setting.Value
		}
	}
	return text
}
