package domain_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"github.com/faustman/chitchat/domain"
)

// What Decode accepts is the same event again after it was encoded, and its frame is one line of JSON.
func FuzzDecode(f *testing.F) {
	for _, test := range goldens() {
		f.Add(domain.Encode(test.event))
		f.Add(domain.AppendFrame(nil, test.event, test.seq, test.prev))
	}
	for _, payload := range readAll(f, "testdata/golden/v*/*.json") {
		f.Add(payload) // of every version, so that each step is tried
	}
	for _, payload := range []string{
		"", "{}", "[]", "null", storedMessage, storedJoin, storedLeave, storedMessage + "x",
		`{"TYPE":"join","V":1,"FROM_USER":{"ID":"a","NAME":"b"},"SENT_AT":"1970-01-01T00:00:00+00:00","SESSION":"s"}`,
		`{"type":"message","v":1,"id":"m","from_user":{"id":"a","name":"b","avatar":"\u2028"},"sent_at":"9998-12-31T23:59:59.999999999Z","text":"\u0000\ud800"}`,
	} {
		f.Add([]byte(payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		event, err := domain.Decode(payload)
		if err != nil {
			if event != nil {
				t.Errorf("Decode = %v, %v, want one of them", event, err)
			}
			return
		}
		again, err := domain.Decode(domain.Encode(event))
		if err != nil {
			t.Fatalf("Decode(Encode) = %v, want an event", err)
		}
		if diff := cmp.Diff(event, again); diff != "" {
			t.Errorf("Decode(Encode) (-want +got):\n%s", diff)
		}
		frame := domain.AppendFrame(nil, event, 2, 1)
		if !json.Valid(frame) || !utf8.Valid(frame) || strings.ContainsAny(string(frame), "\x00\r\n") {
			t.Errorf("AppendFrame = %q, want one line of JSON", frame)
		}
	})
}

// There is one spelling of a position.
func FuzzParsePosition(f *testing.F) {
	for _, s := range []string{"", ":", "0f3a:812", "0f3a:0", "0f3a:01", "0f3a:+1", "0F3A:1", "0f3a:9223372036854775807", "0f3a:9223372036854775808", "a:b:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		position, err := domain.ParsePosition(s)
		if err != nil {
			if position != (domain.Position{}) {
				t.Errorf("ParsePosition(%q) = %v, %v, want one of them", s, position, err)
			}
			return
		}
		if position.String() != s {
			t.Errorf("ParsePosition(%q) is %q again, want it as it was", s, position)
		}
		if position.Seq > 1<<63-1 {
			t.Errorf("ParsePosition(%q) = %d, want a sequence that SQL's bigint has", s, position.Seq)
		}
	})
}

// What ParseChannel accepts is one token of a NATS subject, and the same channel again however it is composed.
func FuzzParseChannel(f *testing.F) {
	for _, name := range []string{
		"", "lobby", "LOBBY", "a.b", "*", ">", "a b", "É", "E\u0301", "\u0130", "\u1e9e", "H\u0331", "ΑΓΟΡΆ", "\u1f82", "각", "\u212a", "🎉", "x\u0301\u0323",
		strings.Repeat("a", 64), strings.Repeat("a", 65), "\xff", "\x00", "\u1dbf", "Ǆ", "ǅ", "\u0345", "1\ufe0f\u20e3",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		channel, err := domain.ParseChannel(name)
		if err != nil {
			if channel != "" {
				t.Errorf("ParseChannel(%q) = %q, %v, want one of them", name, channel, err)
			}
			return
		}
		if n := utf8.RuneCountInString(string(channel)); n < 1 || n > domain.MaxChannelRunes {
			t.Errorf("ParseChannel(%q) has %d characters, want 1 to %d", name, n, domain.MaxChannelRunes)
		}
		if strings.ContainsAny(string(channel), ".*>\x00") || strings.ContainsFunc(string(channel), unicode.IsSpace) || !utf8.ValidString(string(channel)) {
			t.Errorf("ParseChannel(%q) = %q, want one token of a NATS subject", name, channel)
		}
		for _, spelling := range []string{string(channel), norm.NFD.String(string(channel)), norm.NFC.String(name), norm.NFD.String(name)} {
			if again, err := domain.ParseChannel(spelling); err != nil || again != channel {
				t.Errorf("ParseChannel(%q) = %q, but ParseChannel(%q) = %q, %v, want the same", name, channel, spelling, again, err)
			}
		}
	})
}
