package eventstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/faustman/chitchat/eventstore"
)

// readArchive reads all entries and returns how many they are.
func readArchive(r io.Reader) (n int, err error) {
	archive, err := eventstore.OpenArchive(r)
	if err != nil {
		return 0, err
	}
	for {
		if _, err := archive.Next(); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
		n++
	}
}

// Damage is found in the line where it is, and says so.
func TestArchiveThatIsDamaged(t *testing.T) {
	w := setup(t)
	postMany(t, w.log, "lobby", 5)
	whole := strings.SplitAfter(strings.TrimSuffix(string(export(t, w.log)), "\n"), "\n") // the first line, five entries, the last line
	other := setup(t)
	postMany(t, other.log, "lobby", 5)
	foreign := strings.SplitAfter(string(export(t, other.log)), "\n")

	tests := []struct {
		name   string
		change func(lines []string) []string
		line   int
		want   string
	}{
		{"nothing", func([]string) []string { return nil }, 1, "nothing in it"},
		{"something else", func([]string) []string { return []string{"hello\n"} }, 1, "does not begin"},
		{"compressed", func([]string) []string { return []string{"\x1f\x8b\x08"} }, 1, "gunzip"},
		{"other JSON", func([]string) []string { return []string{`{"a":1}` + "\n"} }, 1, "does not begin"},
		{"without its first line", func(l []string) []string { return l[1:] }, 1, "does not begin"},
		{"later version", func(l []string) []string { return with(l, 0, `"v":1`, `"v":2`) }, 1, "version 2"},
		{"later begin", func(l []string) []string { return with(l, 0, `"first":1`, `"first":3`) }, 1, "sequence 3"},
		{"epoch that is none", func(l []string) []string { return with(l, 0, `"epoch":"`, `"epoch":"#`) }, 1, "epoch"},
		{"text changed", func(l []string) []string { return with(l, 3, `"text":"m-3"`, `"text":"n-3"`) }, 4, "was changed"},
		{"time changed", func(l []string) []string { return with(l, 3, `"stored":"2`, `"stored":"3`) }, 4, "was changed"},
		{"check sum changed", func(l []string) []string { return with(l, 3, `"crc32c":"`, `"crc32c":"x`) }, 4, "no whole line"},
		{"line cut", func(l []string) []string { return with(l, 3, "}\n", "\n") }, 4, "no whole line"},
		{"line ends within", func(l []string) []string { return with(l, 3, `"payload"`, "\n"+`"payload"`) }, 4, "no whole line"},
		{"empty line", func(l []string) []string { return with(l, 3, l[3], "\n"+l[3]) }, 4, "no whole line"},
		{"line missing", func(l []string) []string { return with(l, 3, l[3], "") }, 4, "sequence 4 where 3"},
		{"line twice", func(l []string) []string { return with(l, 3, l[3], l[3]+l[3]) }, 5, "sequence 3 where 4"},
		{"lines in another order", func(l []string) []string { l[2], l[3] = l[3], l[2]; return l }, 3, "sequence 3 where 2"},
		{"line of another export", func(l []string) []string { l[3] = foreign[3]; return l }, 7, "check sum of all"},
		{"last entries missing", func(l []string) []string { return append(l[:4:4], l[6]) }, 5, "ends behind sequence 3 of 5"},
		{"cut off", func(l []string) []string { return l[:4] }, 5, "cut off"},
		{"cut off behind the entries", func(l []string) []string { return l[:6] }, 7, "cut off"},
		{"cut off in its last line", func(l []string) []string { l[6] = l[6][:30]; return l }, 7, "last line"},
		{"last line of another export", func(l []string) []string { l[6] = foreign[6]; return l }, 7, "another export"},
		{"too long a line", func(l []string) []string { return with(l, 3, "}", strings.Repeat(" ", 17<<20)) }, 4, "over 16777216 bytes"},
		{"more behind its end", func(l []string) []string { return append(l, "\n\nmore\n") }, 9, "behind the end"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			changed := strings.Join(test.change(append([]string(nil), whole...)), "")
			_, err := readArchive(strings.NewReader(changed))
			var damage *eventstore.ArchiveError
			if !errors.As(err, &damage) || damage.Line != test.line || !strings.Contains(damage.Problem, test.want) {
				t.Fatalf("reading = %v, want an ArchiveError of line %d with %q", err, test.line, test.want)
			}
			for _, want := range []string{fmt.Sprintf("line %d of the export", test.line), "chitchat export"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error = %v, want it with %q", err, want)
				}
			}
		})
	}
}

// with returns the lines with a part of one replaced.
func with(lines []string, i int, old, replacement string) []string {
	if !strings.Contains(lines[i], old) {
		panic(fmt.Sprintf("line %d has no %q: %s", i, old, lines[i]))
	}
	lines[i] = strings.Replace(lines[i], old, replacement, 1)
	return lines
}

// What a way of copying may change, or not, does no harm.
func TestArchiveThatIsWhole(t *testing.T) {
	w := setup(t)
	fillWithJunk(t, w)
	archive, want := export(t, w.log), int(last(t, w.log))
	for name, r := range map[string]io.Reader{
		"as it is":                 bytes.NewReader(archive),
		"in single bytes":          iotest.OneByteReader(bytes.NewReader(archive)),
		"with its last error":      iotest.DataErrReader(bytes.NewReader(archive)),
		"without the end's end":    bytes.NewReader(bytes.TrimSuffix(archive, []byte("\n"))),
		"with the lines of DOS":    bytes.NewReader(bytes.ReplaceAll(archive, []byte("\n"), []byte("\r\n"))),
		"with line ends behind it": io.MultiReader(bytes.NewReader(archive), strings.NewReader("\n\n")),
	} {
		if n, err := readArchive(r); n != want || err != nil {
			t.Errorf("%s: read %d entries, %v, want %d", name, n, err, want)
		}
	}
}

func TestArchiveThatCanNotBeRead(t *testing.T) {
	w := setup(t)
	postMany(t, w.log, "lobby", 5)
	broken := errors.New("broken disk")
	for _, length := range []int{0, 10, 500, 1000} {
		r := io.MultiReader(bytes.NewReader(export(t, w.log)[:length]), iotest.ErrReader(broken))
		if _, err := readArchive(r); !errors.Is(err, broken) {
			t.Errorf("reading with a fault at byte %d = %v, want %v", length, err, broken)
		}
	}
}

// An archive with damage leaves nothing behind, wherever the damage is.
func TestImportOfADamagedArchive(t *testing.T) {
	w := setup(t)
	postMany(t, w.log, "lobby", 300)
	archive := string(export(t, w.log))
	for name, damaged := range map[string]string{
		"changed at the end": strings.Replace(archive, `"text":"m-300"`, `"text":"m-301"`, 1),
		"cut off":            archive[:len(archive)-150],
	} {
		again := setup(t)
		_, err := importArchive(t, again.nc, []byte(damaged), false)
		var damage *eventstore.ArchiveError
		if !errors.As(err, &damage) {
			t.Errorf("%s: Import = %v, want an ArchiveError", name, err)
		}
		if _, err := eventstore.Open(t.Context(), again.nc, eventstore.Options{Existing: true}); !errors.Is(err, eventstore.ErrNoLog) {
			t.Errorf("%s: Open = %v, want %v", name, err, eventstore.ErrNoLog)
		}
		if _, err := importArchive(t, again.nc, []byte(archive), false); err != nil {
			t.Errorf("%s: Import of the whole one = %v", name, err)
		}
	}
}
