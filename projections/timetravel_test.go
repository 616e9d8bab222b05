package projections_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/projections"
)

// TestPastIsWhatWasPresent is the property of time travel: the past of each
// sequence is what the tables showed when they had just that.
func TestPastIsWhatWasPresent(t *testing.T) {
	url := newDatabase(t)
	rapid.Check(t, func(r *rapid.T) {
		log := newMemoryLog()
		execute(t, url, `DELETE FROM chitchat.generation; DROP SCHEMA IF EXISTS model_1 CASCADE`)
		store := openStore(t, url)
		p := run(t, store, log, projections.Options{})
		type shown struct {
			Messages []projections.Message
			HasMore  bool
			Users    []projections.Present
		}
		const limit = 5
		var present []shown
		for range rapid.IntRange(1, 40).Draw(r, "entries") {
			drawEntry(r, log, len(log.records))
			caughtUp(t, p, log)
			page, err := store.Messages(t.Context(), "lobby", projections.MessageQuery{Limit: limit})
			roster, err2 := store.People(t.Context(), "lobby")
			if err := errors.Join(err, err2); err != nil {
				r.Fatalf("read the present: %v", err)
			}
			for i := range roster.Users {
				roster.Users[i].Terms = nil // they are of the present only
			}
			present = append(present, shown{page.Messages, page.HasMore, roster.Users})
		}
		p.stop()
		for i, want := range present {
			seq := uint64(i + 1)
			past, err := store.MessagesAt(t.Context(), "lobby", projections.Moment{Seq: seq}, projections.MessageQuery{Limit: limit})
			if err != nil {
				r.Fatalf("MessagesAt %d: %v", seq, err)
			}
			if diff := cmp.Diff(want, shown{past.Messages, past.HasMore, past.Users}); diff != "" {
				r.Fatalf("the past of %d (-then +now):\n%s", seq, diff)
			}
			roster, err := store.PeopleAt(t.Context(), "lobby", projections.Moment{Seq: seq})
			if diff := cmp.Diff(want.Users, roster.Users); diff != "" || err != nil {
				r.Fatalf("the people of %d (-then +now), %v:\n%s", seq, err, diff)
			}
			end := domain.Position{Epoch: log.epoch, Seq: uint64(len(present))}
			if past.At != seq || roster.At != seq || past.Position != end || roster.Position != end {
				r.Fatalf("at %d and %d, positions %v and %v, want %d, at %v", past.At, roster.At, past.Position, roster.Position, seq, end)
			}
		}
	})
}

func TestMessagesAtPages(t *testing.T) {
	log := newMemoryLog()
	for i := range 10 { // lobby: 1, 3, 5 … 19; den: 2, 4, 6 … 20
		log.post("lobby", says(john, i, fmt.Sprint("l", i)))
		log.post("den", says(arya, i, fmt.Sprint("d", i)))
	}
	store, _ := filled(t, log)
	for _, test := range []struct {
		name  string
		seq   uint64
		query projections.MessageQuery
		want  []uint64
		more  bool
	}{
		{"newest of then", 12, projections.MessageQuery{Limit: 3}, []uint64{7, 9, 11}, true},
		{"the moment itself", 11, projections.MessageQuery{Limit: 3}, []uint64{7, 9, 11}, true},
		{"paging back", 12, projections.MessageQuery{Limit: 3, Before: 7}, []uint64{1, 3, 5}, false},
		{"before what is later", 6, projections.MessageQuery{Before: 100}, []uint64{1, 3, 5}, false},
		{"after", 12, projections.MessageQuery{Limit: 2, After: 3}, []uint64{5, 7}, true},
		{"after, up to then", 12, projections.MessageQuery{Limit: 2, After: 7}, []uint64{9, 11}, false},
		{"after then", 12, projections.MessageQuery{After: 12}, []uint64{}, false},
		{"between", 20, projections.MessageQuery{After: 3, Before: 9}, []uint64{5, 7}, false},
		{"from the beginning", 20, projections.MessageQuery{Limit: 2, StartTime: &epoch}, []uint64{1, 3}, true},
		{"nothing yet", 0, projections.MessageQuery{}, []uint64{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			past, err := store.MessagesAt(t.Context(), "lobby", projections.Moment{Seq: test.seq}, test.query)
			if err != nil {
				t.Fatalf("MessagesAt: %v", err)
			}
			got := []uint64{}
			for _, m := range past.Messages {
				got = append(got, m.Seq)
			}
			if !cmp.Equal(got, test.want) || past.HasMore != test.more {
				t.Errorf("MessagesAt = %v, has more %t, want %v, %t", got, past.HasMore, test.want, test.more)
			}
		})
	}
}

func TestTimesInTheLog(t *testing.T) {
	log := newMemoryLog()
	const hour, day = 60 * 60, 24 * 60 * 60
	for i, second := range []int{
		0,         // 1
		10,        // 2
		9,         // 3: by a clock that is slow
		12,        // 4
		11,        // 5: by a clock that is slow
		hour,      // 6
		30 * day,  // 7: by a clock that is wrong
		2 * hour,  // 8
		-30 * day, // 9: by a clock that is wrong
		3 * hour,  // 10
	} {
		log.post("lobby", says(john, second, fmt.Sprint("m", i)))
	}
	log.publish("chitchat.lobby", "junk") // 11
	store, _ := filled(t, log)
	for _, test := range []struct {
		name   string
		second int
		want   uint64
	}{
		{"before everything", -60 * day, 0},
		{"the first", 0, 1},
		{"between two", 5, 1},
		{"nothing that was dated later", 9, 1},
		{"after clocks that differ", 10, 3},
		{"after more of them", 11, 3},
		{"and of these", 12, 5},
		{"long after them", 1800, 5},
		{"the first of an hour", hour, 6},
		{"behind a wrong date to come", hour + 600, 6},
		{"past a wrong date to come", 2*hour + 1, 8},
		{"behind a wrong date long ago", 3 * hour, 10},
		{"the last by the clocks that are right", 4 * hour, 10},
		{"after everything", 31 * day, 11},
	} {
		t.Run(test.name, func(t *testing.T) {
			past, err := store.PeopleAt(t.Context(), "lobby", projections.Moment{Time: epoch.Add(time.Duration(test.second) * time.Second)})
			if err != nil || past.At != test.want {
				t.Errorf("At = %d, %v, want %d", past.At, err, test.want)
			}
		})
	}
}

func TestMomentBeyondTheTables(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	store := openStore(t, url)
	log.post("lobby", says(john, 0, "m1"))
	p := run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	p.stop()
	execute(t, url, `UPDATE model_1.checkpoint SET log_seq = 3`)
	for _, test := range []struct {
		seq    uint64
		passes bool
	}{{2, true}, {3, true}, {4, false}, {1 << 63, false}} {
		_, messages := store.MessagesAt(t.Context(), "lobby", projections.Moment{Seq: test.seq}, projections.MessageQuery{})
		_, people := store.PeopleAt(t.Context(), "lobby", projections.Moment{Seq: test.seq})
		for _, err := range []error{messages, people} {
			var beyond *projections.BeyondError
			if !errors.As(err, &beyond) || isUnavailable(err) != test.passes {
				t.Errorf("at %d: %v, want a BeyondError that passes: %t", test.seq, err, test.passes)
			}
		}
	}
}

func TestPastBeforeThereIsAModel(t *testing.T) {
	store := openStore(t, newDatabase(t))
	if _, err := store.MessagesAt(t.Context(), "lobby", projections.Moment{}, projections.MessageQuery{}); !isUnavailable(err) {
		t.Errorf("MessagesAt = %v, want ErrUnavailable", err)
	}
	store, _ = filled(t, newMemoryLog())
	past, err := store.MessagesAt(t.Context(), "lobby", projections.Moment{Time: epoch}, projections.MessageQuery{})
	if err != nil || past.At != 0 || len(past.Messages) != 0 || past.Users == nil {
		t.Errorf("MessagesAt of an empty log = %+v, %v, want nothing at 0", past, err)
	}
	other, err := projections.Open(t.Context(), projections.Config{URL: newDatabase(t), Epoch: "ddddeeeeffff", Logger: discard()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	p := run(t, other, newMemoryLog(), projections.Options{})
	eventually(t, "the tables", func() bool { return p.Status().Generation > 0 })
	if _, err := other.PeopleAt(t.Context(), "lobby", projections.Moment{}); !isUnavailable(err) {
		t.Errorf("PeopleAt a sequence of another epoch = %v, want ErrUnavailable", err)
	}
}

func TestParseMoment(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, berlin)
	for text, want := range map[string]projections.Moment{
		"0":                              {},
		"812":                            {Seq: 812},
		"9223372036854775807":            {Seq: 1<<63 - 1},
		"2026":                           {Seq: 2026},
		"2026-01-31":                     {Time: noon.Add(-12 * time.Hour)},
		"2026-01-31 12:00":               {Time: noon},
		"2026-01-31T12:00":               {Time: noon},
		"2026-01-31 12:00:30":            {Time: noon.Add(30 * time.Second)},
		"2026-01-31 12:00:30.25":         {Time: noon.Add(30250 * time.Millisecond)},
		"2026-01-31T12:00:00Z":           {Time: noon.Add(time.Hour)},
		"2026-01-31T12:00:00.5+02:00":    {Time: noon.Add(-time.Hour + time.Second/2)},
		"2026-01-31T12:00:00.000000001Z": {Time: noon.Add(time.Hour + 1)},
	} {
		got, err := projections.ParseMoment(text, berlin)
		if err != nil || got.Seq != want.Seq || !got.Time.Equal(want.Time) {
			t.Errorf("ParseMoment(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-1", "+1", "1.5", "1e3", "9223372036854775808", "yesterday", "12:00", "2026-02-30 12:00", "2026-01-31 25:00", "2026-01-31T12:00:00 02:00", " 1"} {
		if got, err := projections.ParseMoment(text, berlin); err == nil {
			t.Errorf("ParseMoment(%q) = %+v, want an error", text, got)
		}
	}
}
