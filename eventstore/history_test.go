package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

// wide bounds nothing that a test asks for.
var wide = eventstore.Bounds{Scan: 1 << 20, Events: 1 << 20}

func seqs(records []eventstore.Record) []uint64 {
	all := make([]uint64, 0, len(records))
	for _, record := range records {
		all = append(all, record.Seq)
	}
	return all
}

func TestHistoryBounds(t *testing.T) {
	w := setup(t)
	for i := range 10 { // lobby has 1, 3, 5, 7, 9
		post(t, w.log, []domain.Channel{"lobby", "attic"}[i%2], fmt.Sprintf("m-%d", i))
	}
	tests := []struct {
		name        string
		channel     domain.Channel
		after, upTo uint64
		bounds      eventstore.Bounds
		want        []uint64
		err         error
	}{
		{"all", "lobby", 0, 10, wide, []uint64{1, 3, 5, 7, 9}, nil},
		{"behind after and with upTo", "lobby", 3, 7, wide, []uint64{5, 7}, nil},
		{"between two of the channel", "lobby", 4, 6, wide, []uint64{5}, nil},
		{"one", "lobby", 4, 5, wide, []uint64{5}, nil},
		{"nothing of the channel", "lobby", 3, 4, wide, nil, nil},
		{"channel that is empty", "cellar", 0, 10, wide, nil, nil},
		{"nothing", "lobby", 5, 5, wide, nil, nil},
		{"backwards", "lobby", 7, 5, wide, nil, nil},
		{"nothing, with no room", "lobby", 5, 5, eventstore.Bounds{}, nil, nil},
		{"as many entries as it may scan", "lobby", 2, 6, eventstore.Bounds{Scan: 4, Events: 9}, []uint64{3, 5}, nil},
		{"one entry more", "lobby", 1, 6, eventstore.Bounds{Scan: 4, Events: 9}, nil, eventstore.ErrTooFar},
		{"as many events as it may return", "lobby", 0, 6, eventstore.Bounds{Scan: 99, Events: 3}, []uint64{1, 3, 5}, nil},
		{"one event more", "lobby", 0, 7, eventstore.Bounds{Scan: 99, Events: 3}, nil, eventstore.ErrTooFar},
		{"no events allowed and none there", "cellar", 0, 10, eventstore.Bounds{Scan: 99}, nil, nil},
		{"no events allowed and one there", "lobby", 0, 1, eventstore.Bounds{Scan: 99}, nil, eventstore.ErrTooFar},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := w.log.History(t.Context(), test.channel, test.after, test.upTo, test.bounds)
			if !errors.Is(err, test.err) {
				t.Fatalf("History = %v, want %v", err, test.err)
			}
			if diff := cmp.Diff(test.want, seqs(got), cmp.Transformer("nil", func(s []uint64) []uint64 { return append([]uint64{}, s...) })); diff != "" {
				t.Errorf("History (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHistoryEndsWithItsContext(t *testing.T) {
	w := setup(t)
	post(t, w.log, "lobby", "m-1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.log.History(ctx, "lobby", 0, 2, wide); !errors.Is(err, context.Canceled) { // 2 is beyond the log
		t.Errorf("History = %v, want %v", err, context.Canceled)
	}
}

func TestHistoryAcrossAHole(t *testing.T) {
	w := setupHole(t, 5, 3)
	var hole *eventstore.HoleError
	if got, err := w.log.History(t.Context(), "lobby", 0, 5, wide); !errors.As(err, &hole) || got != nil {
		t.Errorf("History = %v, %v, want a HoleError", seqs(got), err)
	}
	if got, err := w.log.History(t.Context(), "lobby", 3, 5, wide); err != nil || len(got) != 2 {
		t.Errorf("History behind the hole = %v, %v, want 4 and 5", seqs(got), err)
	}
}

// setupMixed is a log with a hundred entries in some channels, some of which are no events.
func setupMixed(t *testing.T) (*world, []eventstore.Record) {
	t.Helper()
	w := setup(t)
	for i := range 100 {
		subject := fmt.Sprintf("chitchat.channel-%d", (i*i+i/7)%4)
		switch i % 9 {
		case 3, 4:
			put(t, w.js, subject, "no event")
		case 7:
			put(t, w.js, "chitchat.Nowhere", string(domain.Encode(message("m"))))
		default:
			put(t, w.js, subject, string(domain.Encode(message(fmt.Sprintf("m-%d", i)))))
		}
	}
	return w, read(t, newReader(t, w.log, 0), 100)
}

func anyChannel() *rapid.Generator[domain.Channel] {
	return rapid.SampledFrom([]domain.Channel{"channel-0", "channel-1", "channel-2", "channel-3", "nobody"})
}

func TestHistoryIsTheNaiveFilter(t *testing.T) {
	w, all := setupMixed(t)
	rapid.Check(t, func(rt *rapid.T) {
		channel := anyChannel().Draw(rt, "channel")
		after := rapid.Uint64Range(0, 100).Draw(rt, "after")
		upTo := rapid.Uint64Range(0, 100).Draw(rt, "up to")
		bounds := eventstore.Bounds{Scan: rapid.Uint64Range(0, 110).Draw(rt, "scan"), Events: rapid.IntRange(0, 30).Draw(rt, "events")}
		var want []eventstore.Record
		for _, record := range all {
			if record.Seq > after && record.Seq <= upTo && record.Channel == channel && record.Err == nil {
				want = append(want, record)
			}
		}
		got, err := w.log.History(t.Context(), channel, after, upTo, bounds)
		if tooFar := upTo > after && (upTo-after > bounds.Scan || len(want) > bounds.Events); tooFar {
			if !errors.Is(err, eventstore.ErrTooFar) || got != nil {
				rt.Fatalf("History = %v, %v, want %v", seqs(got), err, eventstore.ErrTooFar)
			}
			return
		}
		if err != nil {
			rt.Fatalf("History = %v, want %v", err, seqs(want))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("History (-want +got):\n%s", diff)
		}
	})
}

func TestHistoryWhileOthersWrite(t *testing.T) {
	w := setup(t)
	post(t, w.log, "lobby", "m-0")
	stop := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := 1; ; i++ {
			select {
			case <-stop:
				return
			default:
				id := fmt.Sprintf("m-%d", i)
				if _, err := w.log.Append(t.Context(), "lobby", id, message(id)); err != nil {
					t.Errorf("Append = %v, want it stored", err)
				}
			}
		}
	})
	for range 20 {
		end := last(t, w.log)
		got, err := w.log.History(t.Context(), "lobby", 0, end, wide)
		if err != nil || uint64(len(got)) != end {
			t.Errorf("History = %d records, %v, want %d", len(got), err, end)
		}
		wantContiguous(t, got, 0)
	}
	close(stop)
	writing.Wait()
}

func TestLastOfIsTheNaiveSearch(t *testing.T) {
	w, all := setupMixed(t)
	for _, channel := range []domain.Channel{"channel-0", "channel-1", "channel-2", "channel-3", "nobody"} {
		var want uint64
		for upTo := uint64(0); upTo <= 103; upTo++ { // beyond the end, too
			if upTo >= 1 && upTo <= 100 {
				if record := all[upTo-1]; record.Channel == channel && record.Err == nil {
					want = upTo
				}
			}
			if got, err := w.log.LastOf(t.Context(), channel, upTo); err != nil || got != want {
				t.Errorf("LastOf(%s, %d) = %d, %v, want %d", channel, upTo, got, err, want)
			}
		}
	}
}

func TestLastOfBehindEntriesThatAreNoEvents(t *testing.T) {
	tests := []struct {
		name       string
		event      bool
		garbage    int
		least, top uint64 // what is right
	}{
		{"event alone", true, 0, 1, 1},
		{"event and one", true, 1, 1, 1},
		{"event and 64", true, 64, 1, 1},
		{"event and more than it steps over", true, 80, 1, 81}, // any of them: it is no proof of a gap
		{"none but one", false, 1, 0, 0},
		{"none but 63", false, 63, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := setup(t)
			if test.event {
				post(t, w.log, "lobby", "m-1")
			}
			for range test.garbage {
				put(t, w.js, "chitchat.lobby", "no event")
			}
			end := last(t, w.log)
			got, err := w.log.LastOf(t.Context(), "lobby", end)
			if err != nil || got < test.least || got > test.top {
				t.Errorf("LastOf = %d, %v, want %d to %d", got, err, test.least, test.top)
			}
		})
	}
}

func TestLastOfAnEmptyLog(t *testing.T) {
	w := setup(t)
	for _, upTo := range []uint64{0, 1, 1 << 40} {
		if got, err := w.log.LastOf(t.Context(), "lobby", upTo); err != nil || got != 0 {
			t.Errorf("LastOf(%d) = %d, %v, want 0", upTo, got, err)
		}
	}
}

func TestLastOfWithoutAServer(t *testing.T) {
	w := setup(t)
	post(t, w.log, "lobby", "m-1")
	w.nc.Close()
	if got, err := w.log.LastOf(t.Context(), "lobby", 1); err == nil || got != 0 {
		t.Errorf("LastOf = %d, %v, want an error", got, err)
	}
}
