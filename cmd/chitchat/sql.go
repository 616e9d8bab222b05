package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/migrations"
)

// analystSettings make a session of an outside database the analyst's: it reads
// the views of chat, writes nothing, and no query runs for ever. What a role
// cannot be given by its session, a limit of temporary files, is missing.
const analystSettings = `-c role=chitchat_analyst -c default_transaction_read_only=on -c statement_timeout=30s ` +
	`-c idle_in_transaction_session_timeout=60s -c search_path=chat`

// sqlCommand queries the read models as the read-only analyst.
type sqlCommand struct {
	Query  []string `arg:"" optional:"" help:"The query. Without one, psql is started."`
	Format string   `default:"table" enum:"table,csv,json" help:"table, csv or json (an array of objects). Of several statements, the last one that returns rows is printed."`
}

// Help says more than one line.
func (*sqlCommand) Help() string {
	return `With the private Postgres the query runs as a user who can read the views of
schema chat and nothing else. With --database-url it runs as that URL's user in
the role chitchat_analyst, which keeps from mistakes, not from intent: a query
can leave the role. For queries that you do not trust, give the URL of a user
who has no rights but being a member of chitchat_analyst.`
}

// Run prints the query's result, or starts psql.
func (c *sqlCommand) Run(ctx context.Context, out *console, config *Config) (err error) {
	if err := config.check(); err != nil {
		return err
	}
	b, err := attachBackend(ctx, config, needs{tables: true}, out.logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	address, options, err := analyst(ctx, b)
	if err != nil {
		return err
	}
	if len(c.Query) == 0 {
		return c.psql(ctx, out, address, options)
	}
	settings, err := pgx.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("database url: %w", err)
	}
	if options != "" {
		settings.RuntimeParams["options"] = options
	}
	conn, err := pgx.ConnectConfig(ctx, settings)
	if err != nil {
		return fmt.Errorf("connect to Postgres as the analyst: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	query := strings.Join(c.Query, " ")
	results, err := readAll(conn.PgConn().Exec(ctx, query))
	if err != nil {
		if !hasViews(ctx, conn) {
			return errNoViews
		}
		return describe(query, err)
	}
	return c.print(out.stdout, results)
}

// errNoViews is what there is to say of a database that no server has used.
var errNoViews = errors.New("there are no tables yet: `chitchat serve`, or `chitchat rebuild`, builds them from the log")

// hasViews reports whether the views of chat are there, or can't be looked for.
func hasViews(ctx context.Context, conn *pgx.Conn) bool {
	found := true
	err := conn.QueryRow(ctx, "SELECT to_regclass('chat.freshness') IS NOT NULL").Scan(&found)
	return err != nil || found
}

// analyst returns the address to query, and the settings for the session.
func analyst(ctx context.Context, b *backend) (address, options string, err error) {
	if !b.private {
		return b.databaseURL, analystSettings, nil
	}
	if b.postgres == nil { // which was started by another process, maybe an older one
		if err := migrations.Private(ctx, b.databaseURL); err != nil {
			return "", "", err
		}
	}
	own, err := url.Parse(b.databaseURL)
	if err != nil {
		return "", "", fmt.Errorf("address of the private Postgres: %w", err)
	}
	own.User = url.User(migrations.Reader)
	return own.String(), "", nil
}

func (c *sqlCommand) psql(ctx context.Context, out *console, address, options string) error {
	path, err := exec.LookPath("psql")
	if err != nil {
		return errors.New("psql is not installed: apt-get install postgresql-client, or give the query as an argument")
	}
	address, password, err := splitPassword(address)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, path, address)
	command.Env = os.Environ()
	if password != "" {
		command.Env = append(command.Env, "PGPASSWORD="+password)
	}
	if options != "" {
		command.Env = append(command.Env, "PGOPTIONS="+options)
	}
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, out.stdout, out.stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("psql: %w", err)
	}
	return nil
}

// splitPassword takes the password out of a database's URL: everybody on the
// machine sees the arguments of a program, and only its user the environment.
func splitPassword(address string) (without, password string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", errors.New("the database's address is not a URL")
	}
	if u.User != nil {
		password, _ = u.User.Password()
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	if query.Has("password") {
		password = query.Get("password")
		query.Del("password")
		u.RawQuery = query.Encode()
	}
	return u.String(), password, nil
}
