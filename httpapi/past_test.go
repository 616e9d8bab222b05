package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/projections"
)

// withPast makes the reader answer with a past and note what it is asked.
func (a *api) withPast() (moment *projections.Moment, query *projections.MessageQuery) {
	moment, query = new(projections.Moment), new(projections.MessageQuery)
	position := domain.Position{Epoch: "k3v9x1q7m2b8", Seq: 125}
	users := []projections.Present{
		{User: domain.User{ID: "2", Name: "Bob"}, Sessions: []string{"s4"}},
		{User: ada(a.t), Sessions: []string{"s2", "s1"}},
	}
	a.reader.messages, a.reader.people = nil, nil // are not to be called
	a.reader.messagesAt = func(_ context.Context, channel domain.Channel, at projections.Moment, q projections.MessageQuery) (projections.Past, error) {
		if *moment, *query = at, q; channel != "lobby" {
			a.t.Errorf("channel = %q, want that of the token", channel)
		}
		page := projections.MessagePage{Messages: []projections.Message{message(a.t, 117, "Hello!")}, Position: position, HasMore: true}
		return projections.Past{At: 120, MessagePage: page, Users: users}, nil
	}
	a.reader.peopleAt = func(_ context.Context, channel domain.Channel, at projections.Moment) (projections.PastRoster, error) {
		if *moment = at; channel != "lobby" {
			a.t.Errorf("channel = %q, want that of the token", channel)
		}
		return projections.PastRoster{At: 120, Roster: projections.Roster{Users: users, Position: position}}, nil
	}
	return moment, query
}

func TestPast(t *testing.T) {
	a := setup(t)
	a.withPast()
	a.get("/messages?at=120").wantGolden(http.StatusOK, "messages-at")
	a.get("/users?at=120").wantGolden(http.StatusOK, "users-at")
}

func TestEmptyPast(t *testing.T) {
	a := setup(t)
	position := domain.Position{Epoch: "k3v9x1q7m2b8", Seq: 125}
	a.reader.messagesAt = func(context.Context, domain.Channel, projections.Moment, projections.MessageQuery) (projections.Past, error) {
		return projections.Past{MessagePage: projections.MessagePage{Position: position}}, nil
	}
	a.reader.peopleAt = func(context.Context, domain.Channel, projections.Moment) (projections.PastRoster, error) {
		return projections.PastRoster{Roster: projections.Roster{Position: position}}, nil
	}
	a.get("/messages?at=0").wantGolden(http.StatusOK, "messages-at-empty")
	a.get("/users?at=0").wantGolden(http.StatusOK, "users-at-empty")
}

func TestMoment(t *testing.T) {
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]projections.Moment{
		"812":                         {Seq: 812},
		"0":                           {},
		"2026-01-31T12:00:00Z":        {Time: noon},
		"2026-01-31T13:00:00.5+01:00": {Time: noon.Add(time.Second / 2)},
		"2026-01-31 12:00":            {Time: noon},
	} {
		for _, path := range []string{"/messages", "/users"} {
			a := setup(t)
			got, _ := a.withPast()
			if answer := a.get(path + "?at=" + url.QueryEscape(text)); answer.status != http.StatusOK || got.Seq != want.Seq || !got.Time.Equal(want.Time) {
				t.Errorf("%s at %q = %d, asked for %+v, want %+v", path, text, answer.status, got, want)
			}
		}
	}
}

func TestPastIsPagedAsThePresent(t *testing.T) {
	a := setup(t)
	_, got := a.withPast()
	for query, want := range map[string]projections.MessageQuery{
		"":                   {Limit: 50},
		"&limit=3&before=80": {Limit: 3, Before: 80},
		"&after=12":          {Limit: 50, After: 12},
		"&after=0":           {Limit: 50, StartTime: new(time.Unix(0, 0).UTC())},
	} {
		a.get("/messages?at=120" + query)
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("%s: query (-want +got):\n%s", query, diff)
		}
	}
}

func TestMomentThatCannotBe(t *testing.T) {
	a := setup(t)
	a.withPast()
	a.get("/messages?at=yesterday").wantGolden(http.StatusBadRequest, "error-at")
	for _, target := range []string{
		"/messages?at=", "/messages?at=-1", "/messages?at=1.5", "/messages?at=9223372036854775808", "/messages?at=12:00",
		"/messages?at=2026-01-31T12:00:00+01:00", // a + is a space
		"/messages?at=120&start_time=1", "/messages?at=120&limit=0", "/messages?at=120&before=x",
		"/users?at=", "/users?at=x", "/users?at=1&min_seq=x",
	} {
		a.get(target).wantError(http.StatusBadRequest, domain.CodeInvalidRequest)
	}
}

func TestMomentThatHasNotCome(t *testing.T) {
	for _, test := range []struct {
		name   string
		logSeq uint64
		status int
		golden string
	}{
		{"not applied yet", 813, http.StatusServiceUnavailable, "error-at-not-applied"},
		{"beyond the log", 812, http.StatusBadRequest, "error-at-beyond"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := setup(t)
			beyond := fmt.Errorf("read the past: %w", &projections.BeyondError{Seq: 813, Applied: 811, LogSeq: test.logSeq})
			a.reader.messagesAt = func(context.Context, domain.Channel, projections.Moment, projections.MessageQuery) (projections.Past, error) {
				return projections.Past{}, beyond
			}
			a.reader.peopleAt = func(context.Context, domain.Channel, projections.Moment) (projections.PastRoster, error) {
				return projections.PastRoster{}, beyond
			}
			for _, path := range []string{"/messages", "/users"} {
				a.get(path+"?at=813").wantGolden(test.status, test.golden)
			}
		})
	}
}
