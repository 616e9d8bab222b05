package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

const (
	// analystSettings make a session of an outside database the analyst's: it
	// reads the views of chat, writes nothing, and no query runs for ever.
	analystSettings = `-c role=chitchat_analyst -c default_transaction_read_only=on -c statement_timeout=30s -c search_path=chat`
	// reader is the private Postgres' user for queries: the analyst's rights and
	// no others, so that there is no role to go back to.
	reader = "chitchat_reader"
)

// makeReader makes the reader when there is none. It has no password, and so
// no way in but the unix socket, which only this user of the system reaches.
const makeReader = `
DO $reader$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('chitchat_reader'));
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'chitchat_reader') THEN
    CREATE ROLE chitchat_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT IN ROLE chitchat_analyst;
    ALTER ROLE chitchat_reader SET default_transaction_read_only = on;
    ALTER ROLE chitchat_reader SET statement_timeout = '30s';
    ALTER ROLE chitchat_reader SET search_path = chat;
    -- What everybody may do by default.
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    REVOKE TEMPORARY ON DATABASE chitchat FROM PUBLIC;
    REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;
  END IF;
END
$reader$`

// sqlCommand queries the read models as the read-only analyst.
type sqlCommand struct {
	Query  []string `arg:"" optional:"" help:"The query. Without one, psql is started."`
	Format string   `default:"table" enum:"table,csv,json" help:"table, csv or json (an array of objects)."`
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
	return c.print(out.stdout, conn.PgConn().Exec(ctx, strings.Join(c.Query, " ")))
}

// analyst returns the address to query, and the settings for the session.
func analyst(ctx context.Context, b *backend) (address, options string, err error) {
	if !b.private {
		return b.databaseURL, analystSettings, nil
	}
	conn, err := pgx.Connect(ctx, b.databaseURL)
	if err != nil {
		return "", "", fmt.Errorf("connect to Postgres: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, makeReader); err != nil {
		return "", "", fmt.Errorf("make the user %s: %w", reader, err)
	}
	own, err := url.Parse(b.databaseURL)
	if err != nil {
		return "", "", fmt.Errorf("address of the private Postgres: %w", err)
	}
	own.User = url.User(reader)
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

// print prints the last statement's result.
func (c *sqlCommand) print(w io.Writer, results *pgconn.MultiResultReader) error {
	all, err := results.ReadAll()
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return nil
	}
	last := all[len(all)-1]
	if last.Err != nil {
		return last.Err
	}
	switch c.Format {
	case "csv":
		return printCSV(w, last)
	case "json":
		return printJSON(w, last)
	default:
		return printTable(w, last)
	}
}

func printTable(w io.Writer, result *pgconn.Result) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(names(result), "\t"))
	flat := strings.NewReplacer("\n", `\n`, "\t", `\t`, "\r", `\r`)
	for _, row := range result.Rows {
		cells := make([]string, len(row))
		for i, value := range row {
			cells[i] = flat.Replace(string(value))
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	return table.Flush()
}

func printCSV(w io.Writer, result *pgconn.Result) error {
	writer := csv.NewWriter(w)
	rows := [][]string{names(result)}
	for _, row := range result.Rows {
		cells := make([]string, len(row))
		for i, value := range row {
			cells[i] = string(value)
		}
		rows = append(rows, cells)
	}
	return writer.WriteAll(rows)
}

func printJSON(w io.Writer, result *pgconn.Result) error {
	columns := names(result)
	rows := make([]map[string]json.RawMessage, 0, len(result.Rows))
	for _, row := range result.Rows {
		object := make(map[string]json.RawMessage, len(row))
		for i, value := range row {
			encoded, err := jsonValue(result.FieldDescriptions[i].DataTypeOID, value)
			if err != nil {
				return err
			}
			object[columns[i]] = encoded
		}
		rows = append(rows, object)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(rows)
}

// jsonValue encodes a value in Postgres' text form.
func jsonValue(oid uint32, value []byte) (json.RawMessage, error) {
	if value == nil {
		return json.RawMessage("null"), nil
	}
	switch oid {
	case pgtype.BoolOID:
		return json.RawMessage(map[string]string{"t": "true", "f": "false"}[string(value)]), nil
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID,
		pgtype.JSONOID, pgtype.JSONBOID:
		if json.Valid(value) { // NaN and Infinity are not
			return value, nil
		}
	}
	return json.Marshal(string(value))
}

func names(result *pgconn.Result) []string {
	columns := make([]string, len(result.FieldDescriptions))
	for i, field := range result.FieldDescriptions {
		columns[i] = field.Name
	}
	return columns
}
