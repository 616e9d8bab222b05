package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/faustman/chitchat/eventstore"
)

// The command fills an empty log, a server makes the tables of it, and what the command says to try can be tried.
func TestDemo(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	out, errs, code := chitchat(t, "demo", "--data", data, "--weeks", "1", "--until", "2026-06-01")
	if code != 0 {
		t.Fatalf("exit code = %d, %s", code, errs)
	}
	for _, want := range []string{"2026-05-25 00:00 to 2026-06-01 00:00 (UTC)", "2 entries are no events", "project-heron", "café",
		"chitchat serve --data " + data, "http://localhost:8080", "Amara Quill (amara@fernwheel.example)"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output has no %q:\n%s", want, out)
		}
	}
	var messages, stays, people, entries int
	numbers := regexp.MustCompile(`\d+ messages and \d+ stays of \d+ people, \d+ entries`).FindString(out)
	if _, err := fmt.Sscanf(numbers, "%d messages and %d stays of %d people, %d entries", &messages, &stays, &people, &entries); err != nil {
		t.Fatalf("the output has no counts: %v\n%s", err, out)
	}
	p := serve(t, data, freeAddress(t))
	query := func(sql string) string {
		t.Helper()
		out, errs, code := chitchat(t, "sql", "--data", data, "--format", "csv", sql)
		if code != 0 {
			t.Fatalf("sql %q: exit code %d, %s", sql, code, errs)
		}
		return strings.TrimSpace(out)
	}
	eventually(t, "the tables have the sample", func() bool {
		return strings.HasSuffix(query("SELECT applied_seq FROM chat.freshness"), fmt.Sprintf("\n%d", entries))
	})
	// Repeated messages are counted by the command, and shown once.
	got := query("SELECT (SELECT count(*) FROM chat.sessions WHERE left_at IS NOT NULL), (SELECT count(*) FROM chat.users), (SELECT count(*) FROM chat.presence)")
	if want := fmt.Sprintf("\n%d,%d,0", stays, people); !strings.HasSuffix(got, want) {
		t.Errorf("stays, users and presence are %q, want %q", got, want)
	}
	if got := query(fmt.Sprintf("SELECT count(*) BETWEEN %d AND %d FROM chat.messages", messages-5, messages-1)); !strings.HasSuffix(got, "\ntrue") && !strings.HasSuffix(got, "\nt") {
		t.Errorf("the tables have as many messages: %q, want %d without a few repeated ones", got, messages)
	}
	wantToTry(t, out, query)
	wantDemoRefused(t, data, "already running")
	if status, body := get(p, "/messages?limit=1", p.signIn("ada", "café")); status != http.StatusOK || !strings.Contains(string(body), `"text"`) {
		t.Errorf("GET /messages: %d %s, want a message of the sample", status, body)
	}
	p.stop()
	wantDemoRefused(t, data, "not empty")
	// The tables may be all that is left of a log that is gone.
	if err := os.RemoveAll(filepath.Join(data, "nats")); err != nil {
		t.Fatal(err)
	}
	wantDemoRefused(t, data, fmt.Sprintf("the tables show one up to sequence %d", entries))
}

// wantToTry wants each query of the output to give rows.
func wantToTry(t *testing.T, out string, query func(string) string) {
	t.Helper()
	found := regexp.MustCompile(`(?m)^  chitchat sql .*"(.*)"$`).FindAllStringSubmatch(out, -1)
	if len(found) != 3 {
		t.Errorf("the output has %d queries, want 3:\n%s", len(found), out)
	}
	for _, match := range found {
		if rows := strings.Count(query(match[1]), "\n"); rows < 3 {
			t.Errorf("%s gives %d rows, want at least 3", match[1], rows)
		}
	}
}

func wantDemoRefused(t *testing.T, data, want string) {
	t.Helper()
	if out, errs, code := chitchat(t, "demo", "--data", data); code != 1 || out != "" || !strings.Contains(errs, want) {
		t.Errorf("demo: exit code %d, stdout %q, stderr %q; want 1, nothing and %q", code, out, errs, want)
	}
}

// Whoever started a server first, and then wants the sample, gets it: the tables of the empty log stay good.
func TestDemoAfterAServer(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	serve(t, data, freeAddress(t)).stop()
	if out, errs, code := chitchat(t, "demo", "--data", data, "--weeks", "1"); code != 0 || !strings.Contains(out, time.Now().UTC().Format("2006-01-02")+" 00:00 (UTC)") {
		t.Fatalf("exit code = %d, %s %s; want 0 and a sample up to today", code, out, errs)
	}
	p := serve(t, data, freeAddress(t))
	eventually(t, "the tables have the sample", func() bool {
		_, body := get(p, "/messages?limit=200", p.signIn("ada", "lobby"))
		return strings.Count(string(body), `"seq"`) == 200
	})
}

// An outside NATS needs no data directory, and no lock tells of its servers.
func TestDemoIntoAnOutsideNATS(t *testing.T) {
	t.Parallel()
	server, terms := outsideLog(t)
	data := dataDir(t)
	for _, test := range []struct {
		term eventstore.Term
		code int
		want string
	}{
		{eventstore.Term{ID: "alive"}, 1, "a server runs on this log"},
		{eventstore.Term{ID: "alive", Stopped: true}, 0, "the same --nats-url"},
		{eventstore.Term{ID: "alive", Stopped: true}, 1, "not empty"},
	} {
		if err := terms.Put(t.Context(), test.term); err != nil {
			t.Fatal(err)
		}
		out, errs, code := chitchat(t, "demo", "--data", data, "--nats-url", server.ClientURL(), "--weeks", "1")
		if code != test.code || !strings.Contains(out+errs, test.want) || strings.Contains(out, server.ClientURL()) {
			t.Errorf("exit code %d, %s%s; want %d, %q and no address", code, out, errs, test.code, test.want)
		}
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("the data directory was made: %v", err)
	}
}

func TestDemoWrongUse(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	future := time.Now().AddDate(0, 0, 2).Format(time.DateOnly)
	for _, test := range []struct {
		name, flag, want string
	}{
		{"no weeks", "--weeks=0", "--weeks 0 is not 1 to 52"},
		{"too many weeks", "--weeks=53", "--weeks 53 is not 1 to 52"},
		{"weeks that are no number", "--weeks=some", "weeks"},
		{"negative seed", "--seed=-1", "seed"},
		{"a time that is none", "--until=yesterday", "--until"},
		{"a time without zone", "--until=2026-06-01T12:00:00", "--until"},
		{"the future", "--until=" + future, "--until " + future + " is in the future"},
		{"too long ago", "--until=1999-01-01", "2000 to 2999"},
		{"an argument", "lobby", "lobby"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if out, errs, code := chitchatHere(t, "demo", "--data", data, test.flag); code != 2 || out != "" || !strings.Contains(errs, test.want) {
				t.Errorf("exit code %d, stdout %q, stderr %q; want 2, nothing and %q", code, out, errs, test.want)
			}
		})
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("wrong use made the data directory: %v", err)
	}
	out, _, code := chitchat(t, "demo", "--help")
	for _, want := range []string{"Usage: chitchat demo", "--seed", "--weeks", "--until", "./demo-data"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("demo --help: exit code %d, want 0 and %q in %s", code, want, out)
		}
	}
}
