package domain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/domain"
)

// wantCode checks that err is a refusal with the code, or nil when the code is empty.
func wantCode(t *testing.T, call string, err error, want domain.Code) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%.80s = %v, want nil", call, err)
		}
		return
	}
	var refusal *domain.Error
	if !errors.As(err, &refusal) || refusal.Code != want || refusal.Message == "" {
		t.Errorf("%.80s = %v, want %s with a message", call, err, want)
	}
}

func TestCheckText(t *testing.T) {
	const refused = domain.CodeInvalidText
	tests := []struct {
		name, text string
		want       domain.Code
	}{
		{"empty", "", refused},
		{"1 character", "x", ""},
		{"1 character of four bytes", "👋", ""},
		{"4000 characters", strings.Repeat("x", 4000), ""},
		{"4001 characters", strings.Repeat("x", 4001), refused},
		{"4000 characters of four bytes", strings.Repeat("👋", 4000), ""},
		{"4001 characters of four bytes", strings.Repeat("👋", 4001), refused},
		{"megabyte", strings.Repeat("x", 1<<20), refused},
		{"spaces", "   ", refused},
		{"white space of all kinds", "\t\n\v\f\r \u0085\u00a0\u2003\u2028\u3000", refused},
		{"space around", " x ", ""},
		{"zero width space is not white space", "\u200b", ""},
		{"line breaks within", "a\r\n\r\nb", ""},
		{"U+0000", "a\x00b", refused},
		{"U+0000 alone", "\x00", refused},
		{"other control characters", "\x01\x1b[31m\x7f", ""},
		{"invalid UTF-8", "a\xff", refused},
		{"cut off UTF-8", "caf\xc3", refused},
		{"surrogate half", "\xed\xa0\x80", refused},
		{"overlong U+0000", "a\xc0\x80", refused},
		{"U+FFFD", "\ufffd", ""},
		{"not a character", "\uffff", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { wantCode(t, "CheckText", domain.CheckText(test.text), test.want) })
	}
}

func TestCheckID(t *testing.T) {
	const refused = domain.CodeInvalidID
	tests := []struct {
		name, id string
		want     domain.Code
	}{
		{"empty", "", refused},
		{"1 byte", "1", ""},
		{"UUID", "0190a6f2-7b1c-7c3e-9d5a-1f2e3d4c5b6a", ""},
		{"first and last visible", "!~", ""},
		{"64 bytes", strings.Repeat("x", 64), ""},
		{"65 bytes", strings.Repeat("x", 65), refused},
		{"space", "a b", refused},
		{"tab", "a\tb", refused},
		{"line break", "a\r\nb", refused},
		{"U+0000", "a\x00", refused},
		{"delete", "a\x7f", refused},
		{"not ASCII", "é", refused},
		{"invalid UTF-8", "\xff", refused},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { wantCode(t, "CheckID", domain.CheckID(test.id), test.want) })
	}
}

func TestPostMessage(t *testing.T) {
	tests := []struct {
		name, id, text string
		want           domain.Code
	}{
		{"good", "m-1", "hey", ""},
		{"without id", "", "hey", domain.CodeInvalidID},
		{"without text", "m-1", " ", domain.CodeInvalidText},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			command := domain.PostMessage{From: ada, ID: test.id, Text: test.text}
			event, err := command.Event(sentAt.In(time.FixedZone("west", -3600)))
			wantCode(t, "Event", err, test.want)
			if test.want != "" {
				if event != nil {
					t.Errorf("Event = %v, want none", event)
				}
				return
			}
			want := &domain.MessagePosted{Header: domain.Header{From: ada, SentAt: sentAt}, ID: test.id, Text: test.text}
			if diff := cmp.Diff(want, event); diff != "" || event.SentAt.Location() != time.UTC {
				t.Errorf("Event at %v (-want +got):\n%s", event.SentAt, diff)
			}
		})
	}
}
