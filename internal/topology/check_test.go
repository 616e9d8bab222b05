//go:build topology

package topology_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/domain"
)

const (
	// settlePatience bounds the wait for the log and the tables to have what somebody was told.
	settlePatience = 60 * time.Second
	// presencePatience bounds the wait for presence to be right: 30 s after a crash, and time for a machine that is busy.
	presencePatience = 75 * time.Second
)

// compareAcks wants every acknowledged message up to a sequence in the log where it was said to be, and its effect
// there (I1, I2).
func (r *recorder) compareAcks(upTo uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var later []ack
	for _, a := range r.unchecked {
		if a.seq > upTo {
			later = append(later, a)
			continue
		}
		text := r.sent[a.key].text
		f, found := r.truth.at(a.seq)
		if !found || f.kind != domain.TypeMessage || f.user != a.key.user || f.id != a.key.id || f.text != text {
			r.find("I1: %v (%q) was acked at %d, where the log has %+v", a.key, text, a.seq, f)
		}
		if effect, _ := r.truth.effectOf(a.key); effect != a.seq {
			r.find("I2: %v was acked at %d and has its effect at %d", a.key, a.seq, effect)
		}
	}
	r.unchecked = later
}

// compareFeeds wants each feed up to a sequence to be what the log says, event by event (I2, I3, I4, I5).
func (r *recorder) compareFeeds(upTo uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.feeds {
		for _, s := range f.stretches {
			r.compareStretch(f, s, upTo)
		}
		f.stretches = slices.DeleteFunc(f.stretches, func(s *stretch) bool {
			return len(s.told) == 0 && s != f.stretches[len(f.stretches)-1]
		})
	}
}

// compareStretch compares what was told up to a sequence, and forgets it. must hold r.mu
func (r *recorder) compareStretch(f *feed, s *stretch, upTo uint64) {
	want := r.truth.of(f.channel).all
	if f.plain {
		want = r.truth.of(f.channel).shown
	}
	n, _ := slices.BinarySearchFunc(s.told, upTo+1, func(f fact, seq uint64) int { return cmp.Compare(f.seq, seq) })
	if n == 0 {
		return
	}
	told := s.told[:n]
	at, _ := slices.BinarySearch(want, s.from+1)
	for i, got := range told {
		if at+i >= len(want) {
			r.find("I5: %s was told %+v, and the log has no such event of %s", f.who, got, f.channel)
			break
		}
		if got.seq != want[at+i] {
			r.find("I4: %s was told %d where the log goes on with %d (event %d behind %d of %s)", f.who, got.seq, want[at+i], i+1, s.from, f.channel)
			break
		}
		if have, _ := r.truth.at(got.seq); have != got {
			r.find("I5: %s was told %+v, and the log has %+v", f.who, got, have)
		}
	}
	s.from, s.exact, s.told = told[n-1].seq, true, slices.Clone(s.told[n:])
}

// compareHistory wants the messages of a channel in a range to be what the log says.
func (r *recorder) compareHistory(who string, channel domain.Channel, messages []frame, after, upTo uint64) {
	for began := time.Now(); r.truth.end() < upTo && time.Since(began) < settlePatience; {
		time.Sleep(10 * time.Millisecond) // the test's own reader may be behind the client's server
	}
	want := between(r.truth.of(channel).messages, after, upTo)
	var got []uint64
	for _, m := range messages {
		got = append(got, m.Seq)
	}
	if !slices.Equal(got, want) {
		r.finding("I3: %s reads %v in the history of %s from %d to %d, and the log has %v", who, got, channel, after, upTo, want)
	}
}

// between returns the sequences behind after, up to upTo.
func between(seqs []uint64, after, upTo uint64) []uint64 {
	from, _ := slices.BinarySearch(seqs, after+1)
	to, _ := slices.BinarySearch(seqs, upTo+1)
	return seqs[from:max(from, to)]
}

// compareChanges wants nobody to have been shown to leave who had a socket, or was away for less than the grace
// period (I9).
func (r *recorder) compareChanges(from int) (next int) {
	changes := r.truth.changesFrom(from)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range changes {
		p := r.people[c.user]
		if c.kind == domain.TypeLeave && p != nil && !p.wasAway(c.stored) { // late readers are no people who stay
			r.find("I9: %s is shown to leave %s at %d (%s, %s), and was away only %v", p.name, c.channel, c.seq, c.reason, c.stored.Format(time.TimeOnly), gapsOf(p))
		}
	}
	return from + len(changes)
}

// gapsOf shows when somebody had no socket.
func gapsOf(p *person) []string {
	var shown []string
	for _, g := range p.gaps {
		shown = append(shown, g.from.Format("15:04:05.000")+"–"+g.to.Format("15:04:05.000"))
	}
	return shown
}

// compareTable wants the messages of the table to be those of the log, in its order, from a sequence to another (I2, I3, I5).
func (r *recorder) compareTable(ctx context.Context, s *stack, after, upTo uint64) error {
	rows, err := s.pool.Query(ctx,
		`SELECT channel, seq, user_id, id, text FROM chat.messages WHERE seq > $1 AND seq <= $2 ORDER BY seq`, int64(after), int64(upTo))
	if err != nil {
		return fmt.Errorf("read messages: %w", err)
	}
	stored, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (fact, error) {
		f := fact{kind: domain.TypeMessage}
		var channel string
		err := row.Scan(&channel, &f.seq, &f.user, &f.id, &f.text)
		f.channel = domain.Channel(channel)
		return f, err
	})
	if err != nil {
		return fmt.Errorf("read messages: %w", err)
	}
	have := make(map[domain.Channel][]uint64)
	for _, f := range stored {
		have[f.channel] = append(have[f.channel], f.seq)
		if want, _ := r.truth.at(f.seq); want != f {
			r.finding("I5: the table has %+v, and the log has %+v", f, want)
		}
	}
	for _, channel := range channels {
		if want := between(r.truth.of(channel).messages, after, upTo); !slices.Equal(have[channel], want) {
			r.finding("I3: the table has %d messages of %s from %d to %d, the log %d; the first that differ are %v", len(have[channel]), channel, after, upTo, len(want), firstDifference(have[channel], want))
		}
	}
	return nil
}

// firstDifference returns where two lists part.
func firstDifference(a, b []uint64) []uint64 {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return []uint64{0, b[i]}
		case i >= len(b):
			return []uint64{a[i], 0}
		case a[i] != b[i]:
			return []uint64{a[i], b[i]}
		}
	}
	return nil
}

// comparePresence wants who is present by the log, by SQL and by GET /users to be those who are connected, once that
// has had time to come about (I9). It returns what differs.
func (r *recorder) comparePresence(ctx context.Context, s *stack, readers map[domain.Channel]member) string {
	want := r.connected()
	if got := r.truth.present(); !samePeople(got, want) {
		return fmt.Sprintf("by the log: %s", difference(got, want, r.names()))
	}
	rows, err := s.pool.Query(ctx, `SELECT channel, user_id FROM chat.presence`)
	if err != nil {
		return err.Error()
	}
	table := make(map[domain.Channel]map[string]bool)
	var channel, user string
	_, err = pgx.ForEachRow(rows, []any{&channel, &user}, func() error {
		if table[domain.Channel(channel)] == nil {
			table[domain.Channel(channel)] = make(map[string]bool)
		}
		table[domain.Channel(channel)][user] = true
		return nil
	})
	if err != nil {
		return err.Error()
	}
	if !samePeople(table, want) {
		return "by SQL: " + difference(table, want, r.names())
	}
	listed := make(map[domain.Channel]map[string]bool)
	for channel, m := range readers {
		users, err := m.users(ctx)
		if err != nil {
			return err.Error()
		}
		if len(users) > 0 {
			listed[channel] = users
		}
	}
	if !samePeople(listed, want) {
		return "by GET /users: " + difference(listed, want, r.names())
	}
	return ""
}

func samePeople(a, b map[domain.Channel]map[string]bool) bool {
	return maps.EqualFunc(a, b, func(x, y map[string]bool) bool { return maps.Equal(x, y) })
}

// names returns each user's name.
func (r *recorder) names() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := make(map[string]string)
	for id, p := range r.people {
		names[id] = p.name
	}
	return names
}

// difference says who is there too much, and who is missing.
func difference(got, want map[domain.Channel]map[string]bool, names map[string]string) string {
	var surplus, missing []string
	for channel, users := range got {
		for user := range users {
			if !want[channel][user] {
				surplus = append(surplus, names[user])
			}
		}
	}
	for channel, users := range want {
		for user := range users {
			if !got[channel][user] {
				missing = append(missing, names[user])
			}
		}
	}
	slices.Sort(surplus)
	slices.Sort(missing)
	return fmt.Sprintf("there without a socket %v, missing %v", surplus, missing)
}

// wantReset wants a socket at a position that can't be resumed to be told so, before any event (I8).
func wantReset(t testing.TB, m member, after string) {
	t.Helper()
	var first frame
	eventually(t, healPatience, "an answer to after="+after, func() bool {
		ws, err := m.dial(t.Context(), "chitchat.v1", url.Values{"after": {after}})
		if err != nil {
			return false
		}
		defer ws.Close()
		defer leave(ws)
		for {
			_ = ws.SetReadDeadline(time.Now().Add(answerPatience))
			var f frame
			if err := ws.ReadJSON(&f); err != nil {
				return false // again, at a server that lives
			}
			if first = f; f.Type != "hello" {
				return true
			}
		}
	})
	if first.Type != "reset" {
		t.Errorf("I8: after=%s gives %+v, want a reset", after, first)
	}
}

// late reads a channel from a sequence up to another one, as somebody who comes late, and wants what the log says (I3).
func (r *recorder) late(t testing.TB, m member, epoch string, after, upTo uint64) {
	t.Helper()
	want := between(r.truth.of(m.channel).all, after, upTo)
	f := &feed{r: r, who: "a late reader", channel: m.channel}
	eventually(t, healPatience, "a late reader of "+string(m.channel)+" reads all", func() bool {
		f.stretches = nil
		f.begin(after, false)
		ws, err := m.dial(t.Context(), "chitchat.v1", url.Values{"after": {domain.Position{Epoch: epoch, Seq: after}.String()}})
		if err != nil {
			return false
		}
		defer ws.Close()
		defer leave(ws)
		for len(want) > 0 && f.last() < want[len(want)-1] {
			var e frame
			_ = ws.SetReadDeadline(time.Now().Add(answerPatience))
			if err := ws.ReadJSON(&e); err != nil || e.Type == "reset" { // too many catch up at once, say
				return false
			}
			if e.isEvent() {
				f.tell(e)
			}
		}
		return true
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.compareStretch(f, f.stretches[0], upTo)
}
