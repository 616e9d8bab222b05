package demo

import (
	"strings"
	"time"

	"github.com/faustman/chitchat/domain"
)

const (
	// nobody plays a part yet.
	nobody = -1
	// buddyTimes is how much more than another one's the weight of a buddy is.
	buddyTimes = 7
)

// cast is who plays the parts of a scene, and the words that it has taken.
type cast struct {
	channel domain.Channel
	parts   map[byte]int
	words   map[string]string
}

// play adds the messages of a scene that begins at a time. Who opens it is
// given, or found among those who are there. It ends early when nobody is
// there to say the next line: so there are questions without an answer.
func (g *generator) play(channel domain.Channel, one scene, at time.Time, opener int) {
	c := cast{channel: channel, parts: map[byte]int{}, words: map[string]string{}}
	if opener != nobody {
		c.parts['A'] = opener
	}
	said := nobody
	for i, l := range one.lines {
		if i > 0 {
			at = at.Add(g.span(l.pause[0], l.pause[1]))
		}
		if l.maybe && g.chance(thousand/2) {
			continue
		}
		who := g.castFor(&c, l.who, at, said)
		if who == nobody {
			return
		}
		g.say(channel, who, at, g.fill(&c, l.says[g.deal(l.name, len(l.says))]))
		said = who
	}
	if one.name == "" && g.chance(640) {
		g.chatter(&c, at, said)
	}
}

// anyPart is that of whoever is there, in the scene or not.
const anyPart = '.'

// chatter has people add what one adds.
func (g *generator) chatter(c *cast, at time.Time, said int) {
	for range g.between(1, 3) {
		at = at.Add(g.span(6*time.Second, 140*time.Second))
		who := g.castFor(c, anyPart, at, said)
		if who == nobody {
			return
		}
		g.say(c.channel, who, at, g.fill(c, g.words["chatter"][g.deal("chatter", len(g.words["chatter"]))]))
		said = who
	}
}

// castFor returns who says a line, whom everybody who is there may become when
// the part is free, or nobody.
func (g *generator) castFor(c *cast, part byte, at time.Time, said int) int {
	if who, taken := c.parts[part]; taken {
		if g.present(who, c.channel, at) {
			return who
		}
		return nobody
	}
	weights := make([]int, len(g.people))
	for i := range g.stays {
		s := &g.stays[i]
		if s.channel != c.channel || !s.has(at) || s.who == said || (part != anyPart && c.plays(s.who)) || g.people[s.who].visitor != notVisiting {
			continue
		}
		weights[s.who] = g.people[s.who].talk
		if said != nobody && buddy(said) == s.who {
			weights[s.who] *= buddyTimes
		}
	}
	who := g.weighted(weights)
	if part != '*' && part != anyPart && who != nobody {
		c.parts[part] = who
	}
	return who
}

func (c *cast) plays(who int) bool {
	for _, part := range []byte("ABC") {
		if taken, found := c.parts[part]; found && taken == who {
			return true
		}
	}
	return false
}

// has reports whether the session can speak: it came a moment ago and does not
// leave at once.
func (s *stay) has(at time.Time) bool {
	return at.Sub(s.from) > time.Second && s.to.Sub(at) > time.Second
}

func (g *generator) present(who int, channel domain.Channel, at time.Time) bool {
	for i := range g.stays {
		if s := &g.stays[i]; s.who == who && s.channel == channel && s.has(at) {
			return true
		}
	}
	return false
}

func (g *generator) say(channel domain.Channel, who int, at time.Time, text string) {
	g.add(channel, &domain.MessagePosted{
		Header: domain.Header{From: g.people[who].user, SentAt: at},
		ID:     g.uuid(at.Add(-g.span(20*time.Millisecond, 400*time.Millisecond))),
		Text:   text,
	}, g.wait())
}

// fill puts words into the braces of a text.
func (g *generator) fill(c *cast, text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		key, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			if found {
				b.WriteString("{" + rest)
			}
			return b.String()
		}
		b.WriteString(g.word(c, key))
		text = after
	}
}

// word returns what stands for a key in a scene; braces that hold no key are
// code, and are left alone.
func (g *generator) word(c *cast, key string) string {
	if len(key) == 1 && strings.Contains("ABC", key) {
		if who, found := c.parts[key[0]]; found {
			return g.people[who].first
		}
		return "all"
	}
	if word, found := c.words[key]; found {
		return word
	}
	list, found := g.words[strings.TrimRight(key, "23")]
	if !found {
		return "{" + key + "}"
	}
	name := strings.TrimRight(key, "23")
	word := list[g.deal(name, len(list))]
	for range 3 { // somebody of the scene may be one of the words
		if !g.playedBy(c, word) {
			break
		}
		word = list[g.deal(name, len(list))]
	}
	c.words[key] = word
	return word
}

// playedBy reports whether a first name is of somebody who has a part.
func (g *generator) playedBy(c *cast, name string) bool {
	for _, part := range []byte("ABC") {
		if who, found := c.parts[part]; found && g.people[who].first == name {
			return true
		}
	}
	return false
}
