package projections

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

const (
	// maxBlocks bounds how many differing blocks are looked at row by row, and
	// maxShown how many differences of a table are kept.
	maxBlocks = 100
	maxShown  = 10
	// maxNoted bounds how many differing blocks are remembered at all. Those
	// beyond it are counted.
	maxNoted = 100_000
	// seqDigits is how long the keys are that are sequences: with zeroes before
	// them, they are in order as texts.
	seqDigits = 20
)

// comparison says how a table is compared: by hashes of blocks first, then row
// by row in the blocks that differ. All but the table are SQL expressions over
// its row t.
type comparison struct {
	table string
	// group and block place a row in a block, key orders it there.
	group, block, key string
	// seq is the sequence to name when the row differs, 0 when there is none.
	seq string
	// text is all that the log says of the row, row the same as jsonb.
	text, row string
}

// comparisons are all tables. Of what was written when, and of the log's end as
// it was seen, the log says nothing.
var comparisons = []comparison{
	{"message", "t.channel", "t.seq / 8192", "lpad(t.seq::text, 20, '0')", "t.seq", "t::text", "to_jsonb(t)"},
	{"event", "t.channel", "t.seq / 8192", "lpad(t.seq::text, 20, '0')", "t.seq", "t::text", "to_jsonb(t)"},
	{"session", "t.channel", "t.joined_seq / 8192", "lpad(t.joined_seq::text, 20, '0')", "t.joined_seq", "t::text", "to_jsonb(t)"},
	{"person", "''", "abs(hashtext(t.user_id)::bigint) % 256", "t.user_id", "t.last_seq", "t::text", "to_jsonb(t)"},
	{"channel", "t.channel", "0::bigint", "t.channel", "t.last_seq", "t::text", "to_jsonb(t)"},
	{"daily", "t.channel", "(t.day - date '1970-01-01') / 64", "t.day::text", "0::bigint", "t::text", "to_jsonb(t)"},
	{"daily_sender", "t.channel", "(t.day - date '1970-01-01') / 8", "t.day::text || ' ' || t.user_id", "0::bigint", "t::text", "to_jsonb(t)"},
	{"quarantine", "''", "t.seq / 8192", "lpad(t.seq::text, 20, '0')", "t.seq",
		"(t.seq, t.subject, t.code, t.reason, t.payload, t.payload_bytes, t.stored_at)::text", "to_jsonb(t) - 'quarantined_at'"},
	{"checkpoint", "''", "0::bigint", "''", "t.seq",
		"(t.epoch, t.seq, t.stored_nanos, t.event_at)::text",
		"jsonb_build_object('epoch', t.epoch, 'seq', t.seq, 'stored_nanos', t.stored_nanos, 'event_at', t.event_at)"},
}

// block is the hash of some rows, and where they are.
type block struct {
	Group  string
	Number int64
	Rows   int64
	Hash   int64
}

func (b block) compare(other block) int {
	return cmp.Or(cmp.Compare(b.Group, other.Group), cmp.Compare(b.Number, other.Number))
}

// tableRow is a row to compare.
type tableRow struct {
	Key  string
	Seq  uint64
	Text string // what is compared
	JSON []byte // the same, with the columns' names
}

func (r tableRow) compare(other tableRow) int { return cmp.Compare(r.Key, other.Key) }

// compare compares the shadow's table with that of a schema.
func (v *verification) compare(ctx context.Context, c *comparison, schema string) (TableCheck, error) {
	check := TableCheck{Table: c.table}
	blocks := `
SELECT (` + c.group + `) COLLATE "C", (` + c.block + `)::bigint, count(*), bit_xor(hashtextextended(` + c.text + `, 0))
FROM {schema}.` + c.table + ` t GROUP BY 1, 2 ORDER BY 1, 2`
	var differing []block
	err := merge(ctx, v.sides(blocks, schema), pgx.RowToStructByPos[block], block.compare, func(want, have *block) {
		if want != nil {
			check.Rows += uint64(want.Rows)
		}
		if want != nil && have != nil && *want == *have {
			return
		}
		check.Blocks++
		if len(differing) < maxNoted {
			differing = append(differing, *cmp.Or(want, have))
		}
	})
	if err != nil {
		return TableCheck{}, err
	}
	slices.SortFunc(differing, func(a, b block) int { return cmp.Or(cmp.Compare(a.Number, b.Number), a.compare(b)) })
	for _, b := range differing[:min(len(differing), maxBlocks)] {
		check.Looked++
		if err := v.compareBlock(ctx, c, schema, b, &check); err != nil {
			return TableCheck{}, err
		}
	}
	return check, nil
}

// compareBlock compares the rows of one block.
func (v *verification) compareBlock(ctx context.Context, c *comparison, schema string, b block, check *TableCheck) error {
	rows := `
SELECT (` + c.key + `) COLLATE "C", ` + c.seq + `, ` + c.text + `, convert_to((` + c.row + `)::text, 'UTF8')
FROM {schema}.` + c.table + ` t WHERE (` + c.group + `) = $1 AND (` + c.block + `)::bigint = $2 ORDER BY 1`
	var broken error
	err := merge(ctx, v.sides(rows, schema, b.Group, b.Number), pgx.RowToStructByPos[tableRow], tableRow.compare, func(want, have *tableRow) {
		if want != nil && have != nil && want.Text == have.Text {
			return
		}
		difference, err := differ(b.Group, want, have)
		broken = cmp.Or(broken, err)
		check.add(difference)
	})
	return cmp.Or(err, broken)
}

// add notes a difference, and keeps those of the lowest sequences.
func (c *TableCheck) add(d Difference) {
	c.Differing++
	if d.Seq > 0 && (c.From == 0 || d.Seq < c.From) {
		c.From = d.Seq
	}
	place, _ := slices.BinarySearchFunc(c.Differences, d.Seq+1, func(have Difference, seq uint64) int { return cmp.Compare(have.Seq, seq) })
	c.Differences = slices.Insert(c.Differences, place, d)
	c.Differences = c.Differences[:min(len(c.Differences), maxShown)]
}

// differ tells what two rows of a key differ in; one of them may be missing.
func differ(group string, want, have *tableRow) (Difference, error) {
	row := cmp.Or(want, have)
	d := Difference{Key: row.Key, Seq: row.Seq}
	if number := strings.TrimLeft(row.Key, "0"); len(row.Key) == seqDigits {
		d.Key = number
	}
	if group != "" && group != row.Key {
		d.Key = group + " " + d.Key
	}
	var err, err2 error
	d.Want, err = columns(want)
	d.Have, err2 = columns(have)
	if want != nil && have != nil {
		d.Seq = min(want.Seq, have.Seq)
		for column, value := range d.Want {
			if reflect.DeepEqual(value, d.Have[column]) {
				delete(d.Want, column)
				delete(d.Have, column)
			}
		}
	}
	return d, cmp.Or(err, err2)
}

// columns returns a row's values by their columns, numbers as they are.
func columns(row *tableRow) (values map[string]any, err error) {
	if row == nil {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(row.JSON))
	decoder.UseNumber()
	if err := decoder.Decode(&values); err != nil {
		return nil, fmt.Errorf("read the row %s: %w", row.Key, err)
	}
	return values, nil
}

// side is one of two queries whose answers are merged.
type side struct {
	conn *pgx.Conn
	sql  string
	args []any
}

// sides returns the query over the shadow and over the schema.
func (v *verification) sides(sql, schema string, args ...any) [2]side {
	return [2]side{
		{v.shadow, strings.Replace(sql, "{schema}", shadowSchema, 1), args},
		{v.live, strings.Replace(sql, "{schema}", schema, 1), args},
	}
}

// stream is an answer that is read row by row.
type stream[T any] struct {
	rows pgx.Rows
	scan pgx.RowToFunc[T]
	row  *T // nil at the end
}

func (s *stream[T]) next() error {
	s.row = nil
	if !s.rows.Next() {
		return s.rows.Err()
	}
	row, err := s.scan(s.rows)
	s.row = &row
	return err
}

// merge runs both queries at the same time, whose answers are in order, and
// calls pair with the rows of both that belong together; one of them may be
// nil.
func merge[T any](ctx context.Context, sides [2]side, scan pgx.RowToFunc[T], compare func(T, T) int, pair func(want, have *T)) error {
	var streams [2]*stream[T]
	for i, side := range sides {
		rows, err := side.conn.Query(ctx, side.sql, side.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		streams[i] = &stream[T]{rows: rows, scan: scan}
	}
	want, have := streams[0], streams[1]
	for _, s := range streams {
		if err := s.next(); err != nil {
			return err
		}
	}
	for want.row != nil || have.row != nil {
		left, right := next(want.row, have.row, compare)
		pair(left, right)
		if left != nil {
			if err := want.next(); err != nil {
				return err
			}
		}
		if right != nil {
			if err := have.next(); err != nil {
				return err
			}
		}
	}
	return nil
}

// next returns those of two rows that come next: both when they belong
// together. One of them may be nil.
func next[T any](want, have *T, compare func(T, T) int) (left, right *T) {
	if want == nil || have == nil {
		return want, have
	}
	switch order := compare(*want, *have); {
	case order < 0:
		return want, nil
	case order > 0:
		return nil, have
	default:
		return want, have
	}
}
