package domain

import "time"

// Stay is one session's time in one channel that has not ended.
type Stay struct {
	Channel Channel
	Session string
	User    User
	// Term is the gateway's run that holds the session now.
	Term string
	// JoinedSeq is the sequence of the join that began the stay, JoinedAt its
	// time.
	JoinedSeq uint64
	JoinedAt  time.Time
}

// Change is what an event did to who is in a channel.
type Change struct {
	// Opened, Moved and Closed say what happened to the session: it began a
	// stay, it went on at another gateway, it ended. At most one is true; none
	// when the event changed nothing.
	Opened, Moved, Closed bool
	// Visible says that the user came into or went out of the channel with
	// this session: it was their first there, or their last.
	Visible bool
	// Stay is the stay that the event began, moved or ended.
	Stay Stay
	// FormerTerm is the gateway's run that held the session before it moved.
	FormerTerm string
}

type stayKey struct {
	channel Channel
	session string
}

// Presence is the fold of joins and leaves into who is in which channel. The
// zero value is not usable, see [NewPresence]. It is not safe for concurrent
// use; its memory is that of the stays which have not ended.
type Presence struct {
	stays    map[stayKey]Stay
	channels map[Channel]map[string]int // sessions of each user id
	sessions map[Channel]int
}

// NewPresence returns a fold that begins with the given stays.
func NewPresence(stays ...Stay) *Presence {
	p := &Presence{
		stays:    make(map[stayKey]Stay, len(stays)),
		channels: make(map[Channel]map[string]int),
		sessions: make(map[Channel]int),
	}
	for _, stay := range stays {
		p.open(stayKey{stay.Channel, stay.Session}, stay)
	}
	return p
}

// Apply folds the event with sequence seq of the channel and returns what it
// changed. The rules, for events that other programs may have written too: a
// join of a session that is in the channel moves it to the join's term when it
// is of the same user, and is nothing else; a leave ends the stay of the same
// user and session when its term is the stay's or empty, and is nothing else.
func (p *Presence) Apply(channel Channel, seq uint64, event Event) Change {
	switch e := event.(type) {
	case *SessionJoined:
		return p.join(channel, seq, e)
	case *SessionLeft:
		return p.leave(channel, e)
	default:
		return Change{}
	}
}

func (p *Presence) join(channel Channel, seq uint64, e *SessionJoined) Change {
	key := stayKey{channel, e.Session}
	stay, found := p.stays[key]
	if !found {
		stay = Stay{Channel: channel, Session: e.Session, User: e.From, Term: e.Term, JoinedSeq: seq, JoinedAt: e.SentAt}
		first := p.open(key, stay)
		return Change{Opened: true, Visible: first, Stay: stay}
	}
	if stay.User.ID != e.From.ID || stay.Term == e.Term {
		return Change{}
	}
	former := stay.Term
	stay.Term = e.Term
	p.stays[key] = stay
	return Change{Moved: true, Stay: stay, FormerTerm: former}
}

func (p *Presence) leave(channel Channel, e *SessionLeft) Change {
	key := stayKey{channel, e.Session}
	stay, found := p.stays[key]
	if !found || stay.User.ID != e.From.ID || (e.Term != "" && e.Term != stay.Term) {
		return Change{}
	}
	return Change{Closed: true, Visible: p.end(key, stay), Stay: stay}
}

// end forgets the stay and reports whether it was its user's last in the
// channel.
func (p *Presence) end(key stayKey, stay Stay) bool {
	delete(p.stays, key)
	users := p.channels[key.channel]
	users[stay.User.ID]--
	p.sessions[key.channel]--
	last := users[stay.User.ID] == 0
	if last {
		delete(users, stay.User.ID)
	}
	if len(users) == 0 {
		delete(p.channels, key.channel)
		delete(p.sessions, key.channel)
	}
	return last
}

// Undo takes back what Apply did last and has not been undone. It is for who
// folds ahead of a transaction that may be refused.
func (p *Presence) Undo(change Change) {
	stay := change.Stay
	key := stayKey{stay.Channel, stay.Session}
	switch {
	case change.Opened:
		p.end(key, stay)
	case change.Moved:
		stay.Term = change.FormerTerm
		p.stays[key] = stay
	case change.Closed:
		p.open(key, stay)
	}
}

// open records the stay and reports whether it is its user's first in the
// channel.
func (p *Presence) open(key stayKey, stay Stay) bool {
	p.stays[key] = stay
	users := p.channels[key.channel]
	if users == nil {
		users = make(map[string]int)
		p.channels[key.channel] = users
	}
	users[stay.User.ID]++
	p.sessions[key.channel]++
	return users[stay.User.ID] == 1
}

// Stay returns the stay of a session in a channel, and whether there is one.
func (p *Presence) Stay(channel Channel, session string) (Stay, bool) {
	stay, found := p.stays[stayKey{channel, session}]
	return stay, found
}

// Users returns how many users are in the channel.
func (p *Presence) Users(channel Channel) int { return len(p.channels[channel]) }

// Sessions returns how many sessions are in the channel.
func (p *Presence) Sessions(channel Channel) int { return p.sessions[channel] }

// Has reports whether the user is in the channel.
func (p *Presence) Has(channel Channel, userID string) bool {
	return p.channels[channel][userID] > 0
}

// Stays returns all stays, in no order.
func (p *Presence) Stays() []Stay {
	stays := make([]Stay, 0, len(p.stays))
	for _, stay := range p.stays {
		stays = append(stays, stay)
	}
	return stays
}
