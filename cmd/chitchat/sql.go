package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// analystSettings make a session the analyst's: it reads the views of chat,
// writes nothing, and no query runs for ever.
const analystSettings = `-c role=chitchat_analyst -c default_transaction_read_only=on -c statement_timeout=30s -c search_path=chat`

// sqlCommand queries the read models as the read-only analyst.
type sqlCommand struct {
	Query  []string `arg:"" optional:"" help:"The query. Without one, psql is started."`
	Format string   `default:"table" enum:"table,csv,json" help:"table, csv or json (an array of objects)."`
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
	if len(c.Query) == 0 {
		return c.psql(ctx, out, b.databaseURL)
	}
	settings, err := pgx.ParseConfig(b.databaseURL)
	if err != nil {
		return usagef("--database-url (DATABASE_URL): %w", err)
	}
	settings.RuntimeParams["options"] = analystSettings
	conn, err := pgx.ConnectConfig(ctx, settings)
	if err != nil {
		return fmt.Errorf("connect to Postgres as the analyst: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return c.print(out.stdout, conn.PgConn().Exec(ctx, strings.Join(c.Query, " ")))
}

func (c *sqlCommand) psql(ctx context.Context, out *console, url string) error {
	path, err := exec.LookPath("psql")
	if err != nil {
		return errors.New("psql is not installed: apt-get install postgresql-client, or give the query as an argument")
	}
	command := exec.CommandContext(ctx, path, url)
	command.Env = append(os.Environ(), "PGOPTIONS="+analystSettings)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, out.stdout, out.stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("psql: %w", err)
	}
	return nil
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
