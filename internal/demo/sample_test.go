package demo_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/internal/demo"
)

// until is a Monday, as the default until is now and then.
var until = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func sample(t testing.TB, o demo.Options) *demo.Sample {
	t.Helper()
	s, err := demo.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// usual is the sample that the command makes by default.
func usual(t testing.TB) *demo.Sample {
	return sample(t, demo.Options{Seed: 1, Weeks: 4, Until: until})
}

// others are samples of all lengths, which end at any time of the week.
func others() []demo.Options {
	all := []demo.Options{
		{Seed: 0, Weeks: 6, Until: until.Add(13 * time.Hour)},
		{Seed: math.MaxUint64, Weeks: 3, Until: time.Date(2999, 12, 31, 23, 59, 59, 999999999, time.UTC)},
		{Seed: 7, Weeks: 2, Until: time.Date(2000, 3, 1, 4, 0, 0, 0, time.FixedZone("east", 5*60*60))},
	}
	for d := range 3 {
		all = append(all, demo.Options{Seed: uint64(d), Weeks: 1 + d%2*3, Until: until.Add(time.Duration(d) * 31 * time.Hour)})
	}
	return all
}

func hash(entries iter.Seq[demo.Entry]) string {
	sum := sha256.New()
	for e := range entries {
		fmt.Fprintf(sum, "%s %d %s\n", e.Channel, e.Stored.UnixNano(), e.Payload)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// The sample is the same on every machine, for ever. When it is changed on purpose, docs that show its figures change,
// too.
func TestTheSampleIsGolden(t *testing.T) {
	const want = "3aa9a31a8de5b2dacf9aad1c52410a13d1668c6d25174476c95ab17cbdd24cd0"
	s := usual(t)
	if got := hash(s.Entries()); got != want {
		t.Errorf("hash of the sample = %s, want %s", got, want)
	}
	if first, again := hash(s.Entries()), hash(s.Entries()); first != again {
		t.Errorf("hash of a second walk = %s, want %s", again, first)
	}
}

func TestOptionsMakeTheSample(t *testing.T) {
	base := demo.Options{Seed: 1, Weeks: 1, Until: until}
	want := hash(sample(t, base).Entries())
	seed, end, weeks, zone := base, base, base, base
	seed.Seed, end.Until, weeks.Weeks, zone.Until = 2, until.Add(24*time.Hour), 2, until.In(time.FixedZone("west", -7*60*60))
	for _, test := range []struct {
		name    string
		options demo.Options
		same    bool
	}{{"seed", seed, false}, {"until", end, false}, {"weeks", weeks, false}, {"zone", zone, true}} {
		if got := hash(sample(t, test.options).Entries()); (got == want) != test.same {
			t.Errorf("%s: the sample is the same: %v, want %v", test.name, got == want, test.same)
		}
	}
}

func TestAWalkMayEndEarly(t *testing.T) {
	n := 0
	for range usual(t).Entries() {
		if n++; n == 10 {
			break
		}
	}
	if n != 10 {
		t.Errorf("walked over %d entries, want 10", n)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, test := range []struct {
		name    string
		options demo.Options
		want    string
	}{
		{"no week", demo.Options{Until: until}, "1 to 52 weeks, not 0"},
		{"negative weeks", demo.Options{Weeks: -1, Until: until}, "not -1"},
		{"too many weeks", demo.Options{Weeks: demo.MaxWeeks + 1, Until: until}, "not 53"},
		{"no time", demo.Options{Weeks: 1}, "years 2000 to 2999"},
		{"too early", demo.Options{Weeks: 1, Until: time.Date(2000, 1, 5, 0, 0, 0, 0, time.UTC)}, "years 2000 to 2999"},
		{"too late", demo.Options{Weeks: 1, Until: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)}, "years 2000 to 2999"},
	} {
		if _, err := demo.New(test.options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: New = %v, want an error with %q", test.name, err, test.want)
		}
	}
}

// Each entry of any sample keeps the rules, is within its time, and stands where it belongs.
func TestEverySampleKeepsTheRules(t *testing.T) {
	for _, o := range append(others(), demo.Options{Seed: 1, Weeks: 4, Until: until}) {
		t.Run(fmt.Sprintf("%d of %d weeks to %s", o.Seed, o.Weeks, o.Until.Format(time.RFC3339)), func(t *testing.T) {
			s := sample(t, o)
			if want := o.Until.UTC().AddDate(0, 0, -7*o.Weeks); !s.Start().Equal(want) || !s.End().Equal(o.Until) {
				t.Errorf("the sample is from %s to %s, want %s to %s", s.Start(), s.End(), want, o.Until)
			}
			var last time.Time
			presence := domain.NewPresence()
			for e := range s.Entries() {
				if !e.Stored.After(last) || e.Stored.Before(s.Start()) || !e.Stored.Before(s.End()) {
					t.Fatalf("entry stored at %s after %s, want it later and within the sample", e.Stored, last)
				}
				last = e.Stored
				wantRules(t, s, e)
				if e.Event != nil {
					wantThere(t, presence, e)
				}
			}
			if left := presence.Stays(); len(left) != 0 {
				t.Errorf("%d stays are open at the end, such as %+v, want none", len(left), left[0])
			}
		})
	}
}

func wantRules(t *testing.T, s *demo.Sample, e demo.Entry) {
	t.Helper()
	if channel, err := domain.ParseChannel(string(e.Channel)); err != nil || channel != e.Channel {
		t.Fatalf("channel %q is %q, %v, want one in its own spelling", e.Channel, channel, err)
	}
	got, err := domain.Decode(e.Payload)
	if e.Event == nil {
		if err == nil {
			t.Fatalf("Decode(%s) = %v, want an error", e.Payload, got)
		}
		return
	}
	if err != nil || !reflect.DeepEqual(got, e.Event) {
		t.Fatalf("Decode(%s) = %v, %v, want %v", e.Payload, got, err, e.Event)
	}
	if e.Event.At().After(e.Stored) || e.Event.At().Before(s.Start()) {
		t.Fatalf("event of %s stored at %s, want it before that and within the sample", e.Event.At(), e.Stored)
	}
	message, ok := e.Event.(*domain.MessagePosted)
	if ok && (!utf8.ValidString(message.Text) || strings.ContainsAny(message.Text, "{}|") && !strings.Contains(message.Text, "```")) {
		t.Fatalf("message %q has braces or bars, want its words in their place", message.Text)
	}
}

// wantThere wants people to speak where they are, and each join and leave to mean something.
func wantThere(t *testing.T, presence *domain.Presence, e demo.Entry) {
	t.Helper()
	if _, ok := e.Event.(*domain.MessagePosted); !ok {
		if change := presence.Apply(e.Channel, 1, e.Event); !change.Opened && !change.Moved && !change.Closed {
			t.Fatalf("%s changes nothing, want each to", e.Payload)
		}
		return
	}
	if !presence.Has(e.Channel, e.Event.By().ID) {
		t.Fatalf("%s speaks in %s at %s and is not there", e.Event.By().Name, e.Channel, e.Event.At())
	}
}

func BenchmarkEntries(b *testing.B) {
	s := usual(b)
	for b.Loop() {
		for range s.Entries() {
		}
	}
}
