package domain_test

import (
	"flag"
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

// update writes the golden files of the newest version. Those of older versions are what old programs have stored:
// they are never written again.
var update = flag.Bool("update", false, "write the golden files of the newest version")

var (
	john   = domain.User{ID: "97f960a48b419ff55a2abfba9d8de223", Name: "John Snow", Avatar: "https://www.gravatar.com/avatar/532391d5a2bada12c5f1635e9cbd49cc?s=128"}
	ygrit  = domain.User{ID: "5d41402abc4b2a76b9719d911017c592", Name: "Ygritte ❄"}
	sentAt = time.Date(2026, 1, 1, 12, 0, 0, 123456789, time.UTC)
)

// golden is an event and the name of its files.
type golden struct {
	name      string
	event     domain.Event
	seq, prev uint64
	// since is the first version that has such an event, when that is not 1.
	since int
}

// goldens are the events of the golden files in their newest form, so that those of each version decode to them.
func goldens() []golden {
	return []golden{
		{name: "message", event: &domain.MessagePosted{
			Header: domain.Header{From: john, SentAt: sentAt},
			ID:     "0190a6f2-7b1c-7c3e-9d5a-1f2e3d4c5b6a",
			Text:   "hey \"you\"\\ <b>&amp;</b>\n\ttab \x01 \x7f \u2028 é 👋🏽",
		}, seq: 120, prev: 117},
		{name: "join", event: &domain.SessionJoined{
			Header: domain.Header{From: john, SentAt: sentAt}, Session: "s-1", Term: "t-1",
		}, seq: 121, prev: 120},
		{name: "join-foreign", event: &domain.SessionJoined{
			Header: domain.Header{From: ygrit, SentAt: sentAt.Truncate(time.Second)}, Session: "s-2",
		}, seq: 122, prev: 121},
		{name: "leave", event: &domain.SessionLeft{
			Header: domain.Header{From: john, SentAt: sentAt}, Session: "s-1", Term: "t-1", Reason: domain.ReasonClosed,
		}, seq: 125, prev: 122},
		{name: "leave-lost", event: &domain.SessionLeft{
			Header: domain.Header{From: ygrit, SentAt: sentAt.Truncate(time.Second)}, Session: "s-2", Reason: domain.ReasonLost,
		}, seq: 1<<63 - 1, prev: 0},
	}
}

func TestEncodeIsGolden(t *testing.T) {
	for _, test := range goldens() {
		t.Run(test.name, func(t *testing.T) {
			dir := fmt.Sprintf("v%d", domain.Version)
			if diff := cmp.Diff(readGolden(t, dir, test.name, domain.Encode(test.event)), string(domain.Encode(test.event))); diff != "" {
				t.Errorf("stored form (-want +got):\n%s", diff)
			}
			frame := domain.AppendFrame(nil, test.event, test.seq, test.prev)
			if diff := cmp.Diff(readGolden(t, "frames", test.name, frame), string(frame)); diff != "" {
				t.Errorf("delivered form (-want +got):\n%s", diff)
			}
		})
	}
}

// Each file of each version that was ever written decodes to the newest form of its event.
func TestDecodeReadsEveryVersionEverWritten(t *testing.T) {
	want := []string{filepath.Join("testdata", "golden", "frames")}
	for version := 1; version <= domain.Version; version++ {
		dir := fmt.Sprintf("v%d", version)
		want = append(want, filepath.Join("testdata", "golden", dir))
		t.Run(dir, func(t *testing.T) { wantGoldens(t, dir, version) })
	}
	got, err := filepath.Glob(filepath.Join("testdata", "golden", "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("directories of golden files: one for each version up to %d (-want +got):\n%s", domain.Version, diff)
	}
}

// wantGoldens wants in dir a file for each event that the version has, which says that version and decodes to the
// event, and no other file.
func wantGoldens(t *testing.T, dir string, version int) {
	t.Helper()
	var names []string
	for _, test := range goldens() {
		if test.since > version {
			continue
		}
		names = append(names, filepath.Join("testdata", "golden", dir, test.name+".json"))
		payload := readGolden(t, dir, test.name, nil)
		if says := fmt.Sprintf(`"v":%d,`, version); !strings.Contains(payload, says) {
			t.Errorf("%s/%s is %s, want it with %s", dir, test.name, payload, says)
		}
		got, err := domain.Decode([]byte(payload))
		if err != nil {
			t.Errorf("Decode(%s/%s) = %v, want an event", dir, test.name, err)
			continue
		}
		if diff := cmp.Diff(test.event, got); diff != "" {
			t.Errorf("Decode(%s/%s) (-want +got):\n%s", dir, test.name, diff)
		}
	}
	files, err := filepath.Glob(filepath.Join("testdata", "golden", dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, files); diff != "" {
		t.Errorf("golden files, one for each event (-want +got):\n%s", diff)
	}
}

// A frame is the stored form with two more keys, so a client can read either with one parser.
func TestFrameDecodesToTheSameEvent(t *testing.T) {
	for _, test := range goldens() {
		t.Run(test.name, func(t *testing.T) {
			got, err := domain.Decode(domain.AppendFrame(nil, test.event, test.seq, test.prev))
			if err != nil {
				t.Fatalf("Decode = %v, want an event", err)
			}
			if diff := cmp.Diff(test.event, got); diff != "" {
				t.Errorf("Decode (-want +got):\n%s", diff)
			}
		})
	}
}

// readGolden returns a golden file without its closing line break; with -update it is written first, unless content
// is nil.
func readGolden(t *testing.T, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join("testdata", "golden", dir, name+".json")
	if *update && content != nil {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(content, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(stored), "\n")
}
