package demo

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/faustman/chitchat/domain"
)

// MaxWeeks bounds a sample: a year of it has 250,000 entries, and what is more
// shows nothing more.
const MaxWeeks = 52

// Options say which sample.
type Options struct {
	Seed  uint64
	Weeks int       // 1 to [MaxWeeks]
	Until time.Time // nothing in it is as late; its zone does not matter
}

// Entry is one of the sample's log.
type Entry struct {
	Channel domain.Channel
	Stored  time.Time // when the log took it; never before the entry before
	Event   domain.Event
	Payload []byte // the event as it is stored; no event's when Event is nil
}

// Sample is some weeks of a small company's chat.
type Sample struct {
	options  Options
	people   []person
	calendar *calendar
	script   *script
}

// earliest is the first year that a sample may begin in: UUIDs and SQL's times
// have room before it, and people would not believe it.
const earliest = 2000

// latest is the last year that a sample may end in.
const latest = 2999

// New returns the sample of the options.
func New(o Options) (*Sample, error) {
	if o.Weeks < 1 || o.Weeks > MaxWeeks {
		return nil, fmt.Errorf("a sample has 1 to %d weeks, not %d", MaxWeeks, o.Weeks)
	}
	o.Until = o.Until.UTC()
	start := o.Until.AddDate(0, 0, -7*o.Weeks)
	if start.Year() < earliest || o.Until.Year() > latest {
		return nil, fmt.Errorf("a sample is of the years %d to %d", earliest, latest)
	}
	folk, err := people()
	if err != nil {
		return nil, err
	}
	lines, err := readScript()
	if err != nil {
		return nil, err
	}
	return &Sample{options: o, people: folk, calendar: newCalendar(start, o.Until, folk), script: lines}, nil
}

// Start is the time from which the sample is; End is the time before which it
// ends.
func (s *Sample) Start() time.Time { return s.calendar.start }

// End is the time before which the sample ends.
func (s *Sample) End() time.Time { return s.calendar.end }

// People is how many there are.
func (s *Sample) People() int { return len(s.people) }

// Entries returns the sample's entries in the order of the log. Each walk over
// them makes them anew, one day after the other.
func (s *Sample) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		d := newDice(s.options.Seed, uint64(s.options.Weeks))
		g := &generator{
			dice: d, decks: &decks{dice: d, left: map[string][]int{}, last: map[string]int{}},
			calendar: s.calendar, script: s.script, people: s.people,
		}
		g.runs = newRuns(g.dice, g.calendar)
		var last time.Time
		for d := range g.days {
			for _, e := range g.dayOf(d) {
				if !e.Stored.After(last) {
					e.Stored = last.Add(1)
				}
				last = e.Stored
				if !yield(e) {
					return
				}
			}
		}
	}
}

// generator makes the entries of one day after the other.
type generator struct {
	*dice
	*decks
	*calendar
	*script
	people  []person
	runs    runs
	stays   []stay  // of the day
	entries []Entry // of the day
}

func (g *generator) dayOf(d int) []Entry {
	g.entries = g.entries[:0]
	g.staysOf(d)
	for _, s := range g.stays {
		g.addStay(s)
	}
	g.talk(d)
	g.occasions(d)
	g.repeat(d)
	slices.SortStableFunc(g.entries, func(a, b Entry) int { return a.Stored.Compare(b.Stored) })
	return g.entries
}

// wait is how long the log takes an event after it was made.
func (g *generator) wait() time.Duration { return g.span(200*time.Microsecond, 4*time.Millisecond) }

func (g *generator) add(channel domain.Channel, event domain.Event, wait time.Duration) {
	g.entries = append(g.entries, Entry{
		Channel: channel, Stored: event.At().Add(wait), Event: event, Payload: domain.Encode(event),
	})
}

// weekendRest divides what is said at weekends in the channels of work.
const weekendRest = 12

// talk plays the day's scenes.
func (g *generator) talk(d int) {
	weekday := g.begin(d).Weekday()
	for i, channel := range Channels {
		if channel == Ended && d > g.ended {
			continue
		}
		h := habits[i]
		if !g.works(d) {
			h.hours = freeHours
			if channel != "random" {
				h.scenes /= weekendRest
			}
		}
		count := (h.scenes*pace[weekday]*g.between(85, 115)/100 + g.below(100)) / 100
		for range count {
			at := g.at(d, 60*g.weighted(h.hours)).Add(g.span(0, time.Hour))
			if channel == Ended && d == g.ended && at.Hour() > 15 {
				continue // its last hours are for its last scene
			}
			g.play(channel, g.sceneOf(channel, at), at, nobody)
		}
	}
	if g.works(d) {
		g.mornings(d)
	}
}

// scene returns one of those with a name.
func (g *generator) scene(name string) scene {
	return g.named[name][g.deal(name, len(g.named[name]))]
}

// sceneOf returns one of a channel that may be played at any time, or one of
// the evening's.
func (g *generator) sceneOf(channel domain.Channel, at time.Time) scene {
	if channel == "random" && at.Hour() >= 20 {
		return g.scene("evening")
	}
	list := g.scenes[channel]
	return list[g.deal(string(channel), len(list))]
}

// mornings has people say good morning, and at what they are.
func (g *generator) mornings(d int) {
	for _, s := range slices.Clone(g.stays) {
		p := &g.people[s.who]
		if p.talk < 2 || s.from.Hour() > 10 {
			continue
		}
		switch {
		case s.channel == "lobby" && g.chance(300):
			g.play(s.channel, g.scene("morning"), s.from.Add(g.span(10*time.Second, 4*time.Minute)), s.who)
		case s.channel == "engineering" && g.chance(700):
			at := g.at(d, 9*60+25).Add(g.span(0, 25*time.Minute))
			if s.from.After(at) {
				at = s.from.Add(g.span(time.Minute, 9*time.Minute))
			}
			g.play(s.channel, g.scene("standup"), at, s.who)
		}
	}
}

// occasions plays the scenes of what happens once, and adds what is no event.
func (g *generator) occasions(d int) {
	for _, s := range slices.Clone(g.stays) {
		if g.people[s.who].visitor == notVisiting {
			continue
		}
		name := "visit-" + string(s.channel)
		if slices.Contains(g.visitsBefore(d), s.who) {
			name = "return-" + string(s.channel)
		}
		g.play(s.channel, g.scene(name), s.from.Add(g.span(20*time.Second, 2*time.Minute)), s.who)
	}
	today := func(at time.Time) bool { return at.Truncate(day).Equal(g.begin(d)) }
	if today(g.alarm) {
		g.play("engineering", g.scene("alarm"), g.alarm.Add(6*time.Minute), onCall[0])
	}
	if d == g.ended {
		g.play(Ended, g.scene("ending"), g.at(d, 15*60+40), nobody)
	}
	if today(g.crash) {
		for _, channel := range []domain.Channel{"engineering", "support", "lobby"} {
			g.play(channel, g.scene("crash"), g.crash.Add(g.span(12*time.Second, 50*time.Second)), nobody)
		}
	}
	for i, at := range g.junk {
		if today(at) {
			g.entries = append(g.entries, Entry{Channel: junkChannels[i], Stored: at.Add(g.wait()), Payload: []byte(junkPayload(i, at))})
		}
	}
}

// junkChannels are where other programs put what is no event.
var junkChannels = [2]domain.Channel{"engineering", "lobby"}

// junkPayload is what they put there: a script's report, and a type of event
// that there is not.
func junkPayload(i int, at time.Time) string {
	if i == 0 {
		return "nightly backup finished: 3 archives, 412 MB, 0 errors"
	}
	return `{"type":"reaction","v":1,"from_user":{"id":"emoji-bot","name":"emoji-bot"},"sent_at":"` +
		at.Format(time.RFC3339) + `","emoji":"🎉"}`
}

// visitsBefore returns who visited on the days before d.
func (g *generator) visitsBefore(d int) []int {
	var who []int
	for _, list := range g.visits[:d] {
		who = append(who, list...)
	}
	return who
}

// repeatedAtCrash and repeatedAtRestart are how many messages are there twice:
// the server was gone before its answer was, and the client sent them again.
const (
	repeatedAtCrash   = 3
	repeatedAtRestart = 1
)

func (g *generator) repeat(d int) {
	for _, at := range g.restarts {
		if at.Truncate(day).Equal(g.begin(d)) {
			g.repeatBefore(at, repeatedAtRestart)
		}
	}
	if g.crash.Truncate(day).Equal(g.begin(d)) {
		g.repeatBefore(g.crash, repeatedAtCrash)
	}
}

// repeatBefore says the last messages before a time again after it.
func (g *generator) repeatBefore(at time.Time, count int) {
	slices.SortStableFunc(g.entries, func(a, b Entry) int { return a.Stored.Compare(b.Stored) })
	for _, e := range slices.Backward(slices.Clone(g.entries)) {
		message, ok := e.Event.(*domain.MessagePosted)
		if !ok || !e.Stored.Before(at) || at.Sub(e.Stored) > time.Hour {
			continue
		}
		again := *message
		again.SentAt = at.Add(g.span(3*time.Second, 9*time.Second))
		who := slices.IndexFunc(g.people, func(p person) bool { return p.user == again.From })
		if !g.present(who, e.Channel, again.SentAt) {
			continue
		}
		g.add(e.Channel, &again, g.wait())
		if count--; count == 0 {
			return
		}
	}
}
