//go:build topology

package topology_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

// messageKey is what makes a message one: its author and the author's id for it.
type messageKey struct{ user, id string }

// fact is an event as the log or a reader has it.
type fact struct {
	seq     uint64
	kind    domain.Type
	user    string
	id      string // of a message, or the session of a join or leave
	text    string
	reason  domain.Reason
	channel domain.Channel
}

// change is one that everybody in a channel sees: a user's first join or last leave.
type change struct {
	fact
	stored time.Time
}

// truth is the log, followed from its first entry by a reader of the test's own, and what follows from it.
type truth struct {
	mu         sync.Mutex
	facts      []fact // the entry of sequence n is at n-1
	first      map[messageKey]uint64
	duplicates int
	said       map[string]int // how often each text was said; no two messages have the same
	presence   *domain.Presence
	channels   map[domain.Channel]*channelTruth
	changes    []change
	fault      error
}

// channelTruth is what readers of a channel are to be told, as sequences in order.
type channelTruth struct {
	all      []uint64 // what chitchat.v1 is told
	shown    []uint64 // what plain is told: messages and changes that show
	messages []uint64
}

// followLog follows the log until the test ends.
func followLog(t testing.TB, log *eventstore.Log) *truth {
	t.Helper()
	tr := &truth{
		first: make(map[messageKey]uint64), said: make(map[string]int), presence: domain.NewPresence(),
		channels: make(map[domain.Channel]*channelTruth),
	}
	ctx, cancel := context.WithCancel(context.Background())
	reader := log.NewReader(0)
	var wg sync.WaitGroup
	wg.Go(func() {
		const batch = 256
		for {
			records, err := reader.Next(ctx, batch)
			if ctx.Err() != nil {
				return
			}
			tr.take(records, err)
			if err != nil {
				return
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		reader.Close()
	})
	return tr
}

func (tr *truth) take(records []eventstore.Record, err error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.fault = errors.Join(tr.fault, err)
	for _, record := range records {
		if record.Seq != uint64(len(tr.facts))+1 {
			tr.fault = errors.Join(tr.fault, fmt.Errorf("the log goes on with %d behind %d", record.Seq, len(tr.facts)))
			return
		}
		tr.facts = append(tr.facts, fact{})
		if record.Err == nil {
			tr.fold(record)
		} else {
			tr.fault = errors.Join(tr.fault, fmt.Errorf("entry %d of the log is no event: %w", record.Seq, record.Err))
		}
	}
}

// fold takes an event in by the rules of every reader. must hold tr.mu
func (tr *truth) fold(record eventstore.Record) {
	f := factOf(record)
	tr.facts[f.seq-1] = f
	channel := tr.channels[f.channel]
	if channel == nil {
		channel = &channelTruth{}
		tr.channels[f.channel] = channel
	}
	if f.kind == domain.TypeMessage {
		tr.said[f.text]++
		key := messageKey{f.user, f.id}
		if _, found := tr.first[key]; found {
			tr.duplicates++
			return
		}
		tr.first[key] = f.seq
		channel.messages = append(channel.messages, f.seq)
		channel.shown = append(channel.shown, f.seq)
	} else if tr.presence.Apply(record.Channel, record.Seq, record.Event).Visible {
		tr.changes = append(tr.changes, change{f, record.Stored})
		channel.shown = append(channel.shown, f.seq)
	}
	channel.all = append(channel.all, f.seq)
}

func factOf(record eventstore.Record) fact {
	f := fact{seq: record.Seq, kind: record.Event.Type(), user: record.Event.By().ID, channel: record.Channel}
	switch event := record.Event.(type) {
	case *domain.MessagePosted:
		f.id, f.text = event.ID, event.Text
	case *domain.SessionJoined:
		f.id = event.Session
	case *domain.SessionLeft:
		f.id, f.reason = event.Session, event.Reason
	}
	return f
}

// end returns the last sequence that was followed.
func (tr *truth) end() uint64 {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return uint64(len(tr.facts))
}

// at returns the entry of a sequence, and whether there is one.
func (tr *truth) at(seq uint64) (fact, bool) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if seq == 0 || seq > uint64(len(tr.facts)) {
		return fact{}, false
	}
	return tr.facts[seq-1], true
}

// of returns what is to be told of a channel.
func (tr *truth) of(channel domain.Channel) channelTruth {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if c := tr.channels[channel]; c != nil {
		return *c // later events are appended behind what these slices show
	}
	return channelTruth{}
}

// effectOf returns the sequence at which a message has its effect.
func (tr *truth) effectOf(key messageKey) (uint64, bool) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	seq, found := tr.first[key]
	return seq, found
}

// present returns the users in each channel, each with whether they are there.
func (tr *truth) present() map[domain.Channel]map[string]bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	users := make(map[domain.Channel]map[string]bool)
	for _, stay := range tr.presence.Stays() {
		if users[stay.Channel] == nil {
			users[stay.Channel] = make(map[string]bool)
		}
		users[stay.Channel][stay.User.ID] = true
	}
	return users
}

// changesFrom returns the changes that everybody saw, from one on.
func (tr *truth) changesFrom(i int) []change {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.changes[i:]
}

// lost returns how many sessions of a user are said to be lost.
func (tr *truth) lost(user string) int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	n := 0
	for _, f := range tr.facts {
		if f.user == user && f.reason == domain.ReasonLost {
			n++
		}
	}
	return n
}

// problems returns what is wrong with the log itself.
func (tr *truth) problems() (duplicates int, fault error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.duplicates, tr.fault
}
