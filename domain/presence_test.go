package domain_test

import (
	"cmp"
	"slices"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/faustman/chitchat/domain"
)

var bob = domain.User{ID: "u-2", Name: "Bob"}

func join(user domain.User, session, term string) domain.Event {
	return &domain.SessionJoined{Header: domain.Header{From: user, SentAt: sentAt}, Session: session, Term: term}
}

func leave(user domain.User, session, term string) domain.Event {
	return &domain.SessionLeft{Header: domain.Header{From: user, SentAt: sentAt}, Session: session, Term: term, Reason: domain.ReasonClosed}
}

func stay(user domain.User, session, term string, seq uint64) domain.Stay {
	return domain.Stay{Channel: "lobby", Session: session, User: user, Term: term, JoinedSeq: seq, JoinedAt: sentAt}
}

func TestPresenceApply(t *testing.T) {
	tests := []struct {
		name            string
		before          []domain.Event
		event           domain.Event
		want            domain.Change
		users, sessions int
	}{
		{"first join shows", nil, join(ada, "s1", "t1"),
			domain.Change{Opened: true, Visible: true, Stay: stay(ada, "s1", "t1", 1)}, 1, 1},
		{"second session is silent", []domain.Event{join(ada, "s1", "t1")}, join(ada, "s2", "t1"),
			domain.Change{Opened: true, Stay: stay(ada, "s2", "t1", 2)}, 1, 2},
		{"another user shows", []domain.Event{join(ada, "s1", "t1")}, join(bob, "s2", "t1"),
			domain.Change{Opened: true, Visible: true, Stay: stay(bob, "s2", "t1", 2)}, 2, 2},
		{"same join again changes nothing", []domain.Event{join(ada, "s1", "t1")}, join(ada, "s1", "t1"), domain.Change{}, 1, 1},
		{"join at another gateway moves", []domain.Event{join(ada, "s1", "t1")}, join(ada, "s1", "t2"),
			domain.Change{Moved: true, Stay: stay(ada, "s1", "t2", 1), FormerTerm: "t1"}, 1, 1},
		{"join of another's session changes nothing", []domain.Event{join(ada, "s1", "t1")}, join(bob, "s1", "t2"), domain.Change{}, 1, 1},
		{"last leave shows", []domain.Event{join(ada, "s1", "t1")}, leave(ada, "s1", "t1"),
			domain.Change{Closed: true, Visible: true, Stay: stay(ada, "s1", "t1", 1)}, 0, 0},
		{"leave of one of two is silent", []domain.Event{join(ada, "s1", "t1"), join(ada, "s2", "t1")}, leave(ada, "s1", "t1"),
			domain.Change{Closed: true, Stay: stay(ada, "s1", "t1", 1)}, 1, 1},
		{"leave without term ends the stay", []domain.Event{join(ada, "s1", "t1")}, leave(ada, "s1", ""),
			domain.Change{Closed: true, Visible: true, Stay: stay(ada, "s1", "t1", 1)}, 0, 0},
		{"leave of another term changes nothing", []domain.Event{join(ada, "s1", "t1")}, leave(ada, "s1", "t2"), domain.Change{}, 1, 1},
		{"late leave of the term it was moved from changes nothing", []domain.Event{join(ada, "s1", "t1"), join(ada, "s1", "t2")},
			leave(ada, "s1", "t1"), domain.Change{}, 1, 1},
		{"leave of the term it was moved to ends the stay", []domain.Event{join(ada, "s1", "t1"), join(ada, "s1", "t2")},
			leave(ada, "s1", "t2"), domain.Change{Closed: true, Visible: true, Stay: stay(ada, "s1", "t2", 1)}, 0, 0},
		{"leave of another's session changes nothing", []domain.Event{join(ada, "s1", "t1")}, leave(bob, "s1", "t1"), domain.Change{}, 1, 1},
		{"leave of a session that is not there changes nothing", nil, leave(ada, "s1", "t1"), domain.Change{}, 0, 0},
		{"second leave changes nothing", []domain.Event{join(ada, "s1", "t1"), leave(ada, "s1", "t1")}, leave(ada, "s1", "t1"), domain.Change{}, 0, 0},
		{"join after a leave is a new stay", []domain.Event{join(ada, "s1", "t1"), leave(ada, "s1", "t1")}, join(ada, "s1", "t1"),
			domain.Change{Opened: true, Visible: true, Stay: stay(ada, "s1", "t1", 3)}, 1, 1},
		{"message changes nothing", []domain.Event{join(ada, "s1", "t1")}, &domain.MessagePosted{Header: domain.Header{From: bob}}, domain.Change{}, 1, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			presence := domain.NewPresence()
			for i, event := range test.before {
				presence.Apply("lobby", uint64(i+1), event)
			}
			got := presence.Apply("lobby", uint64(len(test.before)+1), test.event)
			if d := diff.Diff(test.want, got); d != "" {
				t.Errorf("Apply (-want +got):\n%s", d)
			}
			if users, sessions := presence.Users("lobby"), presence.Sessions("lobby"); users != test.users || sessions != test.sessions {
				t.Errorf("%d users and %d sessions, want %d and %d", users, sessions, test.users, test.sessions)
			}
		})
	}
}

func TestPresenceKeepsChannelsApart(t *testing.T) {
	presence := domain.NewPresence()
	presence.Apply("lobby", 1, join(ada, "s1", "t1"))
	if got := presence.Apply("attic", 2, join(ada, "s1", "t1")); !got.Opened || !got.Visible {
		t.Errorf("join of another channel = %+v, want it opened and visible", got)
	}
	if got := presence.Apply("cellar", 3, leave(ada, "s1", "t1")); got != (domain.Change{}) {
		t.Errorf("leave of a channel without sessions = %+v, want no change", got)
	}
	presence.Apply("lobby", 4, leave(ada, "s1", "t1"))
	if presence.Has("lobby", ada.ID) || !presence.Has("attic", ada.ID) {
		t.Errorf("Ada is in lobby %v, attic %v, want the attic alone", presence.Has("lobby", ada.ID), presence.Has("attic", ada.ID))
	}
}

// naive is presence without any counting: a list of stays, searched from its beginning.
type naive []domain.Stay

func (n *naive) apply(channel domain.Channel, seq uint64, event domain.Event) domain.Change {
	first := !n.has(channel, event.By().ID)
	switch e := event.(type) {
	case *domain.SessionJoined:
		i := n.find(channel, e.Session)
		if i < 0 {
			stay := domain.Stay{Channel: channel, Session: e.Session, User: e.From, Term: e.Term, JoinedSeq: seq, JoinedAt: e.SentAt}
			*n = append(*n, stay)
			return domain.Change{Opened: true, Visible: first, Stay: stay}
		}
		if (*n)[i].User.ID == e.From.ID && (*n)[i].Term != e.Term {
			former := (*n)[i].Term
			(*n)[i].Term = e.Term
			return domain.Change{Moved: true, Stay: (*n)[i], FormerTerm: former}
		}
	case *domain.SessionLeft:
		i := n.find(channel, e.Session)
		if i >= 0 && (*n)[i].User.ID == e.From.ID && (e.Term == "" || e.Term == (*n)[i].Term) {
			stay := (*n)[i]
			*n = slices.Delete(*n, i, i+1)
			return domain.Change{Closed: true, Visible: !n.has(channel, e.From.ID), Stay: stay}
		}
	}
	return domain.Change{}
}

func (n *naive) find(channel domain.Channel, session string) int {
	return slices.IndexFunc(*n, func(s domain.Stay) bool { return s.Channel == channel && s.Session == session })
}

func (n *naive) has(channel domain.Channel, userID string) bool {
	return slices.ContainsFunc(*n, func(s domain.Stay) bool { return s.Channel == channel && s.User.ID == userID })
}

func (n *naive) users(channel domain.Channel) int {
	users := map[string]bool{}
	for _, stay := range *n {
		if stay.Channel == channel {
			users[stay.User.ID] = true
		}
	}
	return len(users)
}

func (n *naive) sessions(channel domain.Channel) (count int) {
	for _, stay := range *n {
		if stay.Channel == channel {
			count++
		}
	}
	return count
}

func TestPresenceIsTheNaiveFold(t *testing.T) {
	channels := []domain.Channel{"lobby", "attic"}
	people := []domain.User{ada, bob, {ID: "u-3", Name: "Cleo"}}
	sessions := []string{"s1", "s2", "s3", "s4"}
	rapid.Check(t, func(t *rapid.T) {
		var model naive
		presence := domain.NewPresence()
		for seq := range uint64(rapid.IntRange(1, 60).Draw(t, "events")) {
			channel := rapid.SampledFrom(channels).Draw(t, "channel")
			user := rapid.SampledFrom(people).Draw(t, "user")
			session := rapid.SampledFrom(sessions).Draw(t, "session")
			term := rapid.SampledFrom([]string{"", "t1", "t2"}).Draw(t, "term")
			event := rapid.SampledFrom([]domain.Event{join(user, session, term), leave(user, session, term)}).Draw(t, "event")
			before := slices.Clone(model)
			change := presence.Apply(channel, seq+1, event)
			if rapid.IntRange(0, 3).Draw(t, "undo") == 0 {
				presence.Undo(change)
				compare(t, presence, before, channels, people, sessions)
				change = presence.Apply(channel, seq+1, event)
			}
			if d := diff.Diff(model.apply(channel, seq+1, event), change); d != "" {
				t.Fatalf("Apply (-want +got):\n%s", d)
			}
			if rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
				presence = domain.NewPresence(presence.Stays()...) // as after a restart from the table
			}
			compare(t, presence, model, channels, people, sessions)
		}
	})
}

// compare checks all that a presence tells against the model.
func compare(t *rapid.T, got *domain.Presence, want naive, channels []domain.Channel, people []domain.User, sessions []string) {
	for _, channel := range channels {
		if got.Users(channel) != want.users(channel) || got.Sessions(channel) != want.sessions(channel) {
			t.Fatalf("%s has %d users and %d sessions, want %d and %d",
				channel, got.Users(channel), got.Sessions(channel), want.users(channel), want.sessions(channel))
		}
		for _, user := range people {
			if got.Has(channel, user.ID) != want.has(channel, user.ID) {
				t.Fatalf("Has(%s, %s) = %v, want %v", channel, user.ID, got.Has(channel, user.ID), want.has(channel, user.ID))
			}
		}
		for _, session := range sessions {
			stay, found := got.Stay(channel, session)
			if i := want.find(channel, session); found != (i >= 0) || (found && stay != want[i]) {
				t.Fatalf("Stay(%s, %s) = %v, %v, want the one of %v", channel, session, stay, found, want)
			}
		}
	}
	if d := diff.Diff(inOrder(want), inOrder(got.Stays())); d != "" {
		t.Fatalf("Stays (-want +got):\n%s", d)
	}
}

func inOrder(stays []domain.Stay) []domain.Stay {
	return slices.SortedFunc(slices.Values(stays), func(a, b domain.Stay) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Session, b.Session))
	})
}
