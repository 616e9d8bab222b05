//go:build topology

package topology_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
)

// figures are what was measured, in the order in which it was.
type figures struct {
	mu    sync.Mutex
	lines [][2]string
}

// add notes a figure.
func (f *figures) add(t testing.TB, name string, value any) {
	if d, ok := value.(time.Duration); ok {
		value = d.Round(time.Millisecond)
	}
	t.Logf("%s: %v", name, value)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, [2]string{name, fmt.Sprint(value)})
}

// begin begins a part of the table.
func (f *figures) begin(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, [2]string{"# " + name, ""})
}

// write writes the table to a file of the test's output and shows it.
func (f *figures) write(t testing.TB, name string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, line := range f.lines {
		fmt.Fprintf(table, "%s\t%s\n", line[0], line[1])
	}
	if err := table.Flush(); err != nil {
		t.Error(err)
	}
	path := filepath.Join(t.ArtifactDir(), name)
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Error(err)
	}
	t.Logf("%s:\n%s", path, text.String())
}

// quantiles says the median and the 99th percentile of durations, and how many there are.
func quantiles(all []time.Duration) string {
	if len(all) == 0 {
		return "none"
	}
	slices.Sort(all)
	return fmt.Sprintf("p50 %v, p99 %v, of %d", all[len(all)/2].Round(10*time.Microsecond),
		all[len(all)*99/100].Round(10*time.Microsecond), len(all))
}

// latencies returns how long acks took of messages that were sent once.
func latencies(acks []ack) []time.Duration {
	var all []time.Duration
	for _, a := range acks {
		if a.clean {
			all = append(all, a.latency)
		}
	}
	return all
}
