package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/projections"
)

// shown returns what a progress prints that is shown these, a second apart.
func shown(terminal bool, steps ...projections.Progress) string {
	var w strings.Builder
	p := newProgress(&w)
	clock := time.Unix(0, 0)
	p.terminal, p.now = terminal, func() time.Time { return clock }
	for _, step := range steps {
		p.show(step)
		clock = clock.Add(time.Second)
	}
	p.close()
	return w.String()
}

func TestProgress(t *testing.T) {
	t.Parallel()
	load := func(seq uint64) projections.Progress {
		return projections.Progress{Phase: projections.PhaseLoad, Seq: seq, End: 1000}
	}
	steps := []projections.Progress{
		load(0), load(100), load(200), load(1000),
		{Phase: projections.PhaseIndex},
		{Phase: projections.PhaseSwitch, Waits: "somebody"},
	}
	lines := `load       0 %  0 of 1000 events
load     100 %  1000 of 1000 events  333/s  0s left
index    …
switch   waits for somebody
`
	if diff := cmp.Diff(lines, shown(false, steps...)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	bar := "\r\x1b[K[........................] load       0 %  0 of 1000 events" +
		"\r\x1b[K[##......................] load      10 %  100 of 1000 events  100/s  9s left" +
		"\r\x1b[K[####....................] load      20 %  200 of 1000 events  100/s  8s left" +
		"\r\x1b[K[########################] load     100 %  1000 of 1000 events  333/s  0s left" +
		"\n\r\x1b[Kindex    …" +
		"\n\r\x1b[Kswitch   waits for somebody\n"
	if diff := cmp.Diff(bar, shown(true, steps...)); diff != "" {
		t.Errorf("bar (-want +got):\n%s", diff)
	}
}
