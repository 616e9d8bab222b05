package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/faustman/chitchat/projections"
)

// verifyCommand proves that the tables equal the log.
type verifyCommand struct {
	JSON bool `name:"json" help:"Print the result as JSON."`
}

// Help says more than one line.
func (*verifyCommand) Help() string {
	return `Reads the whole log, folds it into tables of its own up to the sequence that the live ones have, and compares
these with the live ones, every row. The server goes on meanwhile. It also finds holes in the log, a log that is not
the one the tables were built from, and entries that could not be read and are not in quarantine.

It ends with 0 when all is equal, and with 1 and the rows that differ when not. The database needs room for another
set of tables while it runs; memory does not grow with the log.`
}

// errDiffer is what a verification ends with that found something.
var errDiffer = errors.New("the tables are not what the log says: `chitchat rebuild` builds them anew")

// Run verifies and prints what was found.
func (c *verifyCommand) Run(ctx context.Context, out *console, config *Config) (err error) {
	if err := config.check(); err != nil {
		return err
	}
	b, log, err := openLog(ctx, config, needs{log: true, tables: true}, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	progress := newProgress(out.stderr)
	found, err := projections.Verify(ctx, b.databaseURL, log, projections.VerifyOptions{Progress: progress.show})
	progress.close()
	if ctx.Err() != nil && err != nil {
		return errors.New("broken off: nothing is known")
	}
	if err != nil {
		return err
	}
	if c.JSON {
		err = printObject(out.stdout, jsonVerification(found))
	} else {
		err = printVerification(out.stdout, found)
	}
	if err == nil && !found.Equal() {
		err = errDiffer
	}
	return err
}

func printVerification(w io.Writer, v projections.Verification) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, t := range v.Tables {
		verdict := "equal"
		if t.Blocks > 0 {
			verdict = "DIFFERS"
		}
		fmt.Fprintf(table, "%s\t%d rows\t%s\t\n", t.Table, t.Rows, verdict)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, t := range v.Tables {
		if t.Blocks > 0 {
			printTableCheck(w, t)
		}
	}
	fmt.Fprintf(w, "generation %d against the log of epoch %s up to sequence %d, of a log that ends at %d and has no hole, in %s (%.0f entries a second)\n",
		v.Generation, v.Position.Epoch, v.Position.Seq, v.LogEnd, v.Took.Round(time.Millisecond), float64(v.Position.Seq)/v.Took.Seconds())
	return nil
}

func printTableCheck(w io.Writer, t projections.TableCheck) {
	from := ""
	if t.From > 0 {
		from = fmt.Sprintf(", from sequence %d on", t.From)
	}
	atLeast := ""
	if t.Looked < t.Blocks {
		atLeast = "at least "
	}
	fmt.Fprintf(w, "table %s: %s%d rows differ in %d blocks%s\n", t.Table, atLeast, t.Differing, t.Blocks, from)
	for _, d := range t.Differences {
		switch {
		case d.Have == nil:
			fmt.Fprintf(w, "  %s is missing: the log says %s\n", d.Key, asJSON(d.Want))
		case d.Want == nil:
			fmt.Fprintf(w, "  %s is not in the log: %s\n", d.Key, asJSON(d.Have))
		default:
			for _, column := range slices.Sorted(maps.Keys(d.Want)) {
				fmt.Fprintf(w, "  %s, %s: the log says %s and the table says %s\n", d.Key, column, asJSON(d.Want[column]), asJSON(d.Have[column]))
			}
		}
	}
	if more := t.Differing - uint64(len(t.Differences)); more > 0 {
		fmt.Fprintf(w, "  and %d more\n", more)
	}
}

func asJSON(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil { // it came out of JSON
		return fmt.Sprintf("%q", fmt.Sprint(value))
	}
	return string(encoded)
}

func jsonVerification(v projections.Verification) map[string]any {
	tables := []map[string]any{}
	for _, t := range v.Tables {
		differences := []map[string]any{}
		for _, d := range t.Differences {
			differences = append(differences, map[string]any{"key": d.Key, "seq": d.Seq, "log": d.Want, "table": d.Have})
		}
		tables = append(tables, map[string]any{
			"table": t.Table, "rows": t.Rows, "differing_blocks": t.Blocks, "looked_at_blocks": t.Looked, "differing_rows": t.Differing,
			"from_seq": t.From, "differences": differences,
		})
	}
	return map[string]any{
		"equal": v.Equal(), "from_seq": v.From(), "generation": v.Generation, "epoch": v.Position.Epoch,
		"seq": v.Position.Seq, "log_seq": v.LogEnd, "seconds": v.Took.Seconds(), "tables": tables,
	}
}
