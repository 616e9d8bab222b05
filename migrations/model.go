package migrations

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ViewsVersion is the version of the views' SQL. A program that finds the views
// of an older one replaces them; of a newer one, it leaves them alone.
const ViewsVersion = 2

var (
	//go:embed model/tables.sql
	tables string
	//go:embed model/indexes.sql
	indexes string
	//go:embed model/views.sql
	views string
)

var comment = regexp.MustCompile(`(?m)^--.*$`)

// Schema returns the name of the schema of a generation's tables.
func Schema(generation int) string { return "model_" + strconv.Itoa(generation) }

// Tables returns the SQL that makes a generation's tables, without the keys and
// indexes of the large ones, for a session whose search_path is the
// generation's schema.
func Tables() string { return tables }

// Indexes returns the SQL that makes the keys and indexes of the large tables,
// for a session whose search_path is the generation's schema.
func Indexes() string { return indexes }

// IndexesOf returns the statements of [Indexes] for the tables, in their order.
func IndexesOf(tables ...string) []string {
	var own []string
	for statement := range strings.SplitSeq(comment.ReplaceAllString(indexes, ""), ";") {
		onTable := func(table string) bool { return strings.Contains(statement, " ON "+table+" ") }
		if slices.ContainsFunc(tables, onTable) {
			own = append(own, strings.TrimSpace(statement))
		}
	}
	return own
}

// Views returns the SQL that makes the views of schema chat show the given
// generation, whatever they showed before, and grants them to the analyst. It
// is to run in one transaction with a lock_timeout.
func Views(generation int) string {
	return strings.NewReplacer(
		"{schema}", Schema(generation),
		"{generation}", strconv.Itoa(generation),
	).Replace(views)
}

// CreateModel returns the SQL that makes the empty schema with the tables of a
// read model and leaves the search_path of the transaction at it.
func CreateModel(schema string) string {
	return fmt.Sprintf("CREATE SCHEMA %s; SET LOCAL search_path TO %s;\n%s", schema, schema, tables)
}
