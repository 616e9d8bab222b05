package main

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
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

// Config is what several commands need.
type Config struct {
	Data        string `env:"CHITCHAT_DATA" default:"./chitchat-data" help:"Directory for all that the embedded default keeps (mode 0700)." placeholder:"DIR"`
	NATSURL     string `name:"nats-url" env:"NATS_URL" help:"An outside NATS with JetStream, instead of the embedded one." placeholder:"URL"`
	DatabaseURL string `name:"database-url" env:"DATABASE_URL" help:"An outside Postgres, instead of the private one." placeholder:"URL"`
	JWTSecret   string `name:"jwt-secret" env:"JWT_SECRET" help:"Signs tokens (HS256). Default: made once and kept below --data." placeholder:"SECRET"`
	PGBin       string `name:"pg-bin" env:"CHITCHAT_PG_BIN" help:"Directory with the Postgres server's programs, when they are not where systems put them." placeholder:"DIR"`
}

// minSecretBytes is the least length of a secret that signs tokens, in bytes.
const minSecretBytes = 16

// check finds settings that can't be right, before anything is started.
func (c *Config) check() error {
	if c.JWTSecret != "" && len(c.JWTSecret) < minSecretBytes {
		return usagef("--jwt-secret (JWT_SECRET) has under %d bytes: give a longer one, or none to have one made", minSecretBytes)
	}
	// Neither the addresses nor what a parser says of them is ever shown: they
	// may hold passwords.
	for address := range strings.SplitSeq(c.NATSURL, ",") {
		if u, err := url.Parse(strings.TrimSpace(address)); c.NATSURL != "" && (err != nil || u.Scheme == "" || u.Host == "") {
			return usagef("--nats-url (NATS_URL) is not a URL like nats://localhost:4222, or several of them with commas between")
		}
	}
	if c.DatabaseURL != "" {
		u, err := url.Parse(c.DatabaseURL)
		if err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
			_, err = pgx.ParseConfig(c.DatabaseURL)
		} else {
			err = errors.ErrUnsupported
		}
		if err != nil {
			return usagef("--database-url (DATABASE_URL) is not a URL like postgres://user@localhost/chitchat, or has a setting that can't be")
		}
	}
	return c.checkPGBin()
}

// checkPGBin finds a --pg-bin that has no Postgres in it.
func (c *Config) checkPGBin() error {
	if c.PGBin == "" || c.DatabaseURL != "" { // none is started for an outside database
		return nil
	}
	for _, program := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(filepath.Join(c.PGBin, program)); err != nil {
			return usagef("--pg-bin (CHITCHAT_PG_BIN) %q is not the directory of a Postgres server's programs: there is no %s in it", c.PGBin, program)
		}
	}
	return nil
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
		return slog.New(slog.NewTextHandler(stderr, options))
	}
	return slog.New(slog.NewJSONHandler(stderr, options))
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

func version() string {
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
	return text + " " + info.GoVersion
}
