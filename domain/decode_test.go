package domain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/domain"
)

const (
	storedMessage = `{"type":"message","v":1,"id":"m-1","from_user":{"id":"u-1","name":"Ada"},"sent_at":"2026-01-01T12:00:00Z","text":"hey"}`
	storedJoin    = `{"type":"join","v":1,"from_user":{"id":"u-1","name":"Ada"},"sent_at":"2026-01-01T12:00:00Z","session":"s-1","term":"t-1"}`
	storedLeave   = `{"type":"leave","v":1,"from_user":{"id":"u-1","name":"Ada"},"sent_at":"2026-01-01T12:00:00Z","session":"s-1","term":"t-1","reason":"closed"}`
)

var ada = domain.User{ID: "u-1", Name: "Ada"}

// swap returns s with old replaced by replacement, and fails when there is nothing to replace.
func swap(t *testing.T, s, old, replacement string) string {
	t.Helper()
	if !strings.Contains(s, old) {
		t.Fatalf("%s has no %s", s, old)
	}
	return strings.Replace(s, old, replacement, 1)
}

func TestDecodeAccepts(t *testing.T) {
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	message := func(change func(*domain.MessagePosted)) domain.Event {
		event := &domain.MessagePosted{Header: domain.Header{From: ada, SentAt: at}, ID: "m-1", Text: "hey"}
		change(event)
		return event
	}
	same := message(func(*domain.MessagePosted) {})
	tests := []struct {
		name, old, new string
		want           domain.Event
	}{
		{"as it is", "", "", same},
		{"unknown members", `"text"`, `"extra":{"a":[1,2]},"text"`, same},
		{"unknown members of the user", `"name"`, `"role":"admin","name"`, same},
		{"members of another type", `"text"`, `"session":" ","reason":"x","text"`, same},
		{"seq and prev, as in a frame", `"v":1`, `"seq":9,"prev":8,"v":1`, same},
		{"odd spacing", `"v":1`, " \n\t\"v\" : 1 ", same},
		// encoding/json matches keys in any case, and the last one counts; what people see is encoded anew.
		{"key in another case", `"text":"hey"`, `"TEXT":"hey"`, same},
		{"key again in another case", `"text":"hey"`, `"text":"hey","Text":"ho"`, message(func(e *domain.MessagePosted) { e.Text = "ho" })},
		{"key twice", `"text":"hey"`, `"text":"ho","text":"hey"`, same},
		{"escapes", `"hey"`, `"\u0068e\u0079"`, same},
		{"half of a surrogate pair", `"hey"`, `"\ud800"`, message(func(e *domain.MessagePosted) { e.Text = "\ufffd" })},
		{"another zone", `12:00:00Z`, `13:30:00+01:30`, same},
		{"first year", "2026-01-01T12", "1970-01-01T00", message(func(e *domain.MessagePosted) { e.SentAt = time.Unix(0, 0).UTC() })},
		{"last year", "2026-01-01T12:00:00Z", "9999-01-01T00:59:59+01:00", message(func(e *domain.MessagePosted) {
			e.SentAt = time.Date(9998, 12, 31, 23, 59, 59, 0, time.UTC)
		})},
		{"digits beyond a nanosecond", "12:00:00Z", "12:00:00.0000000019Z", message(func(e *domain.MessagePosted) { e.SentAt = at.Add(1) })},
		{"longest id", `"m-1"`, `"` + strings.Repeat("x", 64) + `"`, message(func(e *domain.MessagePosted) { e.ID = strings.Repeat("x", 64) })},
		{"longest text", `"hey"`, `"` + strings.Repeat("é", 4000) + `"`, message(func(e *domain.MessagePosted) { e.Text = strings.Repeat("é", 4000) })},
		{"largest entry", `"hey"`, `"hey"` + strings.Repeat(" ", domain.MaxEventBytes-len(storedMessage)), same},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := domain.Decode([]byte(swap(t, storedMessage, test.old, test.new)))
			if err != nil {
				t.Fatalf("Decode = %v, want an event", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Decode (-want +got):\n%s", diff)
			}
			if got.At().Location() != time.UTC {
				t.Errorf("At = %v, want it in UTC", got.At())
			}
		})
	}
}

func TestDecodeAcceptsSessions(t *testing.T) {
	header := domain.Header{From: ada, SentAt: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	long := strings.Repeat("~", domain.MaxIDBytes)
	tests := []struct {
		name, base, old, new string
		want                 domain.Event
	}{
		{"join", storedJoin, "", "", &domain.SessionJoined{Header: header, Session: "s-1", Term: "t-1"}},
		{"join without term", storedJoin, `,"term":"t-1"`, "", &domain.SessionJoined{Header: header, Session: "s-1"}},
		{"longest session", storedJoin, "s-1", long, &domain.SessionJoined{Header: header, Session: long, Term: "t-1"}},
		{"longest term", storedJoin, "t-1", long, &domain.SessionJoined{Header: header, Session: "s-1", Term: long}},
		{"leave", storedLeave, "", "", &domain.SessionLeft{Header: header, Session: "s-1", Term: "t-1", Reason: domain.ReasonClosed}},
		{"leave, lost", storedLeave, "closed", "lost", &domain.SessionLeft{Header: header, Session: "s-1", Term: "t-1", Reason: domain.ReasonLost}},
		{"leave without term", storedLeave, `"term":"t-1",`, "", &domain.SessionLeft{Header: header, Session: "s-1", Reason: domain.ReasonClosed}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := domain.Decode([]byte(swap(t, test.base, test.old, test.new)))
			if err != nil {
				t.Fatalf("Decode = %v, want an event", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Decode (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct{ name, base, old, new, want string }{
		{"text with U+0000", storedMessage, `"hey"`, `"he\u0000y"`, "U+0000"},
		{"blank text", storedMessage, `"hey"`, `" \n\u2003"`, "needs some text"},
		{"no text", storedMessage, `,"text":"hey"`, ``, "needs some text"},
		{"null text", storedMessage, `"hey"`, `null`, "needs some text"},
		{"text is a number", storedMessage, `"hey"`, `7`, "not the JSON of an event"},
		{"text too long", storedMessage, `"hey"`, `"` + strings.Repeat("é", 4001) + `"`, "at most 4000"},
		{"no id", storedMessage, `"id":"m-1",`, ``, "id: "},
		{"id with space", storedMessage, `"m-1"`, `"m 1"`, "id: "},
		{"id too long", storedMessage, `"m-1"`, `"` + strings.Repeat("x", 65) + `"`, "id: "},
		{"unknown type", storedMessage, `"message"`, `"reaction"`, `type "reaction" is not known`},
		{"type in another case", storedMessage, `"message"`, `"Message"`, `type "Message" is not known`},
		{"no type", storedMessage, `"type":"message",`, ``, `type "" is not known`},
		{"type of many bytes", storedMessage, `"message"`, `"` + strings.Repeat("x", 1000) + `"`, `type "` + strings.Repeat("x", 40) + `" is not known`},
		{"no version", storedMessage, `"v":1,`, ``, "version 0"},
		{"version 0", storedMessage, `"v":1`, `"v":0`, "version 0"},
		{"negative version", storedMessage, `"v":1`, `"v":-1`, "version -1"},
		{"version 2", storedMessage, `"v":1`, `"v":2`, "version 2"},
		{"version is a string", storedMessage, `"v":1`, `"v":"1"`, "not the JSON of an event"},
		{"version is a fraction", storedMessage, `"v":1`, `"v":1.5`, "not the JSON of an event"},
		{"no user", storedMessage, `"from_user":{"id":"u-1","name":"Ada"},`, ``, "from_user: "},
		{"user is a string", storedMessage, `{"id":"u-1","name":"Ada"}`, `"Ada"`, "not the JSON of an event"},
		{"no user id", storedMessage, `"id":"u-1",`, ``, "from_user: "},
		{"user id too long", storedMessage, `"u-1"`, `"` + strings.Repeat("x", 129) + `"`, "from_user: "},
		{"no user name", storedMessage, `,"name":"Ada"`, ``, "from_user: "},
		{"name with U+0000", storedMessage, `"Ada"`, `"A\u0000da"`, "from_user: "},
		{"avatar with line break", storedMessage, `"name"`, `"avatar":"x\n","name"`, "from_user: "},
		{"no time", storedMessage, `"sent_at":"2026-01-01T12:00:00Z",`, ``, "sent_at"},
		{"time without zone", storedMessage, `12:00:00Z`, `12:00:00`, "not the JSON of an event"},
		{"time is a number", storedMessage, `"2026-01-01T12:00:00Z"`, `1767268800`, "not the JSON of an event"},
		{"day that is none", storedMessage, `2026-01-01`, `2026-02-30`, "not the JSON of an event"},
		{"before 1970", storedMessage, `2026-01-01T12:00:00Z`, `1970-01-01T00:59:59+01:00`, "years 1970"},
		{"after 9998", storedMessage, `2026-01-01T12:00:00Z`, `9999-01-01T00:00:00Z`, "years 1970"},
		{"no session", storedJoin, `"session":"s-1",`, ``, "session is not"},
		{"session with space", storedJoin, `"s-1"`, `"s 1"`, "session is not"},
		{"session too long", storedJoin, `"s-1"`, `"` + strings.Repeat("x", 65) + `"`, "session is not"},
		{"term with space", storedJoin, `"t-1"`, `"t 1"`, "term is not"},
		{"term too long", storedLeave, `"t-1"`, `"` + strings.Repeat("x", 65) + `"`, "term is not"},
		{"leave without session", storedLeave, `"session":"s-1",`, ``, "session is not"},
		{"leave without reason", storedLeave, `,"reason":"closed"`, ``, "reason is not"},
		{"leave for another reason", storedLeave, `"closed"`, `"bored"`, "reason is not"},
		{"trailing garbage", storedMessage, `"hey"}`, `"hey"} x`, "not the JSON of an event"},
		{"two events", storedMessage, `"hey"}`, `"hey"}` + storedJoin, "not the JSON of an event"},
		{"cut off", storedMessage, `"hey"}`, `"hey"`, "not the JSON of an event"},
		{"byte order mark", storedMessage, `{"type"`, "\ufeff{\"type\"", "not the JSON of an event"},
		{"raw control character", storedMessage, `"hey"`, "\"he\ny\"", "not the JSON of an event"},
		{"not UTF-8", storedMessage, `"hey"`, "\"he\xff\"", "not UTF-8"},
		{"too big", storedMessage, `"hey"`, `"hey"` + strings.Repeat(" ", domain.MaxEventBytes-len(storedMessage)+1), "65537 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { wantInvalid(t, swap(t, test.base, test.old, test.new), test.want) })
	}
}

func TestDecodeRefusesWhatIsNoObject(t *testing.T) {
	for _, payload := range []string{"", " ", "hello", "null", "true", "7", `"text"`, "[]", "[" + storedMessage + "]", "{", "{}", "\x00", "\x1f\x8b\x08"} {
		t.Run(payload, func(t *testing.T) { wantInvalid(t, payload, "") })
	}
}

// wantInvalid checks that payload is no event, for a reason that names want.
func wantInvalid(t *testing.T, payload, want string) {
	t.Helper()
	event, err := domain.Decode([]byte(payload))
	if !errors.Is(err, &domain.Error{Code: domain.CodeInvalidEvent}) || event != nil {
		t.Fatalf("Decode = %v, %v, want no event and %s", event, err, domain.CodeInvalidEvent)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("Decode = %v, want a reason with %q", err, want)
	}
}

func TestEventsSayWhatTheyAre(t *testing.T) {
	header := domain.Header{From: ada, SentAt: sentAt}
	tests := []struct {
		event domain.Event
		want  domain.Type
	}{
		{&domain.MessagePosted{Header: header}, "message"},
		{&domain.SessionJoined{Header: header}, "join"},
		{&domain.SessionLeft{Header: header}, "leave"},
	}
	for _, test := range tests {
		if got := test.event.Type(); got != test.want || test.event.By() != ada || !test.event.At().Equal(sentAt) {
			t.Errorf("event is %q by %v at %v, want %q by %v at %v", got, test.event.By(), test.event.At(), test.want, ada, sentAt)
		}
	}
}
