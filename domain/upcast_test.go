package domain_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/domain"
)

// Two versions that never were, of a program whose newest form is today's and is its version 3. They show the way to
// whoever changes an event: madeUpV1 and madeUpV2 are the frozen structs, fromMadeUpV1 and fromMadeUpV2 the steps, the
// golden files are in testdata/made-up.

// madeUpV1 has the person and the place in one member each, the time in milliseconds, and other names.
type madeUpV1 struct {
	Type string `json:"type"`
	Key  string `json:"key"`
	Who  string `json:"who"` // the person's id, a slash, the name
	Mail string `json:"mail"`
	When int64  `json:"when"` // milliseconds since 1970
	Body string `json:"body"`
	Seat string `json:"seat"` // the term and a slash, if there is one, and the session
}

// madeUpV2 has them apart, and the other names still.
type madeUpV2 struct {
	Type    string      `json:"type"`
	Key     string      `json:"key"`
	From    domain.User `json:"from_user"`
	SentAt  time.Time   `json:"sent_at"`
	Body    string      `json:"body"`
	Session string      `json:"session"`
	Term    string      `json:"term"`
}

func fromMadeUpV1(old madeUpV1) (madeUpV2, error) {
	id, name, found := strings.Cut(old.Who, "/")
	if !found {
		return madeUpV2{}, fmt.Errorf("who is %.40q, want an id, a slash and a name", old.Who)
	}
	made := madeUpV2{
		Type: old.Type, Key: old.Key, From: domain.User{ID: id, Name: name},
		SentAt: time.UnixMilli(old.When).UTC(), Body: old.Body, Session: old.Seat,
	}
	if old.Mail != "" {
		made.From.Avatar = "https://www.gravatar.com/avatar/" + old.Mail + "?s=128"
	}
	if term, session, found := strings.Cut(old.Seat, "/"); found {
		made.Term, made.Session = term, session
	}
	return made, nil
}

func fromMadeUpV2(old madeUpV2) (domain.Stored, error) {
	made := domain.Stored{ID: old.Key, From: old.From, SentAt: old.SentAt, Text: old.Body, Session: old.Session, Term: old.Term}
	switch old.Type {
	case "said":
		made.Type = domain.TypeMessage
	case "came":
		made.Type = domain.TypeJoin
	case "went":
		// Nobody was called lost then.
		made.Type, made.Reason = domain.TypeLeave, domain.ReasonClosed
	default:
		return domain.Stored{}, fmt.Errorf("type %.40q is not said, came or went", old.Type)
	}
	return made, nil
}

const madeUpNewest = 3

func decodeMadeUp(payload string) (domain.Event, error) {
	return domain.DecodeWith([]byte(payload), domain.StepOf(fromMadeUpV1), domain.StepOf(fromMadeUpV2))
}

// madeUps are the events of the files in testdata/made-up, in today's form.
func madeUps() []golden {
	at := sentAt.Truncate(time.Millisecond)
	return []golden{
		{name: "said", event: &domain.MessagePosted{Header: domain.Header{From: john, SentAt: at}, ID: "m-1", Text: "hey \"you\" 👋🏽"}},
		{name: "came", event: &domain.SessionJoined{Header: domain.Header{From: john, SentAt: at}, Session: "s-1", Term: "t-1"}},
		{name: "went", event: &domain.SessionLeft{
			Header: domain.Header{From: ygrit, SentAt: at.Truncate(time.Second)}, Session: "s-2", Reason: domain.ReasonClosed,
		}},
	}
}

func TestOldVersionsAreBroughtUpToDate(t *testing.T) {
	for version := 1; version < madeUpNewest; version++ {
		for _, test := range madeUps() {
			path := filepath.Join("made-up", fmt.Sprintf("v%d", version), test.name+".json")
			t.Run(path, func(t *testing.T) {
				wantMadeUp(t, readFile(t, path), test.event)
			})
		}
	}
}

// The newest version takes no step, and what was read of any version is written as the newest.
func TestTheNewestVersionTakesNoStep(t *testing.T) {
	forbidden := domain.StepOf(func(domain.Stored) (domain.Stored, error) {
		t.Error("a step was taken")
		return domain.Stored{}, errors.New("taken")
	})
	newest := swap(t, storedMessage, `"v":1`, `"v":3`)
	got, err := domain.DecodeWith([]byte(newest), forbidden, forbidden)
	if err != nil {
		t.Fatalf("Decode = %v, want an event", err)
	}
	if text := string(domain.Encode(got)); text != storedMessage {
		t.Errorf("Encode = %s, want this program's newest version, %s", text, storedMessage)
	}
}

// What encoding/json accepted when a version was the newest is read the same later.
func TestOldVersionsAreReadAsGenerously(t *testing.T) {
	said := readFile(t, "made-up/v1/said.json")
	want := madeUps()[0].event
	for _, test := range []struct{ name, old, new string }{
		{"key in another case", `"body"`, `"Body"`},
		{"version in another case", `"v"`, `"V"`},
		{"key again in another case", `"body"`, `"Body":"ho","body"`},
		{"unknown member", `"body"`, `"extra":{"a":[1]},"body"`},
		{"member that is today's, of another kind", `"body"`, `"from_user":"x","sent_at":7,"text":[],"body"`},
		{"odd spacing", `"v":1`, " \n\"v\" : 1 "},
	} {
		t.Run(test.name, func(t *testing.T) { wantMadeUp(t, swap(t, said, test.old, test.new), want) })
	}
}

func TestOldVersionsAreRefused(t *testing.T) {
	said, said2 := readFile(t, "made-up/v1/said.json"), readFile(t, "made-up/v2/said.json")
	tests := []struct{ name, base, old, new, want string }{
		{"the step fails", said, `/John Snow`, ``, "its version 1 can't be brought up to 2: who is"},
		{"the second step fails", said, `"said"`, `"sung"`, "its version 2 can't be brought up to 3: type \"sung\""},
		{"the second step fails, of its own version", said2, `"said"`, `"sung"`, "its version 2 can't be brought up to 3: type \"sung\""},
		{"a member of another kind", said, `1767268800123`, `"noon"`, "its version 1 can't be brought up to 2: json"},
		{"a year that JSON has not", said, `1767268800123`, `999999999999999`, "its version 1 can't be brought up to 2: json"},
		{"the rules are those of today", said, `"m-1"`, `"m 1"`, "id: "},
		{"blank text", said, `hey \"you\" 👋🏽`, ` `, "needs some text"},
		{"version 0", said, `"v":1`, `"v":0`, "version 0 is none"},
		{"negative version", said, `"v":1`, `"v":-1`, "version -1 is none"},
		{"no version", said, `"v":1,`, ``, "version 0 is none"},
		{"newer version", said, `"v":1`, `"v":4`, "version 4 is newer than 3, the newest that this program reads: upgrade"},
		{"version beyond int", said, `"v":1`, `"v":9223372036854775808`, "not the JSON of an event"},
		{"newest version, of another kind", said2, `"v":2,`, `"v":3,"text":7,`, "not the JSON of an event"},
		{"old form under the newest version", said, `"v":1`, `"v":3`, "from_user"},
		{"newest form under an old version", storedMessage, ``, ``, "its version 1 can't be brought up to 2: who is"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			event, err := decodeMadeUp(swap(t, test.base, test.old, test.new))
			if !errors.Is(err, &domain.Error{Code: domain.CodeInvalidEvent}) || event != nil {
				t.Fatalf("Decode = %v, %v, want no event and %s", event, err, domain.CodeInvalidEvent)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("Decode = %v, want a reason with %q", err, test.want)
			}
		})
	}
}

// A newer version is refused with what to do, whatever its shape is.
func TestNewerVersionsAskForAnUpgrade(t *testing.T) {
	newer := fmt.Sprintf(`{"type":"message","v":%d,"from_user":["of","another","shape"]}`, domain.Version+1)
	wantInvalid(t, newer, fmt.Sprintf("its version %d is newer than %d, the newest that this program reads: upgrade it", domain.Version+1, domain.Version))
}

// The array has room for each step; this says which one was forgotten.
func TestNoStepIsMissing(t *testing.T) {
	for i, step := range domain.Upcasts() {
		if step == nil {
			t.Errorf("there is no step from version %d to %d, want one in upcasts", i+1, i+2)
		}
	}
}

// Whatever is stored under an old version gives an event or a refusal, and the event's newest form is the same event.
func FuzzUpcast(f *testing.F) {
	for _, pattern := range []string{"testdata/made-up/v*/*.json", "testdata/golden/v*/*.json"} {
		for _, payload := range readAll(f, pattern) {
			f.Add(payload)
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		event, err := decodeMadeUp(string(payload))
		if err != nil {
			if !errors.Is(err, &domain.Error{Code: domain.CodeInvalidEvent}) || event != nil {
				t.Errorf("Decode = %v, %v, want one of them", event, err)
			}
			return
		}
		again, err := domain.Decode(domain.Encode(event))
		if diff := cmp.Diff(event, again); err != nil || diff != "" {
			t.Errorf("Decode(Encode) = %v (-want +got):\n%s", err, diff)
		}
	})
}

func wantMadeUp(t *testing.T, payload string, want domain.Event) {
	t.Helper()
	got, err := decodeMadeUp(payload)
	if err != nil {
		t.Fatalf("Decode = %v, want an event", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Decode (-want +got):\n%s", diff)
	}
}

// readFile returns a file of testdata without its closing line break.
func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", path))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(content), "\n")
}

// readAll returns the files of a pattern, and fails when there are none.
func readAll(t testing.TB, pattern string) [][]byte {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s matches %d files, %v, want some", pattern, len(paths), err)
	}
	slices.Sort(paths)
	var files [][]byte
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, content)
	}
	return files
}
