package projections_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/projections"
)

// filled returns a store whose read model has applied the log.
func filled(t testing.TB, log *memoryLog) (*projections.Store, running) {
	t.Helper()
	store := openStore(t, newDatabase(t))
	p := run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	eventually(t, "the tables", func() bool { return p.Status().Generation > 0 })
	return store, p
}

func TestMessagesPages(t *testing.T) {
	log := newMemoryLog()
	for i := range 10 { // lobby: 1, 3, 5 … 19; den: 2, 4, 6 … 20
		log.post("lobby", says(john, i, fmt.Sprint("l", i)))
		log.post("den", says(arya, i, fmt.Sprint("d", i)))
	}
	store, _ := filled(t, log)
	from := func(n int) *time.Time { at := at(john, n).SentAt; return &at }
	for _, test := range []struct {
		name  string
		query projections.MessageQuery
		want  []uint64
		more  bool
	}{
		{"newest", projections.MessageQuery{Limit: 3}, []uint64{15, 17, 19}, true},
		{"all", projections.MessageQuery{}, []uint64{1, 3, 5, 7, 9, 11, 13, 15, 17, 19}, false},
		{"exactly all", projections.MessageQuery{Limit: 10}, []uint64{1, 3, 5, 7, 9, 11, 13, 15, 17, 19}, false},
		{"before", projections.MessageQuery{Limit: 3, Before: 15}, []uint64{9, 11, 13}, true},
		{"before, between two", projections.MessageQuery{Limit: 2, Before: 14}, []uint64{11, 13}, true},
		{"before, to the beginning", projections.MessageQuery{Limit: 3, Before: 7}, []uint64{1, 3, 5}, false},
		{"before the beginning", projections.MessageQuery{Before: 1}, nil, false},
		{"after", projections.MessageQuery{Limit: 3, After: 5}, []uint64{7, 9, 11}, true},
		{"after, to the end", projections.MessageQuery{Limit: 3, After: 13}, []uint64{15, 17, 19}, false},
		{"after the end", projections.MessageQuery{After: 19}, nil, false},
		{"far after the end", projections.MessageQuery{After: 1 << 62}, nil, false},
		{"between", projections.MessageQuery{Limit: 3, After: 3, Before: 9}, []uint64{5, 7}, false},
		{"between, upwards", projections.MessageQuery{Limit: 1, After: 3, Before: 9}, []uint64{5}, true},
		{"from a time", projections.MessageQuery{Limit: 2, StartTime: from(6)}, []uint64{13, 15}, true},
		{"from a time, to the end", projections.MessageQuery{StartTime: from(8)}, []uint64{17, 19}, false},
		{"from a time, next page", projections.MessageQuery{Limit: 2, StartTime: from(6), After: 15}, []uint64{17, 19}, false},
		{"from a time, bounded", projections.MessageQuery{StartTime: from(6), Before: 17}, []uint64{13, 15}, false},
		{"from a time to come", projections.MessageQuery{StartTime: from(100)}, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			page, err := store.Messages(t.Context(), "lobby", test.query)
			if err != nil {
				t.Fatalf("Messages: %v", err)
			}
			var got []uint64
			for _, m := range page.Messages {
				got = append(got, m.Seq)
			}
			if !cmp.Equal(got, test.want) || page.HasMore != test.more {
				t.Errorf("Messages = %v, has more %t, want %v, %t", got, page.HasMore, test.want, test.more)
			}
			if want := (domain.Position{Epoch: log.epoch, Seq: 20}); page.Position != want {
				t.Errorf("Position = %v, want %v", page.Position, want)
			}
		})
	}
}

func TestMessagesComeBackAsTheyWere(t *testing.T) {
	log := newMemoryLog()
	want := []*domain.MessagePosted{
		{Header: at(john, 1), ID: "m1", Text: "ein \"Satz\"\n\t{}, \\ and 🦊"},
		{Header: at(arya, 0), ID: "m2", Text: "NULL"}, // without an avatar, earlier by her clock
	}
	for _, event := range want {
		log.post("straße", event)
	}
	store, _ := filled(t, log)
	page, err := store.Messages(t.Context(), "straße", projections.MessageQuery{})
	if err != nil {
		t.Fatalf("Messages: %v", err)
	}
	for i, m := range page.Messages {
		if diff := cmp.Diff(*want[i], m.MessagePosted); diff != "" {
			t.Errorf("message %d (-want +got):\n%s", m.Seq, diff)
		}
	}
	if len(page.Messages) != len(want) {
		t.Errorf("Messages = %d, want %d", len(page.Messages), len(want))
	}
}

func TestMessagesLimit(t *testing.T) {
	log := newMemoryLog()
	for i := range projections.MaxPage + 5 {
		log.post("lobby", says(john, i, fmt.Sprint("m", i)))
	}
	store, _ := filled(t, log)
	for limit, want := range map[int]int{
		-1: projections.DefaultPage, 0: projections.DefaultPage, 1: 1,
		projections.MaxPage: projections.MaxPage, projections.MaxPage + 1: projections.MaxPage,
	} {
		page, err := store.Messages(t.Context(), "lobby", projections.MessageQuery{Limit: limit})
		if err != nil || len(page.Messages) != want || !page.HasMore {
			t.Errorf("Messages of limit %d = %d, has more %t, %v, want %d, true", limit, len(page.Messages), page.HasMore, err, want)
		}
	}
}

func TestEmptyChannel(t *testing.T) {
	store, _ := filled(t, newMemoryLog())
	page, err := store.Messages(t.Context(), "nobody", projections.MessageQuery{})
	if err != nil || len(page.Messages) != 0 || page.HasMore || page.Position.String() != "aaaabbbbcccc:0" {
		t.Errorf("Messages = %+v, %v, want an empty page at aaaabbbbcccc:0", page, err)
	}
	roster, err := store.People(t.Context(), "nobody")
	if err != nil || len(roster.Users) != 0 || roster.Position.String() != "aaaabbbbcccc:0" {
		t.Errorf("People = %+v, %v, want nobody at aaaabbbbcccc:0", roster, err)
	}
	position, stays, err := store.OpenStays(t.Context())
	if err != nil || len(stays) != 0 || position.String() != "aaaabbbbcccc:0" {
		t.Errorf("OpenStays = %v, %v, %v, want none at aaaabbbbcccc:0", position, stays, err)
	}
}

func TestStartTimeWithClocksThatDiffer(t *testing.T) {
	log := newMemoryLog()
	for i, second := range []int{0, 10, 9, 12, 11, 20} {
		log.post("lobby", says(john, second, fmt.Sprint("m", i)))
	}
	store, _ := filled(t, log)
	start := at(john, 10).SentAt
	page, err := store.Messages(t.Context(), "lobby", projections.MessageQuery{StartTime: &start})
	if err != nil {
		t.Fatalf("Messages: %v", err)
	}
	var got []uint64
	for _, m := range page.Messages {
		got = append(got, m.Seq)
	}
	if want := []uint64{2, 4, 5, 6}; !cmp.Equal(got, want) {
		t.Errorf("Messages = %v, want %v: all of that time on, in the log's order", got, want)
	}
}

func TestQueriesBeforeThereIsAModel(t *testing.T) {
	for name, url := range map[string]string{
		"no server":   "host=/nonexistent user=nobody",
		"no model":    newDatabase(t),
		"no database": strings.Replace(newDatabase(t), "chitchat_test_", "absent_", 1),
	} {
		t.Run(name, func(t *testing.T) {
			store := openStore(t, url)
			_, messages := store.Messages(t.Context(), "lobby", projections.MessageQuery{})
			_, people := store.People(t.Context(), "lobby")
			_, _, stays := store.OpenStays(t.Context())
			_, _, found := store.FindMessage(t.Context(), "u", "m")
			_, fresh := store.Freshness(t.Context())
			_, quarantine := store.Quarantine(t.Context(), 0, 1)
			wait := store.WaitApplied(t.Context(), 1)
			for call, err := range map[string]error{
				"Messages": messages, "People": people, "OpenStays": stays, "FindMessage": found,
				"Freshness": fresh, "Quarantine": quarantine, "WaitApplied": wait,
			} {
				if !isUnavailable(err) {
					t.Errorf("%s = %v, want ErrUnavailable", call, err)
				}
			}
		})
	}
}

func TestQueryEndsWithItsContext(t *testing.T) {
	store, _ := filled(t, newMemoryLog())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := store.Messages(ctx, "lobby", projections.MessageQuery{})
	if !errors.Is(err, context.Canceled) || isUnavailable(err) {
		t.Errorf("Messages = %v, want the context's error and not ErrUnavailable", err)
	}
}

func TestOpenRefusesWhatIsNoURL(t *testing.T) {
	if _, err := projections.Open(t.Context(), projections.Config{URL: "postgres://%zz"}); err == nil {
		t.Error("Open of no URL = nil, want an error")
	}
}
