package demo

import (
	"embed"
	"fmt"
	"strings"
	"time"

	"github.com/faustman/chitchat/domain"
)

// A text file has the scenes of one channel. A scene begins with "==" and may
// have a name, which says that it is played at its occasion alone. Its lines are
//
//	A: what opens it | or this | or this
//	B+: what another one answers | …
//	?*~: what anybody may add
//
// A, B and C are people, * is anybody else each time, the question mark says that the line is
// left out every other time. ~ is said within seconds, + within a quarter of an
// hour, ++ within two hours. {part} is a word of words.txt, the same one all
// through the scene; {part2} another one; {A}, {B} the first name of who plays it.
// \n is a line break, \t a tab. After a scene others may add some of the words "chatter".

//go:embed texts/*.txt
var texts embed.FS

// pauses are the times before a line, by its mark.
var pauses = map[string][2]time.Duration{
	"~":  {3 * time.Second, 35 * time.Second},
	"":   {15 * time.Second, 150 * time.Second},
	"+":  {3 * time.Minute, 14 * time.Minute},
	"++": {20 * time.Minute, 110 * time.Minute},
}

// line is one thing that is said in a scene, and by whom.
type line struct {
	who   byte // 'A', 'B', 'C' or '*'
	maybe bool
	pause [2]time.Duration
	says  []string // one of them
	name  string   // of its deck
}

// scene is a short talk.
type scene struct {
	name  string // empty for one that may be played at any time
	lines []line
}

// script is all that people say.
type script struct {
	scenes map[domain.Channel][]scene // the unnamed ones
	named  map[string][]scene
	words  map[string][]string
}

func readScript() (*script, error) {
	s := &script{scenes: map[domain.Channel][]scene{}, named: map[string][]scene{}, words: map[string][]string{}}
	for _, channel := range Channels {
		list, err := readScenes(fileOf(channel))
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			if one.name == "" {
				s.scenes[channel] = append(s.scenes[channel], one)
			} else {
				s.named[one.name] = append(s.named[one.name], one)
			}
		}
	}
	words, err := texts.ReadFile("texts/words.txt")
	if err != nil {
		return nil, fmt.Errorf("read the words: %w", err)
	}
	for text := range strings.Lines(string(words)) {
		key, list, found := strings.Cut(strings.TrimSpace(text), ": ")
		if found {
			s.words[key] = options(list)
		}
	}
	return s, nil
}

// fileOf names the channel's file in ASCII, as Go's tools want it.
func fileOf(channel domain.Channel) string {
	return "texts/" + strings.ReplaceAll(string(channel), "é", "e") + ".txt"
}

func readScenes(file string) ([]scene, error) {
	content, err := texts.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the scenes: %w", err)
	}
	var list []scene
	number := 0
	for text := range strings.Lines(string(content)) {
		number++
		text = strings.TrimSpace(text)
		if name, found := strings.CutPrefix(text, "=="); found {
			list = append(list, scene{name: strings.TrimSpace(name)})
			continue
		}
		if text == "" {
			continue
		}
		one, err := readLine(text)
		one.name = fmt.Sprintf("%s:%d", file, number)
		if err == nil && len(list) == 0 {
			err = fmt.Errorf("no scene has begun")
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, number, err)
		}
		last := &list[len(list)-1]
		last.lines = append(last.lines, one)
	}
	return list, nil
}

func readLine(text string) (line, error) {
	var l line
	head, says, found := strings.Cut(text, ": ")
	head, l.maybe = strings.CutPrefix(head, "?")
	if !found || head == "" || !strings.Contains("ABC*", head[:1]) {
		return line{}, fmt.Errorf("%.20q is not said by A, B, C or *", text)
	}
	l.who = head[0]
	pause, known := pauses[head[1:]]
	if !known {
		return line{}, fmt.Errorf("%q is no pause", head[1:])
	}
	l.pause, l.says = pause, options(says)
	return l, nil
}

func options(list string) []string {
	return strings.Split(strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(list), " | ")
}
