package domain_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/faustman/chitchat/domain"
)

func TestDecodeOfEncodeIsTheEvent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		event := anyEvent().Draw(t, "event")
		stored := domain.Encode(event)
		got, err := domain.Decode(stored)
		if err != nil {
			t.Fatalf("Decode(%q) = %v, want an event", stored, err)
		}
		if diff := cmp.Diff(event, got); diff != "" {
			t.Errorf("Decode(Encode) (-want +got):\n%s", diff)
		}
		if again := domain.Encode(got); !bytes.Equal(again, stored) {
			t.Errorf("Encode(Decode(Encode)) = %q, want %q", again, stored)
		}
	})
}

// A frame has the members of the stored form, and seq and prev.
func TestFrameIsTheStoredFormWithItsPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		event := anyEvent().Draw(t, "event")
		seq := rapid.Uint64Range(1, 1<<63-1).Draw(t, "seq")
		prev := rapid.Uint64Range(0, seq-1).Draw(t, "prev")
		head := rapid.SampledFrom([]string{"", "before"}).Draw(t, "head")
		frame := domain.AppendFrame([]byte(head), event, seq, prev)
		if !bytes.HasPrefix(frame, []byte(head)) {
			t.Fatalf("AppendFrame = %q, want the prefix %q kept", frame, head)
		}
		got, want := members(t, frame[len(head):]), members(t, domain.Encode(event))
		want["seq"], want["prev"] = marshal(t, seq), marshal(t, prev)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("AppendFrame (-want +got):\n%s", diff)
		}
	})
}

func TestEncodeWritesUTC(t *testing.T) {
	zone := time.FixedZone("east", 3*60*60)
	event := &domain.SessionJoined{Header: domain.Header{From: john, SentAt: sentAt.In(zone)}, Session: "s"}
	if got, want := string(domain.Encode(event)), `"sent_at":"2026-01-01T12:00:00.123456789Z"`; !strings.Contains(got, want) {
		t.Errorf("Encode = %s, want it with %s", got, want)
	}
}

func TestLongestEventsFit(t *testing.T) {
	wide := domain.User{
		ID: strings.Repeat(`"`, domain.MaxUserIDBytes), Name: strings.Repeat("👋", domain.MaxNameRunes), Avatar: strings.Repeat(`\`, domain.MaxURLBytes),
	}
	for _, char := range []string{"\x01", "\x7f", `"`, "👋", "\u200b"} {
		event := &domain.MessagePosted{
			Header: domain.Header{From: wide, SentAt: sentAt}, ID: strings.Repeat(`"`, domain.MaxIDBytes), Text: strings.Repeat(char, domain.MaxTextRunes),
		}
		stored := domain.Encode(event)
		if got, err := domain.Decode(stored); err != nil || !cmp.Equal(got, domain.Event(event)) {
			t.Errorf("4000 times %q: %d bytes, Decode = %v, want the event", char, len(stored), err)
		}
	}
}

func TestAppendString(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", `""`},
		{"plain", "Hello!", `"Hello!"`},
		{"quote and backslash", `"\`, `"\"\\"`},
		{"line break and tab", "\n\t\r", `"\n\t\u000d"`},
		{"control characters", "\x00\x01\x1f\x7f", `"\u0000\u0001\u001f\u007f"`},
		{"markup is left alone", "<b>&", `"<b>&"`},
		{"line separators are left alone", "\u2028\u2029", "\"\u2028\u2029\""},
		{"beyond the basic plane", "👋", `"👋"`},
		{"invalid UTF-8", "a\xffb\xc3", "\"a\ufffdb\ufffd\""},
		{"surrogate half in UTF-8", "\xed\xa0\x80", "\"\ufffd\ufffd\ufffd\""},
		{"U+FFFD itself", "\ufffd", "\"\ufffd\""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := string(domain.AppendString(nil, test.in)); got != test.want {
				t.Errorf("AppendString(%q) = %s, want %s", test.in, got, test.want)
			}
		})
	}
}

// Whatever the string, encoding/json reads the same from our spelling as from its own.
func TestAppendStringAgreesWithEncodingJSON(t *testing.T) {
	byBytes := rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.OneOf(rapid.String(), byBytes, anyText()).Draw(t, "string")
		out := domain.AppendString([]byte("["), in)
		if out[0] != '[' || !utf8.Valid(out) {
			t.Fatalf("AppendString(%q) = %q, want UTF-8 behind what was there", in, out)
		}
		var got, want string
		if err := json.Unmarshal(out[1:], &got); err != nil {
			t.Fatalf("AppendString(%q) = %s, which is no JSON: %v", in, out[1:], err)
		}
		if err := json.Unmarshal(marshal(t, in), &want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("AppendString(%q) reads as %q, want %q", in, got, want)
		}
	})
}

func TestAppendFrameDoesNotAllocate(t *testing.T) {
	buffer := make([]byte, 0, 4096)
	for _, test := range goldens() {
		got := testing.AllocsPerRun(100, func() { buffer = domain.AppendFrame(buffer[:0], test.event, test.seq, test.prev) })
		if got != 0 {
			t.Errorf("%s: AppendFrame allocates %v times, want 0", test.name, got)
		}
	}
}

// failer is what *testing.T and *rapid.T share.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func members(t failer, object []byte) map[string]json.RawMessage {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal(object, &all); err != nil {
		t.Fatalf("%q is no JSON object: %v", object, err)
	}
	return all
}

func marshal(t failer, value any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatalf("marshal %v: %v", value, err)
	}
	return raw
}
