package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/faustman/chitchat/projections"
)

const (
	// barEvery and lineEvery are how often progress is shown on a terminal, and
	// in what is kept.
	barEvery  = 100 * time.Millisecond
	lineEvery = 5 * time.Second
	// barWidth is that of the bar, in characters: the whole fits into 80.
	barWidth = 24
)

// progress shows how far a long command has come: a bar on a terminal, a line
// every few seconds elsewhere.
type progress struct {
	w        io.Writer
	terminal bool
	now      func() time.Time
	phase    projections.Phase
	began    time.Time // of the phase
	first    uint64    // the sequence at which the phase began
	shown    time.Time
	waits    bool // it was shown to wait
	open     bool // a bar stands on the line
}

func newProgress(w io.Writer) *progress {
	return &progress{w: w, terminal: isTerminal(w), now: time.Now}
}

// show shows it, unless it has just been shown.
func (p *progress) show(at projections.Progress) {
	now := p.now()
	if at.Phase != p.phase || (at.Waits != "") != p.waits {
		p.close()
		p.waits = at.Waits != ""
		p.phase, p.began, p.first, p.shown = at.Phase, now, at.Seq, time.Time{}
	}
	every := lineEvery
	if p.terminal {
		every = barEvery
	}
	last := at.End > 0 && at.Seq == at.End
	if now.Sub(p.shown) < every && !last {
		return
	}
	p.shown = now
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[K%s", p.line(at, now))
		p.open = true
	} else {
		fmt.Fprintln(p.w, p.line(at, now))
	}
}

// close ends the bar's line.
func (p *progress) close() {
	if p.open {
		fmt.Fprintln(p.w)
		p.open = false
	}
}

func (p *progress) line(at projections.Progress, now time.Time) string {
	if at.Waits != "" {
		return fmt.Sprintf("%-8s waits for %s", at.Phase, at.Waits)
	}
	if at.End == 0 || at.Phase != projections.PhaseLoad {
		return fmt.Sprintf("%-8s …", at.Phase)
	}
	var rate, left string
	if took := now.Sub(p.began).Seconds(); took > 0 && at.Seq > p.first {
		perSecond := float64(at.Seq-p.first) / took
		rate = fmt.Sprintf("%.0f/s", perSecond)
		left = (time.Duration(float64(at.End-at.Seq)/perSecond) * time.Second).String() + " left"
	}
	part := float64(at.Seq) / float64(at.End)
	line := fmt.Sprintf("%-8s %3.0f %%  %d of %d events  %s  %s", at.Phase, 100*part, at.Seq, at.End, rate, left)
	if p.terminal {
		full := int(part * barWidth)
		line = fmt.Sprintf("[%s%s] %s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), line)
	}
	return strings.TrimRight(line, " ")
}
