package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

func TestSplitPassword(t *testing.T) {
	for _, test := range []struct{ address, without, password string }{
		{"postgres://ada@host/db", "postgres://ada@host/db", ""},
		{"postgres://ada:s3cret%2Fx@host:5433/db?sslmode=require", "postgres://ada@host:5433/db?sslmode=require", "s3cret/x"},
		{"postgres://host/db?user=ada&password=s3cret", "postgres://host/db?user=ada", "s3cret"},
	} {
		without, password, err := splitPassword(test.address)
		if without != test.without || password != test.password || err != nil {
			t.Errorf("splitPassword(%s) = %q, %q, %v, want %q, %q", test.address, without, password, err, test.without, test.password)
		}
	}
}

// result is one of a statement's; the value NULL is none.
func result(columns []pgconn.FieldDescription, rows ...[]string) *pgconn.Result {
	made := &pgconn.Result{FieldDescriptions: columns}
	for _, row := range rows {
		values := make([][]byte, len(row))
		for i, value := range row {
			if value != "NULL" {
				values[i] = []byte(value)
			}
		}
		made.Rows = append(made.Rows, values)
	}
	return made
}

func TestPrint(t *testing.T) {
	var (
		mixed = []pgconn.FieldDescription{
			{Name: "z", DataTypeOID: pgtype.TextOID}, {Name: "a", DataTypeOID: pgtype.Int8OID}, {Name: "z", DataTypeOID: pgtype.JSONBOID}, {Name: "m", DataTypeOID: pgtype.BoolOID},
		}
		set     = result(nil)
		none    = result(mixed[:1])
		one     = result(mixed, []string{"<&>", "9007199254740993", `{"k": [1]}`, "t"})
		numbers = result([]pgconn.FieldDescription{{Name: "n", DataTypeOID: pgtype.NumericOID}}, []string{"1.50"}, []string{"NaN"}, []string{"NULL"})
	)
	for _, test := range []struct {
		name, format string
		results      []*pgconn.Result
		want         string
	}{
		{"columns in the query's order, two of one name", "json", []*pgconn.Result{one},
			"[\n  {\n    \"z\": \"<&>\",\n    \"a\": 9007199254740993,\n    \"z\": {\n      \"k\": [\n        1\n      ]\n    },\n    \"m\": true\n  }\n]\n"},
		{"no number and null", "json", []*pgconn.Result{numbers}, "[\n  {\n    \"n\": 1.50\n  },\n  {\n    \"n\": \"NaN\"\n  },\n  {\n    \"n\": null\n  }\n]\n"},
		{"no rows", "json", []*pgconn.Result{none}, "[]\n"},
		{"no statement", "json", nil, "[]\n"},
		{"the last of several", "json", []*pgconn.Result{one, none}, "[]\n"},
		{"the last that returns rows", "json", []*pgconn.Result{set, none, numbers, set}, "[\n  {\n    \"n\": 1.50\n  },\n  {\n    \"n\": \"NaN\"\n  },\n  {\n    \"n\": null\n  }\n]\n"},
		{"table", "table", []*pgconn.Result{set, one, set}, "z    a                 z           m\n<&>  9007199254740993  {\"k\": [1]}  t\n"},
		{"csv", "csv", []*pgconn.Result{one}, "z,a,z,m\n<&>,9007199254740993,\"{\"\"k\"\": [1]}\",t\n"},
		{"nothing to show", "table", []*pgconn.Result{set}, ""},
		{"nothing to show as CSV", "csv", []*pgconn.Result{set}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			command := sqlCommand{Format: test.format}
			if err := command.print(&out, test.results); err != nil || out.String() != test.want {
				t.Errorf("print = %v\n%s\nwant\n%s", err, out.String(), test.want)
			}
		})
	}
}

func TestPointAt(t *testing.T) {
	long := "SELECT " + strings.Repeat("x", 100) + " FROM y" + strings.Repeat("z", 50)
	for _, test := range []struct {
		name, query string
		position    int
		want        string
	}{
		{"first", "SELCT 1", 1, "LINE 1: SELCT 1\n        ^"},
		{"at the end", "SELECT", 7, "LINE 1: SELECT\n              ^"},
		{"second line", "SELECT 1,\n\tname\nFROM x", 12, "LINE 2:  name\n         ^"},
		{"characters, not bytes", "SELECT 'ä', nam", 13, "LINE 1: SELECT 'ä', nam\n                    ^"},
		{"long line", long, 114, "LINE 1: ..." + strings.Repeat("x", 34) + " FROM y" + strings.Repeat("z", 29) + "...\n" + strings.Repeat(" ", 51) + "^"},
		{"nowhere", "SELECT 1", 0, ""},
		{"behind it", "SELECT 1", 10, ""},
	} {
		if got := pointAt(test.query, test.position); got != test.want {
			t.Errorf("%s: pointAt =\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}

func TestDescribe(t *testing.T) {
	failed := &pgconn.PgError{Severity: "ERROR", Code: "42703", Message: `column "nam" does not exist`, Position: 8, Hint: "Perhaps name.", Detail: "It is not."}
	got := describe("SELECT nam", failed).Error()
	want := "ERROR: column \"nam\" does not exist (SQLSTATE 42703)\nLINE 1: SELECT nam\n               ^\nDETAIL:  It is not.\nHINT:  Perhaps name."
	if got != want {
		t.Errorf("describe =\n%s\nwant\n%s", got, want)
	}
	lost := errors.New("lost")
	if err := describe("SELECT 1", lost); !errors.Is(err, lost) {
		t.Errorf("describe = %v, want %v", err, lost)
	}
}
