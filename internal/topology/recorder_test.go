//go:build topology

package topology_test

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/faustman/chitchat/domain"
)

// maxFindings bounds what is kept of what went wrong: the first say the most.
const maxFindings = 60

// recorder is what all clients report to.
type recorder struct {
	truth *truth

	mu       sync.Mutex
	findings []string
	sent     map[messageKey]*note
	acks     []ack
	// unchecked are the acks that were not compared with the log yet.
	unchecked []ack
	feeds     []*feed
	people    map[string]*person // by user
	highest   uint64             // the highest sequence that anybody was told
	reads     tally
	resets    int
	unknown   int
}

// note is a message that a client sent, and what came of it.
type note struct {
	text  string
	acked uint64 // its sequence, 0 without an ack
}

// ack is an acknowledgment.
type ack struct {
	key     messageKey
	seq     uint64
	at      time.Time
	latency time.Duration // from the first time that the message was sent
	clean   bool          // there was no second time
	channel domain.Channel
}

// tally counts what readers of GET /messages?min_seq= got.
type tally struct {
	shown, refused, unreachable int
	slowest                     time.Duration // of the refused
}

func newRecorder(tr *truth) *recorder {
	return &recorder{truth: tr, sent: make(map[messageKey]*note), people: make(map[string]*person)}
}

// finding notes that an invariant does not hold.
func (r *recorder) finding(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.find(format, args...)
}

// must hold r.mu
func (r *recorder) find(format string, args ...any) {
	if len(r.findings) < maxFindings {
		r.findings = append(r.findings, fmt.Sprintf(format, args...))
	}
}

// takeFindings returns the findings since the last time.
func (r *recorder) takeFindings() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	findings := r.findings
	r.findings = nil
	return findings
}

// send notes that a client is about to send a message.
func (r *recorder) send(key messageKey, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent[key] = &note{text: text}
}

// ack notes that a message was acknowledged.
func (r *recorder) ack(key messageKey, seq uint64, began time.Time, clean bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.sent[key]
	if n.acked != 0 && n.acked != seq {
		r.find("I2: %v was acked at %d and at %d", key, n.acked, seq)
	}
	n.acked = seq
	r.highest = max(r.highest, seq)
	now := time.Now()
	a := ack{key: key, seq: seq, at: now, latency: now.Sub(began), clean: clean}
	r.acks, r.unchecked = append(r.acks, a), append(r.unchecked, a)
}

// ackCount returns how many acks there were.
func (r *recorder) ackCount() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.acks)
}

// acksSince returns the acks that came since a time, in order.
func (r *recorder) acksSince(t time.Time) []ack {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := len(r.acks)
	for i > 0 && !r.acks[i-1].at.Before(t) {
		i--
	}
	return slices.Clone(r.acks[i:])
}

// longestSilence returns the longest time without an ack from a time until now.
func (r *recorder) longestSilence(from time.Time) time.Duration {
	longest, last := time.Duration(0), from
	for _, a := range r.acksSince(from) {
		longest, last = max(longest, a.at.Sub(last)), a.at
	}
	return max(longest, time.Since(last))
}

// read notes what a reader of GET /messages?min_seq= got.
func (r *recorder) read(count func(*tally)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	count(&r.reads)
}

// uncertain counts an answer that the outcome is unknown.
func (r *recorder) uncertain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unknown++
}

// feed is what one reader of a channel was told, over all its connections. Each stretch begins at a position and has
// every event behind it; a reset begins another one.
type feed struct {
	r       *recorder
	who     string
	channel domain.Channel
	plain   bool
	// guarded by r.mu
	stretches []*stretch
	heard     time.Time     // when it was told something last
	quiet     time.Duration // the longest time in which it was not
}

// stretch is a part of a feed without a gap.
type stretch struct {
	from  uint64 // the events behind it are told
	exact bool   // from is an event of the channel: the next one's prev is this
	open  bool   // the beginning is not known before the first event
	told  []fact
}

func (r *recorder) newFeed(who string, channel domain.Channel, plain bool) *feed {
	f := &feed{r: r, who: who, channel: channel, plain: plain}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.feeds = append(r.feeds, f)
	return f
}

// begin begins a stretch behind a sequence; reset says that the server asked for it.
func (f *feed) begin(from uint64, reset bool) {
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	if reset {
		f.r.resets++
	}
	f.r.highest = max(f.r.highest, from)
	f.stretches = append(f.stretches, &stretch{from: from})
}

// beginAnywhere begins a stretch whose first event tells where.
func (f *feed) beginAnywhere() {
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	f.stretches = append(f.stretches, &stretch{open: true})
}

// tell notes an event. In chitchat.v1 its prev must be the event before.
func (f *feed) tell(e frame) {
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	s := f.stretches[len(f.stretches)-1]
	if s.open {
		s.from, s.open = e.Seq-1, false
	}
	last := s.from
	if len(s.told) > 0 {
		last, s.exact = s.told[len(s.told)-1].seq, true
	}
	if e.Seq <= last {
		f.r.find("I3: %s was told %d behind %d", f.who, e.Seq, last)
	}
	if !f.plain && (e.Prev > last || s.exact && e.Prev != last) {
		f.r.find("I4: %s was told %d with prev %d behind %d", f.who, e.Seq, e.Prev, last)
	}
	f.r.highest = max(f.r.highest, e.Seq)
	now := time.Now()
	if !f.heard.IsZero() {
		f.quiet = max(f.quiet, now.Sub(f.heard))
	}
	f.heard = now
	s.told = append(s.told, e.fact(f.channel))
}

// forgetQuiet begins to measure how long feeds are told nothing.
func (r *recorder) forgetQuiet() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.feeds {
		f.quiet = 0
	}
}

// longestQuiet returns the longest time in which a feed was told nothing, until it was told something again, and whose that was.
func (r *recorder) longestQuiet() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	longest := r.feeds[0]
	for _, f := range r.feeds {
		if f.quiet > longest.quiet {
			longest = f
		}
	}
	return fmt.Sprintf("%v (%s)", longest.quiet.Round(time.Millisecond), longest.who)
}

// last returns the sequence of the last event, or where the feed begins.
func (f *feed) last() uint64 {
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	if len(f.stretches) == 0 {
		return 0
	}
	s := f.stretches[len(f.stretches)-1]
	if len(s.told) > 0 {
		return s.told[len(s.told)-1].seq
	}
	return s.from
}

// person is a user with one client, in one channel.
type person struct {
	channel   domain.Channel
	name      string
	connected bool
	left      bool // for good, by a close or without a word
	leftAt    time.Time
	awaySince time.Time
	gaps      []gap // times without a socket
}

// gap is a time without a socket.
type gap struct{ from, to time.Time }

// arrived notes that a user's client has a socket that works.
func (r *recorder) arrived(user, name string, channel domain.Channel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.people[user]
	if p == nil {
		p = &person{channel: channel, name: name}
		r.people[user] = p
	}
	if !p.connected && !p.awaySince.IsZero() {
		p.gaps = append(p.gaps, gap{p.awaySince, time.Now()})
	}
	p.connected = true
}

// departed notes that a user's client has lost its socket, or left for good.
func (r *recorder) departed(user string, forGood bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.people[user]
	if p == nil {
		return
	}
	if p.connected {
		p.connected, p.awaySince = false, time.Now()
	}
	if forGood {
		p.left, p.leftAt = true, time.Now()
	}
}

// longestGap returns the longest time that somebody who came back had no socket, of those that began since a time, and
// how many there were.
func (r *recorder) longestGap(since time.Time) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	longest, n := time.Duration(0), 0
	for _, p := range r.people {
		for _, g := range p.gaps {
			if !g.from.Before(since) {
				longest, n = max(longest, g.to.Sub(g.from)), n+1
			}
		}
	}
	return fmt.Sprintf("%v, of %d", longest.Round(time.Millisecond), n)
}

// connected returns the users with a socket, by channel.
func (r *recorder) connected() map[domain.Channel]map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	users := make(map[domain.Channel]map[string]bool)
	for id, p := range r.people {
		if !p.connected {
			continue
		}
		if users[p.channel] == nil {
			users[p.channel] = make(map[string]bool)
		}
		users[p.channel][id] = true
	}
	return users
}

// wasAway reports whether a user had no socket for the grace period before a time, or had left by then. Clocks of
// the client and of the log are the same machine's; the slack is for what is between a socket's end and its report.
func (p *person) wasAway(at time.Time) bool {
	const slack = time.Second
	if p.left && p.leftAt.Before(at.Add(slack)) {
		return true
	}
	gaps := p.gaps
	if !p.connected {
		gaps = append(slices.Clone(gaps), gap{p.awaySince, at.Add(slack)})
	}
	return slices.ContainsFunc(gaps, func(g gap) bool {
		return !g.from.After(at.Add(slack-leaveGrace)) && !g.to.Before(at.Add(-slack))
	})
}
