package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/faustman/chitchat/domain"
)

// Channels are the sample's, the busiest first.
var Channels = []domain.Channel{"engineering", Ended, "support", "lobby", "random", "café"}

// Ended is the channel that ends before the sample does.
const Ended domain.Channel = "project-heron"

// SomeoneName and SomeoneEmail are one of the people: who signs in with them
// sees the sample with their eyes.
const (
	SomeoneName  = "Amara Quill"
	SomeoneEmail = "amara" + mailDomain
)

// mailDomain is that of the company's emails: a name that never resolves.
const mailDomain = "@fernwheel.example"

// letters are how the roster names the channels.
var letters = map[rune]domain.Channel{
	'e': "engineering", 'h': Ended, 's': "support", 'l': "lobby", 'r': "random", 'c': "café",
}

// shift is when somebody works, in minutes of the day in UTC.
type shift struct{ from, to int }

var (
	early = shift{7*60 + 20, 15*60 + 50}
	usual = shift{8*60 + 45, 17*60 + 15}
	late  = shift{10*60 + 5, 18*60 + 50}
	noon  = shift{12*60 + 50, 17*60 + 20} // half a day
)

// person is somebody of the roster.
type person struct {
	user     domain.User
	first    string // the first name, as others call them
	talk     int    // how often they speak, against the others'; 0 only listens
	shift    shift
	channels []domain.Channel
	evenings bool // comes back after dinner now and then
	visitor  visit
}

// visit says how somebody comes who is not of the company.
type visit int

const (
	notVisiting visit = iota
	comesOnce
	comesBack  // within a week
	comesLater // after more than a week, when the sample is that long
)

// member is a line of the roster.
type member struct {
	name, mail string
	talk       int
	shift      shift
	channels   string
	evenings   bool
	visitor    visit
}

// roster is everybody. Two that follow each other, an even one and the next,
// answer each other more than others: see buddy.
var roster = []member{
	{SomeoneName, "amara", 16, usual, "ehlrc", true, notVisiting},
	{"Bruno Tamsin", "bruno", 14, usual, "ehlr", false, notVisiting},
	{"Zoë Lindqvåg", "zoe", 13, early, "ehlc", false, notVisiting},
	{"Kwame Ostler", "kwame", 12, usual, "ehr", true, notVisiting},
	{"Łucja Wrenfield", "lucja", 11, late, "ehlrc", true, notVisiting},
	{"Søren Pikebrook", "soren", 10, early, "ehlc", false, notVisiting},
	{"Priya Marlowe", "priya", 12, usual, "ehsl", false, notVisiting},
	{"Tomás Alderway", "tomas", 9, late, "ehr", true, notVisiting},
	{"Hikari 光 Stone", "hikari", 8, early, "ehc", false, notVisiting},
	{"Noor Fairlamb", "noor", 9, usual, "ehlr", false, notVisiting},
	{"Ivo Brackenridge", "ivo", 7, late, "er", true, notVisiting},
	{"Dana Copperfold", "dana", 7, usual, "ehl", false, notVisiting},
	{"Олена Гай", "olena", 8, usual, "ehc", false, notVisiting},
	{"Rafael Thistle", "rafael", 6, noon, "el", false, notVisiting},
	{"Mina Halloway-Oak", "mina", 13, usual, "slrc", false, notVisiting},
	{"Jonas Petrichor", "jonas", 12, early, "sl", false, notVisiting},
	{"Ada Wickerlane", "ada", 11, late, "slr", false, notVisiting},
	{"Ömer Fable", "omer", 9, usual, "slc", false, notVisiting},
	{"Grete Sandpiper", "grete", 8, noon, "sl", false, notVisiting},
	{"Linh Ashdown", "linh", 10, usual, "shlr", true, notVisiting},
	{"Paolo Duskwood", "paolo", 9, usual, "lrc", false, notVisiting},
	{"Yara Millstream", "yara", 10, usual, "hlrc", true, notVisiting},
	{"Finn O'Larkin", "finn", 6, early, "lr", false, notVisiting},
	{"Sanne Vosgard", "sanne", 7, usual, "lc", false, notVisiting},
	{"Chidi Rowanberry", "chidi", 6, late, "lrc", true, notVisiting},
	{"Elif Birchmere", "elif", 5, noon, "lc", false, notVisiting},
	{"Marguerite Fen", "marguerite", 0, usual, "elsr", false, notVisiting},
	{"Otto Grayling", "otto", 0, early, "el", false, notVisiting},
	{"Wanjiru Sedge", "wanjiru", 0, late, "hlr", false, notVisiting},
	{"Pilar of Mill Lane", "", 1, usual, "s", false, comesOnce},
	{"harbour-cycles", "", 1, usual, "s", false, comesBack},
	{"Dieter R.", "", 1, usual, "s", false, comesOnce},
	{"Anouk 🚲", "", 1, usual, "s", false, comesBack},
	{"Kofi's Bike Shed", "", 1, usual, "s", false, comesOnce},
	{"two wheels good", "", 1, usual, "s", false, comesOnce},
	{"Ingrid Saltmarsh", "ingrid", 1, usual, "l", false, comesBack},
	{"Teo", "", 1, usual, "l", false, comesOnce},
	{"Mei-Lin Harrowgate", "meilin", 1, usual, "l", false, comesBack},
	{"station bikes", "", 1, usual, "s", false, comesLater},
	{"R. Underhill", "", 1, usual, "s", false, comesBack},
}

// people returns the roster's people.
func people() ([]person, error) {
	list := make([]person, 0, len(roster))
	for _, line := range roster {
		email := ""
		if line.mail != "" {
			email = line.mail + mailDomain
		}
		user, err := domain.NewUser(line.name, email)
		if err != nil {
			return nil, fmt.Errorf("roster: %s: %w", line.name, err)
		}
		first, _, _ := strings.Cut(line.name, " ")
		if line.visitor != notVisiting {
			first = line.name
		}
		p := person{
			user: user, first: first, talk: line.talk, shift: line.shift,
			evenings: line.evenings, visitor: line.visitor,
		}
		for _, letter := range line.channels {
			p.channels = append(p.channels, letters[letter])
		}
		list = append(list, p)
	}
	return list, nil
}

// buddy is whom somebody answers more than others.
func buddy(who int) int { return who ^ 1 }

// minutes returns the time so many minutes after a day's begin.
func minutes(day time.Time, n int) time.Time { return day.Add(time.Duration(n) * time.Minute) }
