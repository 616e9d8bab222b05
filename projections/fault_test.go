package projections_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/projections"
)

func isUnavailable(err error) bool { return errors.Is(err, projections.ErrUnavailable) }

func execute(t testing.TB, url, sql string) {
	t.Helper()
	watch(t, url, func(conn *pgx.Conn) {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	})
}

func TestWhatIsNoEventIsQuarantined(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	store := openStore(t, url)
	p := run(t, store, log, projections.Options{})
	header := `"v":1,"from_user":{"id":"x","name":"X"},"sent_at":"2026-01-01T12:00:00Z"`
	log.publish("chitchat.lobby", `{"type":"message",`+header+`,"id":"1","text":"a\u0000b"}`)
	log.publish("chitchat.lobby", `{"type":"dance",`+header+`}`)
	log.publish("chitchat.lobby", "\xff\x00 not JSON")
	log.publish("chitchat.lobby", strings.Repeat("x", 100_000))
	log.post("lobby", says(john, 1, "m1"))
	caughtUp(t, p, log)

	entries, err := store.Quarantine(t.Context(), 0, 10)
	if err != nil {
		t.Fatalf("Quarantine: %v", err)
	}
	var got []string
	for _, q := range entries {
		got = append(got, fmt.Sprintf("%d %s %d of %d: %s", q.Seq, q.Code, len(q.Payload), q.PayloadBytes, q.Reason))
	}
	want := []string{
		"1 invalid 118 of 118: text: invalid_text: A message may not contain U+0000. Leave that character out.",
		`2 invalid 89 of 89: its type "dance" is not known`,
		"3 invalid 11 of 11: it is not UTF-8",
		"4 invalid 65536 of 100000: it has 100000 bytes, more than 65536",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("quarantine (-want +got):\n%s", diff)
	}
	if string(entries[2].Payload) != "\xff\x00 not JSON" {
		t.Errorf("payload = %q, want the very bytes", entries[2].Payload)
	}
	if status := p.Status(); status.Quarantined != 4 || status.Events != 1 || status.Fault != nil {
		t.Errorf("Status = %+v, want 4 quarantined, 1 event, no fault", status)
	}
	p.stop()
	again := run(t, store, log, projections.Options{})
	caughtUp(t, again, log)
	if status := again.Status(); status.Quarantined != 4 {
		t.Errorf("Quarantined after a restart = %d, want 4", status.Quarantined)
	}
}

func TestWhatPostgresRefusesIsFoundAndQuarantined(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	store := openStore(t, url)
	p := run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	eventually(t, "the tables", func() bool { return p.Status().Generation == 1 })
	p.stop()
	execute(t, url, `
ALTER TABLE model_1.message ADD CONSTRAINT no_13 CHECK (id <> 'm13');
ALTER TABLE model_1.session ADD CONSTRAINT no_bad_term CHECK (term <> 'bad')`)
	for i := range 40 {
		log.post("lobby", says(john, i, fmt.Sprint("m", i)))
	}
	log.post("lobby", joins(john, 40, "s1", "bad"))
	p = run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	got := query(t, url, `SELECT seq || ' ' || code || ' ' || reason FROM chitchat.quarantine ORDER BY seq`)
	if len(got) != 2 || !strings.HasPrefix(got[0], "14 refused ") || !strings.Contains(got[0], "no_13") ||
		!strings.HasPrefix(got[1], "41 refused ") || !strings.Contains(got[1], "no_bad_term") {
		t.Errorf("quarantine = %q, want 14 for no_13 and 41 for no_bad_term", got)
	}
	if got := query(t, url, `SELECT count(*)::text FROM chat.messages`); got[0] != "39" {
		t.Errorf("messages = %s, want 39", got[0])
	}
	if status := p.Status(); status.Quarantined != 2 || status.Fault != nil {
		t.Errorf("Status = %+v, want 2 quarantined and no fault", status)
	}
}

func TestFirstOfDuplicatesWins(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	store := openStore(t, url)
	first := log.post("lobby", says(john, 0, "m1"))
	log.post("lobby", says(john, 1, "m1")) // in the same batch
	log.post("lobby", says(arya, 2, "m1")) // another user's id is another id
	p := run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	log.post("den", says(john, 3, "m1")) // in a later batch, in another channel
	caughtUp(t, p, log)

	got := query(t, url, `SELECT seq || ' ' || code || ' ' || reason FROM chitchat.quarantine ORDER BY seq`)
	want := []string{
		fmt.Sprintf("2 duplicate duplicate of sequence %d", first),
		fmt.Sprintf("4 duplicate duplicate of sequence %d", first),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("quarantine (-want +got):\n%s", diff)
	}
	if got := query(t, url, `SELECT user_id || ' ' || messages FROM chat.users ORDER BY 1`); !cmp.Equal(got, []string{"u-arya 1", "u-john 1"}) {
		t.Errorf("users = %q, want one message each", got)
	}
	if got := query(t, url, `SELECT channel FROM chat.channels`); !cmp.Equal(got, []string{"lobby"}) {
		t.Errorf("channels = %q, want lobby alone", got)
	}
	if status := p.Status(); status.Duplicates != 2 || status.Quarantined != 0 {
		t.Errorf("Status = %+v, want 2 duplicates and nothing quarantined", status)
	}
	seq, found, err := store.FindMessage(t.Context(), john.ID, "m1")
	if seq != first || !found || err != nil {
		t.Errorf("FindMessage = %d, %t, %v, want %d, true, nil", seq, found, err, first)
	}
	if seq, found, err := store.FindMessage(t.Context(), john.ID, "m2"); found || err != nil {
		t.Errorf("FindMessage of an unused id = %d, %t, %v, want none", seq, found, err)
	}
}

func TestCheckpointThatIsNotInTheLogStopsTheProjector(t *testing.T) {
	for _, test := range []struct {
		name    string
		epoch   string
		records int // that are left
		more    int // that come behind them
		want    string
	}{
		{"another log", "ddddeeeeffff", 3, 0, "this is another log, of epoch ddddeeeeffff"},
		{"a log that lost its end", "aaaabbbbcccc", 1, 0, "has applied sequence 3 and the log ends at 1"},
		{"a log that lost its end and grew up to it", "aaaabbbbcccc", 1, 2, "sequence 3 of the log is not the entry"},
		{"a log that lost its end and grew past it", "aaaabbbbcccc", 0, 50, "sequence 3 of the log is not the entry"},
	} {
		t.Run(test.name, func(t *testing.T) {
			log, url := newMemoryLog(), newDatabase(t)
			store := openStore(t, url)
			for i := range 3 {
				log.post("lobby", says(john, i, fmt.Sprint("m", i)))
			}
			p := run(t, store, log, projections.Options{})
			caughtUp(t, p, log)
			p.stop()
			before := dump(t, url, "model_1")
			log.become(test.epoch, test.records)
			for i := range test.more {
				log.post("lobby", says(arya, i, fmt.Sprint("other", i)))
			}

			p = run(t, store, log, projections.Options{})
			eventually(t, "the fault", func() bool { return p.Status().Fault != nil })
			var fault *projections.PositionError
			err := p.Status().Fault
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "chitchat migrate --accept-log") {
				t.Errorf("Fault = %v, want a PositionError that says %q and what to do", err, test.want)
			}
			if same := test.epoch == "aaaabbbbcccc"; fault.SameEpoch() != same || p.Status().Position == nil {
				t.Errorf("SameEpoch = %t, Position = %v, want %t and the fault", fault.SameEpoch(), p.Status().Position, same)
			}
			log.post("lobby", says(arya, 100, "later"))
			p.stop()
			p = run(t, store, log, projections.Options{})
			eventually(t, "the fault again", func() bool { return p.Status().Fault != nil })
			if err := p.Status().Fault; !errors.As(err, &fault) {
				t.Errorf("Fault of the log that has grown = %v, want a PositionError still", err)
			}
			if diff := cmp.Diff(before, dump(t, url, "model_1")); diff != "" {
				t.Errorf("tables were touched (-before +after):\n%s", diff)
			}
			if _, err := store.Messages(t.Context(), "lobby", projections.MessageQuery{}); err != nil {
				t.Errorf("Messages = %v, want what was applied before", err)
			}
		})
	}
}

// TestGenerationOfAnotherModel starts a projector on one: it builds its own and
// says so, or goes back to its own when that is still there.
func TestGenerationOfAnotherModel(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	store := openStore(t, url)
	log.post("lobby", says(john, 0, "m1"))
	p := run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	p.stop()
	execute(t, url, `
UPDATE chitchat.generation SET model_version = 'older';
ALTER TABLE model_1.checkpoint RENAME COLUMN frozen TO cold; -- nothing is known of its shape
ALTER TABLE model_1.message RENAME TO utterance`)
	log.post("lobby", says(john, 1, "m2"))
	p = run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	if status := p.Status(); status.Generation != 2 || status.Rebuild != nil {
		t.Errorf("Status = %+v, want generation 2 and no rebuild", status)
	}
	p.stop()
	if got := query(t, url, `SELECT number || state || model_version FROM chitchat.generation ORDER BY 1`); !cmp.Equal(got, []string{"1formerolder", "2live" + projections.ModelVersion}) {
		t.Errorf("generations = %q, want the older one kept", got)
	}
	execute(t, url, `
ALTER TABLE model_1.checkpoint RENAME COLUMN cold TO frozen;
ALTER TABLE model_1.utterance RENAME TO message;
UPDATE chitchat.generation SET model_version = CASE number WHEN 1 THEN '`+projections.ModelVersion+`' ELSE 'newer' END`)
	log.post("lobby", says(john, 2, "m3"))
	p = run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	if status := p.Status(); status.Generation != 1 {
		t.Errorf("Status = %+v, want the former generation 1", status)
	}
	if got := query(t, url, `SELECT id FROM chat.messages ORDER BY seq`); !cmp.Equal(got, []string{"m1", "m2", "m3"}) {
		t.Errorf("messages = %q, want all", got)
	}
}

// TestModelChangesUnderAProjector: it does not fight with the program that has
// replaced its generation.
func TestModelChangesUnderAProjector(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	log.post("lobby", says(john, 0, "m1"))
	p := run(t, openStore(t, url), log, projections.Options{})
	caughtUp(t, p, log)
	execute(t, url, `UPDATE chitchat.generation SET model_version = 'newer'`)
	execute(t, url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chitchat projector' AND datname = current_database()`)
	log.post("lobby", says(john, 1, "m2"))
	var fault *projections.ModelError
	eventually(t, "the fault", func() bool { return errors.As(p.Status().Fault, &fault) })
	if fault.Have != "newer" || fault.Want != projections.ModelVersion {
		t.Errorf("ModelError = %+v, want newer and %s", fault, projections.ModelVersion)
	}
	execute(t, url, `UPDATE chitchat.generation SET model_version = '`+projections.ModelVersion+`'`)
	caughtUp(t, p, log) // it finds by itself that the fault is mended
}

// TestProjectorFollowsTheLiveGeneration makes the switch that a rebuild ends
// with, behind the back of a projector that waits for the next event.
func TestProjectorFollowsTheLiveGeneration(t *testing.T) {
	log, url := newMemoryLog(), newDatabase(t)
	store := openStore(t, url)
	log.post("lobby", says(john, 0, "m1"))
	p := run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	execute(t, url, `
CREATE SCHEMA model_2;
CREATE TABLE model_2.message (LIKE model_1.message INCLUDING ALL);
CREATE TABLE model_2.session (LIKE model_1.session INCLUDING ALL);
CREATE TABLE model_2.event (LIKE model_1.event INCLUDING ALL);
CREATE TABLE model_2.daily (LIKE model_1.daily INCLUDING ALL);
CREATE TABLE model_2.daily_sender (LIKE model_1.daily_sender INCLUDING ALL);
CREATE TABLE model_2.person (LIKE model_1.person INCLUDING ALL);
CREATE TABLE model_2.channel (LIKE model_1.channel INCLUDING ALL);
CREATE TABLE model_2.quarantine (LIKE model_1.quarantine INCLUDING ALL);
CREATE TABLE model_2.checkpoint (LIKE model_1.checkpoint INCLUDING ALL);
INSERT INTO model_2.checkpoint (epoch, seq, stored_nanos, log_seq) VALUES ('aaaabbbbcccc', 0, 0, 0);
UPDATE chitchat.generation SET state = 'former';
INSERT INTO chitchat.generation (number, model_version, epoch, state) VALUES (2, '`+projections.ModelVersion+`', 'aaaabbbbcccc', 'live')`)
	log.post("lobby", says(john, 1, "m2"))
	eventually(t, "the new generation", func() bool { return p.Status().Generation == 2 })
	caughtUp(t, p, log)
	if got := query(t, url, `SELECT id FROM chat.messages ORDER BY seq`); !cmp.Equal(got, []string{"m1", "m2"}) {
		t.Errorf("messages = %q, want both, from generation 2", got)
	}
	if got := query(t, url, `SELECT id FROM model_1.message`); !cmp.Equal(got, []string{"m1"}) {
		t.Errorf("former generation = %q, want it left as it was", got)
	}
	if status := p.Status(); status.Fault != nil || status.Generation != 2 {
		t.Errorf("Status = %+v, want generation 2 and no fault", status)
	}
}
