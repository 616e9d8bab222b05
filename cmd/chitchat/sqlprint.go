package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// readAll reads the results of all statements, with the columns of those that
// have no row, too.
func readAll(reader *pgconn.MultiResultReader) ([]*pgconn.Result, error) {
	var results []*pgconn.Result
	for reader.NextResult() {
		one := reader.ResultReader()
		columns := slices.Clone(one.FieldDescriptions())
		result := one.Read()
		result.FieldDescriptions = columns
		results = append(results, result)
	}
	return results, reader.Close()
}

// print prints the result of the last statement that returns rows.
func (c *sqlCommand) print(w io.Writer, results []*pgconn.Result) error {
	shown := &pgconn.Result{}
	for _, result := range results {
		if len(result.FieldDescriptions) > 0 {
			shown = result
		}
	}
	switch {
	case c.Format == "json": // a program that reads it always gets an array
		return printJSON(w, shown)
	case len(shown.FieldDescriptions) == 0:
		return nil
	case c.Format == "csv":
		return printCSV(w, shown)
	default:
		return printTable(w, shown)
	}
}

func printTable(w io.Writer, result *pgconn.Result) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(names(result), "\t"))
	for _, row := range result.Rows {
		cells := make([]string, len(row))
		for i, value := range row {
			cells[i] = safe(string(value))
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

// printJSON prints an array of objects, whose members are in the order of the
// query's columns; two columns of one name are two members.
func printJSON(w io.Writer, result *pgconn.Result) error {
	columns := names(result)
	var rows bytes.Buffer
	rows.WriteByte('[')
	for n, row := range result.Rows {
		if n > 0 {
			rows.WriteByte(',')
		}
		rows.WriteByte('{')
		for i, value := range row {
			if i > 0 {
				rows.WriteByte(',')
			}
			name, err := jsonString(columns[i])
			if err != nil {
				return err
			}
			encoded, err := jsonValue(result.FieldDescriptions[i].DataTypeOID, value)
			if err != nil {
				return err
			}
			rows.Write(name)
			rows.WriteByte(':')
			rows.Write(encoded)
		}
		rows.WriteByte('}')
	}
	rows.WriteString("]\n")
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, rows.Bytes(), "", "  "); err != nil {
		return fmt.Errorf("encode rows: %w", err)
	}
	_, err := pretty.WriteTo(w)
	return err
}

// jsonString encodes a text as a person can read it: <, > and & stay.
func jsonString(text string) (json.RawMessage, error) {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(encoded.Bytes(), []byte("\n")), nil
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
	return jsonString(string(value))
}

func names(result *pgconn.Result) []string {
	columns := make([]string, len(result.FieldDescriptions))
	for i, field := range result.FieldDescriptions {
		columns[i] = field.Name
	}
	return columns
}

// shownBefore and shownAfter bound what is shown of a query's line around a
// fault, in characters, so that it fits on a terminal's line.
const shownBefore, shownAfter = 40, 30

// describe returns the database's words for a query that failed, with the place
// in the query as psql shows it.
func describe(query string, err error) error {
	var failed *pgconn.PgError
	if !errors.As(err, &failed) {
		return fmt.Errorf("query: %w", err)
	}
	text := failed.Error()
	for _, more := range []struct{ name, text string }{
		{"", pointAt(query, int(failed.Position))}, {"DETAIL:  ", failed.Detail}, {"HINT:  ", failed.Hint},
	} {
		if more.text != "" {
			text += "\n" + more.name + more.text
		}
	}
	return errors.New(text)
}

// pointAt shows the line of the query with the character at position, which
// counts from 1, and points at that; nothing when there is none.
func pointAt(query string, position int) string {
	characters := []rune(query)
	if position < 1 || position > len(characters)+1 {
		return ""
	}
	before := string(characters[:position-1])
	number := strings.Count(before, "\n") + 1
	column := position - 1
	if i := strings.LastIndexByte(before, '\n'); i >= 0 {
		column = len([]rune(before[i+1:]))
	}
	line := []rune(strings.Split(query, "\n")[number-1])
	prefix := fmt.Sprintf("LINE %d: ", number)
	if column > shownBefore {
		prefix += "..."
		line, column = line[column-shownBefore:], shownBefore
	}
	shown := string(line)
	if len(line) > column+shownAfter {
		shown = string(line[:column+shownAfter]) + "..."
	}
	shown = strings.NewReplacer("\t", " ", "\r", " ").Replace(shown)
	return prefix + shown + "\n" + strings.Repeat(" ", len(prefix)+column) + "^"
}
