package domain_test

import (
	"strings"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/faustman/chitchat/domain"
)

// The generators of arbitrary valid values for the properties.

func anyEvent() *rapid.Generator[domain.Event] {
	return rapid.Custom(func(t *rapid.T) domain.Event {
		header := domain.Header{From: anyUser().Draw(t, "from"), SentAt: anyTime().Draw(t, "sent at")}
		term := rapid.OneOf(rapid.Just(""), anyToken()).Draw(t, "term")
		switch rapid.IntRange(0, 2).Draw(t, "type") {
		case 0:
			return &domain.MessagePosted{Header: header, ID: anyToken().Draw(t, "id"), Text: anyText().Draw(t, "text")}
		case 1:
			return &domain.SessionJoined{Header: header, Session: anyToken().Draw(t, "session"), Term: term}
		default:
			reason := rapid.SampledFrom([]domain.Reason{domain.ReasonClosed, domain.ReasonLost}).Draw(t, "reason")
			return &domain.SessionLeft{Header: header, Session: anyToken().Draw(t, "session"), Term: term, Reason: reason}
		}
	})
}

func anyUser() *rapid.Generator[domain.User] {
	printable := rapid.Rune().Filter(func(r rune) bool { return !unicode.IsControl(r) })
	return rapid.Custom(func(t *rapid.T) domain.User {
		return domain.User{
			ID:     rapid.StringOfN(printable, 1, -1, domain.MaxUserIDBytes).Draw(t, "user id"),
			Name:   rapid.StringOfN(printable, 1, domain.MaxNameRunes, -1).Filter(notBlank).Draw(t, "name"),
			Avatar: rapid.StringOfN(printable, 0, -1, domain.MaxURLBytes).Draw(t, "avatar"),
		}
	})
}

func anyText() *rapid.Generator[string] {
	notNul := rapid.Rune().Filter(func(r rune) bool { return r != 0 })
	awkward := rapid.RuneFrom([]rune{'"', '\\', '\n', '\r', '\t', '\x01', '\x1f', '\x7f', '\u2028', '\ufffd', '<', 'é', '👋'})
	return rapid.StringOfN(rapid.OneOf(notNul, awkward), 1, domain.MaxTextRunes, -1).Filter(notBlank)
}

func anyToken() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom(nil, &unicode.RangeTable{R16: []unicode.Range16{{Lo: '!', Hi: '~', Stride: 1}}}),
		1, domain.MaxIDBytes, -1)
}

func anyTime() *rapid.Generator[time.Time] {
	last := time.Date(9998, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, last).Draw(t, "seconds"), rapid.Int64Range(0, 1e9-1).Draw(t, "nanoseconds")).UTC()
	})
}

func notBlank(s string) bool { return strings.TrimSpace(s) != "" }
