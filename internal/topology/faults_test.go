//go:build topology

package topology_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

// lies are a small log, a recorder that follows it, and a feed that has been told of it.
type lies struct {
	r    *recorder
	feed *feed
	user domain.User
}

// The log: a join, a message, another user's message, the first message once more, a leave.
func newLies(t *testing.T) *lies {
	t.Helper()
	ada, err := domain.NewUser("ada", "")
	if err != nil {
		t.Fatal(err)
	}
	at := domain.Header{From: ada, SentAt: time.Now().UTC()}
	message := &domain.MessagePosted{Header: at, ID: "1", Text: "one"}
	tr := &truth{
		first: make(map[messageKey]uint64), said: make(map[string]int), presence: domain.NewPresence(),
		channels: make(map[domain.Channel]*channelTruth),
	}
	for i, event := range []domain.Event{
		&domain.SessionJoined{Header: at, Session: "s", Term: "t"}, message,
		&domain.MessagePosted{Header: at, ID: "2", Text: "two"}, message,
		&domain.SessionLeft{Header: at, Session: "s", Term: "t", Reason: domain.ReasonClosed},
	} {
		tr.take([]eventstore.Record{eventstore.Decode("chitchat.amber", uint64(i)+1, time.Now(), domain.Encode(event))}, nil)
	}
	r := newRecorder(tr)
	r.arrived(ada.ID, ada.Name, "amber")
	return &lies{r: r, feed: r.newFeed("reader", "amber", false), user: ada}
}

func (l *lies) frame(seq, prev uint64) frame {
	f, _ := l.r.truth.at(seq)
	told := frame{Type: string(f.kind), Seq: seq, Prev: prev, ID: f.id, Text: f.text, From: l.user, Reason: string(f.reason)}
	if f.kind != domain.TypeMessage {
		told.ID, told.Session = "", f.id
	}
	return told
}

// TestRecorder lies to the recorder in each way that a broken server could, and wants it to say so, and to say nothing
// when nobody lies.
func TestRecorder(t *testing.T) {
	tell := func(pairs ...[2]uint64) func(*lies) {
		return func(l *lies) {
			for _, pair := range pairs {
				l.feed.tell(l.frame(pair[0], pair[1]))
			}
		}
	}
	ack := func(id, text string, seqs ...uint64) func(*lies) {
		return func(l *lies) {
			key := messageKey{l.user.ID, id}
			l.r.send(key, text)
			for _, seq := range seqs {
				l.r.ack(key, seq, time.Now(), true)
			}
		}
	}
	tests := []struct {
		name string
		do   func(*lies)
		want string // begins a finding; empty for none
	}{
		{"the whole feed", tell([2]uint64{1, 0}, [2]uint64{2, 1}, [2]uint64{3, 2}, [2]uint64{5, 3}), ""},
		{"an ack", ack("1", "one", 2), ""},
		{"an ack where nothing is", ack("1", "one", 9), ""}, // the log is not followed up to there: waitTold waits in vain
		{"an ack of another message", ack("1", "one", 3), "I1"},
		{"an ack of another text", ack("1", "uno", 2), "I1"},
		{"an ack of the repetition", ack("1", "one", 4), "I2"},
		{"two acks that differ", ack("1", "one", 2, 4), "I2"},
		{"a hole, with an honest prev", tell([2]uint64{1, 0}, [2]uint64{3, 2}), "I4"},
		{"a hole, with a prev that hides it", tell([2]uint64{1, 0}, [2]uint64{3, 1}), "I4"},
		{"a beginning left out", tell([2]uint64{2, 0}), "I4"},
		{"twice the same", tell([2]uint64{1, 0}, [2]uint64{1, 0}), "I3"},
		{"the wrong order", tell([2]uint64{1, 0}, [2]uint64{3, 1}, [2]uint64{2, 3}), "I3"},
		{"the repetition shown", tell([2]uint64{1, 0}, [2]uint64{2, 1}, [2]uint64{3, 2}, [2]uint64{4, 3}), "I4"},
		{"another text than the log's", func(l *lies) {
			l.feed.tell(l.frame(1, 0))
			forged := l.frame(2, 1)
			forged.Text = "another"
			l.feed.tell(forged)
		}, "I5"},
		{"a history with a hole", func(l *lies) {
			l.r.compareHistory("reader", "amber", []frame{l.frame(3, 0)}, 0, 3)
		}, "I3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLies(t)
			l.r.departed(l.user.ID, true)
			l.feed.begin(0, false)
			test.do(l)
			l.r.compareAcks(l.r.truth.end())
			l.r.compareFeeds(l.r.truth.end())
			l.r.compareChanges(0)
			wantFinding(t, l.r, test.want)
		})
	}
}

// TestRecorderOfPresence wants a leave of somebody with a socket to be found, and one after the grace period not.
func TestRecorderOfPresence(t *testing.T) {
	tests := []struct {
		name string
		away time.Duration // before the leave, 0 for a socket all the time
		want string
	}{
		{"there all the time", 0, "I9"},
		{"away for less than the grace period", leaveGrace / 2, "I9"},
		{"away for longer", 2 * leaveGrace, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLies(t)
			if test.away > 0 {
				l.r.departed(l.user.ID, false)
				l.r.people[l.user.ID].awaySince = time.Now().Add(-test.away)
			}
			l.r.compareChanges(0)
			wantFinding(t, l.r, test.want)
		})
	}
}

func wantFinding(t *testing.T, r *recorder, want string) {
	t.Helper()
	findings := r.takeFindings()
	found := slices.ContainsFunc(findings, func(f string) bool { return strings.HasPrefix(f, want) })
	if want == "" && len(findings) > 0 || want != "" && !found {
		t.Errorf("findings = %q, want one of %q", findings, want)
	}
}
