package gateway

import (
	"slices"
	"sort"

	"github.com/faustman/chitchat/domain"
)

const (
	// defaultRecent and ringBytes bound what the process keeps of the log's
	// newest events, over all channels, in events and in bytes. A client that
	// was away for fewer events is resumed from memory, also when its room was
	// closed meanwhile or the process is new.
	defaultRecent = 1 << 16
	ringBytes     = 32 << 20
	// entryOverhead is what an entry costs beside its strings, in bytes.
	entryOverhead = 300
)

// entry is an event as the rooms need it.
type entry struct {
	seq     uint64
	channel domain.Channel
	event   domain.Event
	// shown says that people who speak plain see it: each message, and the
	// joins and leaves by which a user comes or goes.
	shown bool
	// ended says that the event, a leave, ended a stay.
	ended bool
	// big says that the channel had so many sessions that joins and leaves are
	// told in summaries; users is how many users were in it.
	big   bool
	users int
}

func (e *entry) size() int {
	user := e.event.By()
	size := entryOverhead + len(user.Name) + len(user.Avatar)
	if message, ok := e.event.(*domain.MessagePosted); ok {
		size += len(message.Text)
	}
	return size
}

// messageKey names a message for ever.
type messageKey struct{ user, id string }

// ring keeps the newest events of the whole log. It is not safe for concurrent
// use: the hub's lock guards it.
type ring struct {
	entries []*entry // oldest first, from head on
	head    int
	bytes   int
	most    int // entries
	// channels has each channel's entries, oldest first.
	channels map[domain.Channel][]*entry
	messages map[messageKey]uint64
	// floor is the sequence behind which the ring has every event.
	floor uint64
	// exact is the sequence behind which entries know whether plain shows them.
	exact uint64
}

// newRing returns a ring of so many entries at most that begins behind floor.
func newRing(floor uint64, most int) *ring {
	return &ring{
		floor: floor, exact: floor, most: most,
		channels: make(map[domain.Channel][]*entry),
		messages: make(map[messageKey]uint64),
	}
}

// known returns the sequence of a message that the ring has.
func (r *ring) known(user, id string) (uint64, bool) {
	seq, found := r.messages[messageKey{user, id}]
	return seq, found
}

// push adds an event and drops the oldest beyond the bounds. It reports false,
// and adds nothing, when the event is a message that the ring has: the first
// in the log is the one that counts.
func (r *ring) push(e *entry) bool {
	if message, ok := e.event.(*domain.MessagePosted); ok {
		key := messageKey{message.From.ID, message.ID}
		if _, found := r.messages[key]; found {
			return false
		}
		r.messages[key] = e.seq
	}
	r.entries = append(r.entries, e)
	r.channels[e.channel] = append(r.channels[e.channel], e)
	r.bytes += e.size()
	for len(r.entries)-r.head > r.most || r.bytes > ringBytes {
		r.drop()
	}
	if r.head > r.most/2 { // move what is left to the front, once in a while
		r.entries = append(make([]*entry, 0, len(r.entries)-r.head+r.most/2), r.entries[r.head:]...)
		r.head = 0
	}
	return true
}

func (r *ring) drop() {
	old := r.entries[r.head]
	r.entries[r.head] = nil
	r.head++
	r.bytes -= old.size()
	r.floor = old.seq
	if message, ok := old.event.(*domain.MessagePosted); ok {
		delete(r.messages, messageKey{message.From.ID, message.ID})
	}
	// The oldest of all is the oldest of its channel.
	if rest := r.channels[old.channel][1:]; len(rest) > 0 {
		r.channels[old.channel] = rest
	} else {
		delete(r.channels, old.channel)
	}
}

// newest returns up to most of the channel's newest entries behind the
// sequence, oldest first, and whether those are all behind it.
func (r *ring) newest(channel domain.Channel, after uint64, most int) (entries []*entry, all bool) {
	entries = r.channels[channel]
	first := sort.Search(len(entries), func(i int) bool { return entries[i].seq > after })
	all = len(entries)-first <= most
	first = max(first, len(entries)-most)
	return slices.Clone(entries[first:]), all
}
