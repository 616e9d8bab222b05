package eventstore_test

import (
	"bytes"
	"context"
	"errors"

	"fmt"
	"io"

	"log/slog"

	"strings"
	"testing"

	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/natstest"
)

// exportedAt stands in all archives of tests, so that they can be compared.
var exportedAt = time.Date(2026, 5, 6, 7, 8, 9, 10, time.UTC)

// junk are payloads that an archive must give back byte for byte.
var junk = map[string]string{
	"nothing":              "",
	"no JSON":              "junk",
	"zero byte":            "a\x00b",
	"not UTF-8":            "\xff\xfe\xc3",
	"not UTF-8 in JSON":    "{\"a\":\"\xff\"}",
	"line ends":            "{\"a\":1,\r\n\"b\":2}",
	"spaces around":        ` {"a":1} `,
	"spaces within":        `{ "a" :  1 }`,
	"HTML":                 `{"a":"<b>&amp;</b>\u003c\u2028"}`,
	"line separator":       "{\"a\":\"\u2028\u2029\"}",
	"escapes":              `{"a":"\u0000\ud800\"\\\/","b":"\u00e9é"}`,
	"same key twice":       `{"a":1,"a":2,"A":3}`,
	"numbers":              `[1.0,1e400,-0,123456789012345678901234567890]`,
	"null":                 `null`,
	"string":               `"text"`,
	"like another field":   `{"seq":9,"payload":"x","crc32c":"00000000"}`,
	"deep":                 strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
	"too deep":             strings.Repeat("[", 20000) + strings.Repeat("]", 20000),
	"large":                `{"a":"` + strings.Repeat("x", 60<<10) + `"}`,
	"large and not JSON":   strings.Repeat("\x01", 60<<10),
	"like the end's line":  `{"chitchat":"end"}`,
	"like the first line":  `{"chitchat":"log","v":1}`,
	"byte order mark":      "\ufeff{}",
	"replacement in a key": "{\"\ufffd\":1}",
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// export returns the log's archive.
func export(t testing.TB, log *eventstore.Log) []byte {
	t.Helper()
	var archive bytes.Buffer
	if _, err := log.Export(t.Context(), &archive, eventstore.ExportOptions{At: exportedAt}); err != nil {
		t.Fatalf("Export = %v", err)
	}
	return archive.Bytes()
}

// importArchive imports the archive; keep takes its epoch over.
func importArchive(t testing.TB, nc *nats.Conn, archive []byte, keep bool) (eventstore.Imported, error) {
	t.Helper()
	reader, err := eventstore.OpenArchive(bytes.NewReader(archive))
	if err != nil {
		return eventstore.Imported{}, err
	}
	opts := eventstore.ImportOptions{Logger: discard()}
	if keep {
		opts.Epoch = reader.Info().Epoch
	}
	return eventstore.Import(t.Context(), nc, opts, func(context.Context) (eventstore.Entry, error) { return reader.Next() })
}

// mustImport imports the archive into a server of its own.
func mustImport(t testing.TB, archive []byte, keep bool) *world {
	t.Helper()
	server := natstest.New(t)
	nc := natstest.Connect(t, server)
	done, err := importArchive(t, nc, archive, keep)
	if err != nil {
		t.Fatalf("Import = %v", err)
	}
	w := &world{server: server, nc: nc, js: jetStream(t, nc), log: open(t, nc)}
	if done.Entries != last(t, w.log) || done.Epoch != w.log.Epoch() {
		t.Fatalf("Import = %+v, want what is in the log: %d, %s", done, last(t, w.log), w.log.Epoch())
	}
	return w
}

// entries returns made-up entries: a message a second in two channels.
func entries(n int) []eventstore.Entry {
	all := make([]eventstore.Entry, n)
	for i := range all {
		id := fmt.Sprintf("m-%d", i+1)
		all[i] = eventstore.Entry{
			Seq: uint64(i + 1), Subject: []string{"chitchat.lobby", "chitchat.kitchen"}[i%2],
			Stored:  time.Date(2020, 1, 2, 3, 4, 5, 678901234, time.UTC).Add(time.Duration(i) * time.Second),
			MsgID:   id,
			Payload: domain.Encode(message(id)),
		}
	}
	return all
}

// from returns a next that gives the entries, and then err.
func from(all []eventstore.Entry, err error) func(context.Context) (eventstore.Entry, error) {
	return func(context.Context) (eventstore.Entry, error) {
		if len(all) == 0 {
			return eventstore.Entry{}, err
		}
		first := all[0]
		all = all[1:]
		return first, nil
	}
}

// fillWithJunk puts all kinds of entries into the log.
func fillWithJunk(t testing.TB, w *world) {
	t.Helper()
	post(t, w.log, "lobby", "m-1")
	for _, payload := range junk {
		put(t, w.js, "chitchat.lobby", payload)
	}
	put(t, w.js, "chitchat.Not-A-Channel$", "x")
	put(t, w.js, "chitchat.\xff\xfe", "x")
	for _, header := range []nats.Header{
		{"traceparent": {"00-ab-cd-01"}, "Nats-Msg-Id": {"with a trace"}},
		{"many": {"b", "a", ""}, "Many": {"<c>"}},
		{"bytes": {"\xff"}},
		{"spaces": {"  a  ", "\ta\t", " "}, "colon": {"x:y"}, "Status": {"100"}, "far": {"\u00a0"}},
		{"Nats-Msg-Id": {" a "}},
		{"Nats-Expected-Stream": {"CHITCHAT"}, "Nats-Msg-Id": {"<&\u2028>"}},
	} {
		if _, err := w.js.PublishMsg(t.Context(), &nats.Msg{Subject: "chitchat.lobby", Header: header, Data: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	post(t, w.log, "kitchen", "m-2")
}

func TestExportIsImportedByteForByte(t *testing.T) {
	w := setup(t)
	fillWithJunk(t, w)
	archive := export(t, w.log)
	records := read(t, newReader(t, w.log, 0), int(last(t, w.log)))

	again := mustImport(t, archive, true)
	got := read(t, newReader(t, again.log, 0), len(records))
	for i, want := range records {
		if got[i].Seq != want.Seq || got[i].Subject != want.Subject || !got[i].Stored.Equal(want.Stored) || !bytes.Equal(got[i].Payload, want.Payload) {
			t.Errorf("imported entry is %d %s %v %.80q, want %d %s %v %.80q",
				got[i].Seq, got[i].Subject, got[i].Stored, got[i].Payload, want.Seq, want.Subject, want.Stored, want.Payload)
		}
	}
	if second := export(t, again.log); !bytes.Equal(archive, second) {
		t.Errorf("the second export differs:\n%s", cmp.Diff(string(archive), string(second)))
	}
	if diff := cmp.Diff(streamConfig(t, w.js), streamConfig(t, again.js)); diff != "" {
		t.Errorf("settings of the imported log (-want +got):\n%s", diff)
	}
}

// Positions of the original must not be taken for those of a copy.
func TestImportGivesAnotherEpoch(t *testing.T) {
	w := setup(t)
	postMany(t, w.log, "lobby", 3)
	again := mustImport(t, export(t, w.log), false)
	if again.log.Epoch() == w.log.Epoch() {
		t.Errorf("epoch = %q, the original's, want another", again.log.Epoch())
	}
}

func TestImportOfAnEmptyLog(t *testing.T) {
	archive := export(t, setup(t).log)
	if lines := bytes.Count(archive, []byte("\n")); lines != 2 {
		t.Errorf("the archive has %d lines, want the first and the last:\n%s", lines, archive)
	}
	w := mustImport(t, archive, false)
	if seq := post(t, w.log, "lobby", "m-1"); seq != 1 {
		t.Errorf("first sequence = %d, want 1", seq)
	}
}

func TestExportEndsWhereTheLogEndedThen(t *testing.T) {
	w := setup(t)
	postMany(t, w.log, "lobby", 3)
	var archive bytes.Buffer
	first := true
	tee := writer(func(p []byte) (int, error) {
		if first {
			first = false
			post(t, w.log, "lobby", "later")
		}
		return archive.Write(p)
	})
	done, err := w.log.Export(t.Context(), tee, eventstore.ExportOptions{})
	if err != nil || done.Entries != 3 || done.Epoch != w.log.Epoch() || done.Stored.IsZero() {
		t.Errorf("Export = %+v, %v, want three entries", done, err)
	}
	if bytes.Contains(archive.Bytes(), []byte("later")) {
		t.Errorf("the archive has what came later:\n%s", archive.Bytes())
	}
}

// writer is a function that writes.
type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestExportFails(t *testing.T) {
	w := setup(t)
	postMany(t, w.log, "lobby", 3)
	full := errors.New("no space")
	if _, err := w.log.Export(t.Context(), writer(func([]byte) (int, error) { return 0, full }), eventstore.ExportOptions{}); !errors.Is(err, full) {
		t.Errorf("Export = %v, want %v", err, full)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.log.Export(ctx, io.Discard, eventstore.ExportOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Export = %v, want %v", err, context.Canceled)
	}
}
