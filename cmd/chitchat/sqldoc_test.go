package main_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var updateSQLDoc = flag.Bool("update", false, "write the results in docs/sql.md anew")

// sqlDoc is the page whose queries and results are held to the sample.
var sqlDoc = filepath.Join("..", "..", "docs", "sql.md")

const (
	// minQuestions is how many the page must answer.
	minQuestions = 20
	// maxRows bounds a result, which people read.
	maxRows = 10
)

// question is a query of the page with its result.
type question struct {
	heading string // without the number
	number  int    // 0 when it stands in none of the questions
	query   string
	want    string
	at, end int // of want in the page; 0 when it has no result
}

func (q question) name() string { return fmt.Sprintf("%02d %.40s", q.number, q.heading) }

var (
	sqlBlock   = regexp.MustCompile("(?s)```sql\n(.*?)```\n(\n```text\n(.*?)```\n)?")
	docHeading = regexp.MustCompile(`(?m)^#+ (?:(\d+)\. )?(.+)$`)
)

// questionsOf finds the queries of a page.
func questionsOf(t *testing.T, page string) []question {
	t.Helper()
	var found []question
	for _, at := range sqlBlock.FindAllStringSubmatchIndex(page, -1) {
		q := question{query: page[at[2]:at[3]]}
		if at[6] >= 0 {
			q.want, q.at, q.end = page[at[6]:at[7]], at[6], at[7]
		}
		headings := docHeading.FindAllStringSubmatch(page[:at[0]], -1)
		if len(headings) > 0 {
			last := headings[len(headings)-1]
			q.heading = last[2]
			q.number, _ = strconv.Atoi(cmp.Or(last[1], "0"))
		}
		found = append(found, q)
	}
	return found
}

// Every query of docs/sql.md gives the result that stands there, to the byte: for a tool that comes over TCP as the
// analyst, in whatever time zone it is, and by `chitchat sql`.
func TestSQLBeforeTheFirstServe(t *testing.T) {
	t.Parallel()
	want(t, 1, "`chitchat serve`, or `chitchat rebuild`, builds them", "sql", "--data", seededDir(t), "SELECT * FROM chat.channels")
}

func TestSQLDoc(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(sqlDoc)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	questions := questionsOf(t, page)
	wantQuestions(t, page, questions)
	data, c := serveSample(t)
	results := make([]string, len(questions))
	conn := c.analyst()
	if _, err := conn.Exec(t.Context(), "SET TimeZone = 'Asia/Tokyo'"); err != nil {
		t.Fatal(err)
	}
	for i, q := range questions {
		t.Run(q.name(), func(t *testing.T) { results[i] = wantAnswer(t, conn, q) })
	}
	wantByCommand(t, data, conn, questions, results)
	wantInPsql(t, c, questions)
	if *updateSQLDoc && !t.Failed() {
		writeResults(t, page, questions, results)
	}
}

// serveSample serves the page's sample, with a port for tools.
func serveSample(t *testing.T) (data string, c tool) {
	t.Helper()
	data = dataDir(t)
	out, errs, code := chitchat(t, "demo", "--data", data, "--until", "2026-06-01")
	if code != 0 {
		t.Fatalf("demo: exit code %d, %s", code, errs)
	}
	entries := regexp.MustCompile(`(\d+) entries in all`).FindStringSubmatch(out)
	if entries == nil {
		t.Fatalf("demo does not say how many entries there are:\n%s", out)
	}
	seed.Plant(t, data)
	_, c = serveTools(t, data, freeAddress(t))
	eventually(t, "the tables have the sample", func() bool {
		value, _ := c.pgx("SELECT applied_seq FROM chat.freshness")
		return value == entries[1]
	})
	return data, c
}

// wantQuestions wants the page's form: questions, numbered, each with its query, its result and its cost.
func wantQuestions(t *testing.T, page string, questions []question) {
	t.Helper()
	numbered := 0
	for _, q := range questions {
		if q.number == 0 {
			continue
		}
		numbered++
		rows := strings.Count(q.want, "\n") - 1
		switch {
		case q.number != numbered:
			t.Errorf("question %d is the %dth", q.number, numbered)
		case !strings.HasSuffix(q.heading, "?"):
			t.Errorf("question %d asks nothing: %q", q.number, q.heading)
		case q.end == 0:
			t.Errorf("question %d has no result", q.number)
		case !strings.Contains(q.query, "ORDER BY"):
			t.Errorf("question %d has no order, so no result", q.number)
		case !*updateSQLDoc && (rows < 1 || rows > maxRows):
			t.Errorf("question %d has a result of %d rows, want 1 to %d", q.number, rows, maxRows)
		case !strings.Contains(page, fmt.Sprintf("\n| %d ", q.number)):
			t.Errorf("question %d is not in the table of costs", q.number)
		}
	}
	if numbered < minQuestions {
		t.Errorf("the page has %d questions, want %d or more", numbered, minQuestions)
	}
}

// wantAnswer asks one question over TCP, in Tokyo, and returns the answer.
func wantAnswer(t *testing.T, conn *pgx.Conn, q question) string {
	t.Helper()
	results, err := conn.PgConn().Exec(t.Context(), q.query).ReadAll()
	if err != nil {
		t.Fatalf("over TCP: %v", err)
	}
	got := table(results[len(results)-1])
	if q.end > 0 && !*updateSQLDoc && got != q.want {
		t.Errorf("the rows are\n%s\nwant, as docs/sql.md has it (-update writes it),\n%s", got, q.want)
	}
	return got
}

// table prints rows as `chitchat sql` does.
func table(result *pgconn.Result) string {
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for i, field := range result.FieldDescriptions {
		fmt.Fprint(table, map[bool]string{true: "\t"}[i > 0], field.Name)
	}
	fmt.Fprintln(table)
	for _, row := range result.Rows {
		fmt.Fprintf(table, "%s\n", bytes.Join(row, []byte("\t")))
	}
	_ = table.Flush()
	return out.String()
}

// byCommand is how many questions `chitchat sql` answers one by one: enough to see that it prints as table does.
// Starting it takes longer than most queries.
const byCommand = 3

// wantByCommand wants `chitchat sql` to print the first answers as they stand in the page, and to find in its session,
// in no time zone, the rows of all of them.
func wantByCommand(t *testing.T, data string, conn *pgx.Conn, questions []question, results []string) {
	t.Helper()
	var parts []string
	for i, q := range questions {
		if q.end == 0 {
			continue
		}
		query := strings.TrimRight(q.query, "; \n")
		parts = append(parts, fmt.Sprintf("SELECT %d AS n, (SELECT string_agg(whole_row::text, ' ') FROM (%s\n) whole_row) AS all_rows", i, query))
		if len(parts) > byCommand {
			continue
		}
		if got := askCommand(t, data, q.query); got != results[i] {
			t.Errorf("%s: chitchat sql prints\n%s\nwant, as over TCP in Tokyo,\n%s", q.name(), got, results[i])
		}
	}
	all := strings.Join(parts, "\nUNION ALL ") + "\nORDER BY n"
	rows, err := conn.PgConn().Exec(t.Context(), all).ReadAll()
	if err != nil {
		t.Fatalf("over TCP: %v", err)
	}
	if got, want := askCommand(t, data, all), table(rows[0]); got != want || len(rows[0].Rows) != len(parts) {
		t.Errorf("all answers of chitchat sql are\n%s\nwant, as over TCP in Tokyo,\n%s", got, want)
	}
}

// askCommand returns what `chitchat sql` prints.
func askCommand(t *testing.T, data, query string) string {
	t.Helper()
	out, errs, code := chitchat(t, "sql", "--data", data, query)
	if code != 0 {
		t.Fatalf("chitchat sql: exit code %d, %s", code, errs)
	}
	return out
}

// wantInPsql runs all queries in the program that people use, where it is installed; pgx has done the same.
func wantInPsql(t *testing.T, c tool, questions []question) {
	t.Helper()
	if _, err := exec.LookPath("psql"); err != nil {
		t.Log("psql is not installed: the queries were not run in it, only by pgx")
		return
	}
	var all []string
	for _, q := range questions {
		all = append(all, q.query)
	}
	c.t = t
	if _, state := c.psql(all...); state != "" {
		t.Errorf("psql over TCP: %s", state)
	}
}

// writeResults puts the results into the page.
func writeResults(t *testing.T, page string, questions []question, results []string) {
	t.Helper()
	var out strings.Builder
	from := 0
	for i, q := range questions {
		if q.end > 0 {
			out.WriteString(page[from:q.at])
			out.WriteString(results[i])
			from = q.end
		}
	}
	out.WriteString(page[from:])
	if err := os.WriteFile(sqlDoc, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
