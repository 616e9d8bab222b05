package demo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/internal/demo"
)

// facts are what the tests ask of a sample.
type facts struct {
	entries, messages int
	byChannel         map[domain.Channel]int
	lastIn            map[domain.Channel]time.Time // the last message
	hours             [24]int                      // messages on working days
	weekdays          [7]int
	nightly           int // messages before six
	said              map[string][]domain.MessagePosted
	days              map[string][]time.Time // on which somebody came, by name
	visitors          map[string]bool        // names that are not of the company
	ids               map[string]int         // messages of one user and id
	lost, moved       int
	lostAt            map[time.Time]int
	terms             map[string]bool
	junk              []string
	peak              int // most sessions at once
	tabs              bool
	answered          map[[2]string]int // who spoke within five minutes after whom
}

func read(t *testing.T, o demo.Options) facts {
	t.Helper()
	f := facts{
		byChannel: map[domain.Channel]int{}, lastIn: map[domain.Channel]time.Time{}, said: map[string][]domain.MessagePosted{},
		days: map[string][]time.Time{}, visitors: map[string]bool{}, ids: map[string]int{}, lostAt: map[time.Time]int{},
		terms: map[string]bool{}, answered: map[[2]string]int{},
	}
	presence, before, open := domain.NewPresence(), map[domain.Channel]*domain.MessagePosted{}, 0
	for e := range sample(t, o).Entries() {
		f.entries++
		switch event := e.Event.(type) {
		case nil:
			f.junk = append(f.junk, string(e.Payload))
			continue
		case *domain.MessagePosted:
			f.message(e.Channel, event, before[e.Channel])
			before[e.Channel] = event
		case *domain.SessionJoined:
			f.terms[event.Term] = true
			if day := event.SentAt.Truncate(24 * time.Hour); !slices.Contains(f.days[event.From.Name], day) {
				f.days[event.From.Name] = append(f.days[event.From.Name], day)
			}
			f.visitors[event.From.Name] = !strings.Contains(event.From.Avatar, "gravatar") || f.visitors[event.From.Name]
		case *domain.SessionLeft:
			if event.Reason == domain.ReasonLost {
				f.lost++
				f.lostAt[event.SentAt]++
			}
		}
		if change := presence.Apply(e.Channel, uint64(f.entries), e.Event); change.Opened {
			open++
			f.tabs = f.tabs || !change.Visible
		} else if change.Closed {
			open--
		} else if change.Moved {
			f.moved++
		}
		f.peak = max(f.peak, open)
	}
	return f
}

func (f *facts) message(channel domain.Channel, event, before *domain.MessagePosted) {
	f.messages++
	f.byChannel[channel]++
	f.lastIn[channel] = event.SentAt
	f.weekdays[event.SentAt.Weekday()]++
	if event.SentAt.Hour() < 6 {
		f.nightly++
	}
	if w := event.SentAt.Weekday(); w != time.Saturday && w != time.Sunday {
		f.hours[event.SentAt.Hour()]++
	}
	f.said[event.From.Name] = append(f.said[event.From.Name], *event)
	f.ids[event.From.ID+" "+event.ID]++
	if before != nil && event.From != before.From && event.SentAt.Sub(before.SentAt) < 5*time.Minute {
		f.answered[[2]string{event.From.Name, before.From.Name}]++
	}
}

func TestTheUsualSampleIsAsPromised(t *testing.T) {
	f := read(t, demo.Options{Seed: 1, Weeks: 4, Until: until})
	if f.messages < 11000 || f.messages > 13000 || f.entries > 22000 {
		t.Errorf("%d messages of %d entries, want about 12000 of at most 22000", f.messages, f.entries)
	}
	if len(f.byChannel) != len(demo.Channels) || len(f.days) < 38 || len(f.days) > 42 {
		t.Errorf("%d channels and %d people, want %d and some 40", len(f.byChannel), len(f.days), len(demo.Channels))
	}
	for i, channel := range demo.Channels {
		if n := f.byChannel[channel]; n < 500 || n > f.byChannel[demo.Channels[0]] {
			t.Errorf("channel %d, %s, has %d messages, want at least 500 and the first to have most", i, channel, n)
		}
	}
	if f.peak < 60 || !f.tabs {
		t.Errorf("at most %d sessions at once, two of one user in a channel: %v; want at least 60, and some", f.peak, f.tabs)
	}
	if f.nightly == 0 || f.nightly > 20 {
		t.Errorf("%d messages between midnight and six, want those of the one alarm", f.nightly)
	}
	weekend := f.weekdays[time.Saturday] + f.weekdays[time.Sunday]
	if weekend == 0 || weekend*20 > f.messages || f.weekdays[time.Friday] >= f.weekdays[time.Tuesday] {
		t.Errorf("messages by day of the week = %v, want few at weekends and less on Fridays than on Tuesdays", f.weekdays)
	}
}

// wantDay wants people to speak when people do.
func wantDay(t *testing.T, f facts) {
	t.Helper()
	busiest := 0
	for hour, n := range f.hours {
		if n > f.hours[busiest] {
			busiest = hour
		}
	}
	if busiest < 9 || busiest > 16 {
		t.Errorf("busiest hour = %d of %v, want one of the working day", busiest, f.hours)
	}
	if f.hours[12]*2 > f.hours[11]+f.hours[14] || f.hours[4] != 0 || f.hours[20]*10 > f.hours[busiest] {
		t.Errorf("messages by hour = %v, want a dip at noon, quiet evenings and nights", f.hours)
	}
}

func TestWhoTalksToWhom(t *testing.T) {
	f := read(t, demo.Options{Seed: 1, Weeks: 4, Until: until})
	var pairs [][2]string
	for pair := range f.answered {
		pairs = append(pairs, pair)
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return f.answered[b] - f.answered[a] })
	names := []string{pairs[0][0], pairs[0][1]}
	slices.Sort(names)
	if want := []string{"Amara Quill", "Bruno Tamsin"}; !slices.Equal(names, want) {
		t.Errorf("those who answer each other most are %v, %d times, want %v", names, f.answered[pairs[0]], want)
	}
	someone, err := domain.NewUser(demo.SomeoneName, demo.SomeoneEmail)
	if err != nil || len(f.said[demo.SomeoneName]) == 0 || f.said[demo.SomeoneName][0].From != someone {
		t.Errorf("messages of %s: %v, %v; want some of the user %v", demo.SomeoneName, f.said[demo.SomeoneName], err, someone)
	}
	quiet := 0
	for name := range f.days {
		if len(f.said[name]) == 0 {
			quiet++
		}
	}
	if quiet != 3 {
		t.Errorf("%d people only listen, want 3", quiet)
	}
}

// What happens is in samples of every length, whenever they end.
func TestWhatHappensIsInEverySample(t *testing.T) {
	for _, o := range append(others(), demo.Options{Seed: 1, Weeks: 4, Until: until}) {
		t.Run(fmt.Sprintf("%d of %d weeks to %s", o.Seed, o.Weeks, o.Until.Format(time.RFC3339)), func(t *testing.T) {
			f := read(t, o)
			if f.lost == 0 || len(f.lostAt) > 3 || f.moved < f.lost {
				t.Errorf("%d sessions lost at %v, %d moved, want some lost in one crash, and more moved", f.lost, f.lostAt, f.moved)
			}
			repeated := 0
			for _, n := range f.ids {
				if n == 2 {
					repeated++
				}
			}
			if repeated < 2 || repeated > 3+o.Weeks {
				t.Errorf("%d messages are there twice, want some", repeated)
			}
			if len(f.junk) != 2 || len(f.terms) < 3 {
				t.Errorf("junk %q, %d terms, want two entries and at least 3 terms", f.junk, len(f.terms))
			}
			if f.nightly == 0 {
				t.Errorf("nobody was woken at night, want the alarm")
			}
			end := f.lastIn[demo.Ended]
			if left := o.Until.Sub(end); left < 36*time.Hour || f.byChannel[demo.Ended] < 50 {
				t.Errorf("%s ends %s before the sample with %d messages, want it dead for days", demo.Ended, left, f.byChannel[demo.Ended])
			}
			wantVisitors(t, f)
			wantDay(t, f)
		})
	}
}

// wantVisitors wants some who came on one day alone, and some who came back within a week.
func wantVisitors(t *testing.T, f facts) {
	t.Helper()
	once, back := 0, 0
	for name, visits := range f.days {
		spoke := len(f.said[name]) > 0
		switch {
		case !f.visitors[name] || !spoke:
		case len(visits) == 1:
			once++
		case visits[1].Sub(visits[0]) <= 7*24*time.Hour:
			back++
		}
	}
	if once < 3 || back < 2 {
		t.Errorf("%d visitors came once and %d came back within a week, want at least 3 and 2", once, back)
	}
}

// The texts have what a page has to show: code, several scripts, emoji, questions.
func TestTheTextsAreOfManyKinds(t *testing.T) {
	f := read(t, demo.Options{Seed: 1, Weeks: 4, Until: until})
	for _, want := range []string{"```go\n", "```sql\n", "\n\t", "おはよう", "Dobrý", "дякую", "🎉", "?", "`"} {
		found := 0
		for _, list := range f.said {
			for _, message := range list {
				if strings.Contains(message.Text, want) {
					found++
				}
			}
		}
		if found == 0 {
			t.Errorf("no message has %q, want some", want)
		}
	}
	texts := map[string]int{}
	for _, list := range f.said {
		for _, message := range list {
			texts[message.Text]++
		}
	}
	if len(texts)*6 < f.messages {
		t.Errorf("%d messages have %d texts, want at least a sixth of them to differ", f.messages, len(texts))
	}
}
