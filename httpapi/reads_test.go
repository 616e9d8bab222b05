package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/projections"
)

// message returns Ada's message.
func message(t *testing.T, seq uint64, text string) projections.Message {
	t.Helper()
	return projections.Message{Seq: seq, MessagePosted: domain.MessagePosted{
		Header: domain.Header{From: ada(t), SentAt: start.Add(time.Duration(seq) * time.Nanosecond).In(time.FixedZone("", 3600))},
		ID:     fmt.Sprintf("m%d", seq),
		Text:   text,
	}}
}

func TestListMessages(t *testing.T) {
	a := setup(t)
	a.reader.messages = func(_ context.Context, channel domain.Channel, _ projections.MessageQuery) (projections.MessagePage, error) {
		if channel != "lobby" {
			t.Errorf("channel = %q, want that of the token", channel)
		}
		return projections.MessagePage{
			Messages: []projections.Message{message(t, 117, "Hello!"), message(t, 120, "<b>\"& \u2028 \U0001F600\n")},
			Position: domain.Position{Epoch: "k3v9x1q7m2b8", Seq: 125},
			HasMore:  true,
		}, nil
	}
	a.get("/messages").wantGolden(http.StatusOK, "messages")
}

func TestEmptyListsAreLists(t *testing.T) {
	a := setup(t)
	a.get("/messages").wantGolden(http.StatusOK, "messages-empty")
	a.get("/users").wantGolden(http.StatusOK, "users-empty")
}

func TestMessageQuery(t *testing.T) {
	at := func(seconds, nanos int64) *time.Time {
		result := time.Unix(seconds, nanos).UTC()
		return &result
	}
	tests := []struct {
		query string
		want  projections.MessageQuery
	}{
		{"", projections.MessageQuery{Limit: 50}},
		{"limit=1", projections.MessageQuery{Limit: 1}},
		{"limit=200", projections.MessageQuery{Limit: 200}},
		{"before=812", projections.MessageQuery{Limit: 50, Before: 812}},
		{"after=812", projections.MessageQuery{Limit: 50, After: 812}},
		{"before=9223372036854775807", projections.MessageQuery{Limit: 50, Before: 1<<63 - 1}},
		{"after=10&before=20&limit=5", projections.MessageQuery{Limit: 5, After: 10, Before: 20}},
		{"before=0", projections.MessageQuery{Limit: 50, Before: 1}},
		{"after=0", projections.MessageQuery{Limit: 50, StartTime: at(0, 0)}},
		{"after=0&start_time=5", projections.MessageQuery{Limit: 50, StartTime: at(5, 0)}},
		{"start_time=0", projections.MessageQuery{Limit: 50, StartTime: at(0, 0)}},
		{"start_time=1767268800", projections.MessageQuery{Limit: 50, StartTime: at(1767268800, 0)}},
		{"start_time=1767268800.123456789", projections.MessageQuery{Limit: 50, StartTime: at(1767268800, 123456789)}},
		{"unknown=%00&x", projections.MessageQuery{Limit: 50}},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			a := setup(t)
			var got projections.MessageQuery
			a.reader.messages = func(_ context.Context, _ domain.Channel, q projections.MessageQuery) (projections.MessagePage, error) {
				got = q
				return projections.MessagePage{Position: domain.Position{Epoch: "e", Seq: 1}}, nil
			}
			if answer := a.get("/messages?" + tt.query); answer.status != http.StatusOK {
				t.Errorf("answer = %d %s", answer.status, answer.body)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParametersThatCannotBeRead(t *testing.T) {
	for _, target := range []string{
		"/messages?limit=", "/messages?limit=0", "/messages?limit=201", "/messages?limit=-1", "/messages?limit=1.5", "/messages?limit=x",
		"/messages?before=", "/messages?before=-1", "/messages?before=x", "/messages?before=9223372036854775808",
		"/messages?after=k3v9x1q7m2b8:812", "/messages?after=1e3", "/messages?after=%2B1",
		"/messages?start_time=", "/messages?start_time=-1", "/messages?start_time=1e9", "/messages?start_time=NaN",
		"/messages?start_time=2026-01-01", "/messages?start_time=1h5", "/messages?start_time=9999999999", "/messages?start_time=1.0123456789",
		"/messages?min_seq=x", "/users?min_seq=x", "/users?min_seq=-1",
	} {
		t.Run(target, func(t *testing.T) {
			a := setup(t)
			a.reader.messages = nil // is not to be called
			a.get(target).wantError(http.StatusBadRequest, domain.CodeInvalidRequest)
		})
	}
}

func TestListUsers(t *testing.T) {
	a := setup(t)
	a.reader.people = func(_ context.Context, channel domain.Channel) (projections.Roster, error) {
		if channel != "lobby" {
			t.Errorf("channel = %q, want that of the token", channel)
		}
		return projections.Roster{
			Users: []projections.Present{
				{User: domain.User{ID: "2", Name: "Bob"}, Sessions: []string{"s4"}, Terms: []string{"t1"}},
				{User: domain.User{ID: "1", Name: "Bob"}, Sessions: []string{"s3"}, Terms: []string{"t1"}},
				{User: ada(t), Sessions: []string{"s2", "s1"}, Terms: []string{"t1", "t2"}},
			},
			Position: domain.Position{Epoch: "k3v9x1q7m2b8", Seq: 125},
		}, nil
	}
	a.get("/users").wantGolden(http.StatusOK, "users")
}

func TestMinSeq(t *testing.T) {
	for _, path := range []string{"/messages", "/users"} {
		t.Run(path, func(t *testing.T) {
			a := setup(t)
			var waited []uint64
			a.reader.applied = func(_ context.Context, seq uint64) error {
				waited = append(waited, seq)
				return nil
			}
			for _, query := range []string{"", "?min_seq=0", "?min_seq=812"} {
				if got := a.get(path + query); got.status != http.StatusOK {
					t.Errorf("%s: %d %s", query, got.status, got.body)
				}
			}
			if diff := cmp.Diff([]uint64{812}, waited); diff != "" {
				t.Errorf("waited for (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMinSeqThatIsNotApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := setup(t)
		a.reader.applied = func(ctx context.Context, _ uint64) error {
			<-ctx.Done()
			return fmt.Errorf("wait: %w", ctx.Err())
		}
		began := time.Now()
		got := a.get("/messages?min_seq=813")
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("waited for %v, want 2s", took)
		}
		got.wantGolden(http.StatusServiceUnavailable, "error-not-applied")
		got.wantHeader("Retry-After", "2")
	})
}

func TestHandlerDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := setup(t)
		a.reader.messages = func(ctx context.Context, _ domain.Channel, _ projections.MessageQuery) (projections.MessagePage, error) {
			<-ctx.Done()
			return projections.MessagePage{}, fmt.Errorf("read: %w", context.Cause(ctx))
		}
		began := time.Now()
		a.get("/messages").wantError(http.StatusServiceUnavailable, domain.CodeUnavailable)
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("took %v, want 10s", took)
		}
	})
}

func TestHistoryThatIsNotAvailable(t *testing.T) {
	a := setup(t)
	broken := fmt.Errorf("read messages: %w: %w", projections.ErrUnavailable, errors.New("dial unix: no such file"))
	a.reader.messages = func(context.Context, domain.Channel, projections.MessageQuery) (projections.MessagePage, error) {
		return projections.MessagePage{}, broken
	}
	a.reader.people = func(context.Context, domain.Channel) (projections.Roster, error) {
		return projections.Roster{}, broken
	}
	for _, path := range []string{"/messages", "/users"} {
		got := a.get(path)
		got.wantGolden(http.StatusServiceUnavailable, "error-unavailable")
		got.wantHeader("Retry-After", "2")
	}
}
