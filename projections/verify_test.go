package projections_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/projections"
)

func verifyNow(t testing.TB, url string, log *memoryLog) projections.Verification {
	t.Helper()
	found, err := projections.Verify(t.Context(), url, log, projections.VerifyOptions{})
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	return found
}

// sample is a log in which everything happened, projected.
func sample(t testing.TB) (*memoryLog, string) {
	log, url := newMemoryLog(), newDatabase(t)
	for i := range 200 {
		log.post("lobby", joins(john, 600*i, fmt.Sprint("s", i), "t1"))
		log.post("lobby", says(john, 600*i+1, fmt.Sprint("m", i%190)))
		log.post("den", says(arya, 600*i+2, fmt.Sprint("m", i)))
		if i%2 == 0 {
			log.post("lobby", leaves(john, 600*i+3, fmt.Sprint("s", i), "t1"))
		}
		if i%50 == 0 {
			log.publish("chitchat.lobby", "junk")
		}
	}
	p := run(t, openStore(t, url), log, projections.Options{})
	caughtUp(t, p, log)
	p.stop()
	return log, url
}

func TestVerifyFindsNothing(t *testing.T) {
	log, url := sample(t)
	found := verifyNow(t, url, log)
	last, _ := log.Last(t.Context())
	if !found.Equal() || found.From() != 0 || found.Position != last || found.LogEnd != last.Seq || found.Generation != 1 {
		t.Errorf("Verify = %+v, want no difference at %v", found, last)
	}
	rows := make(map[string]uint64)
	for _, table := range found.Tables {
		rows[table.Table] = table.Rows
	}
	want := map[string]uint64{"message": 390, "event": 690, "session": 200, "person": 2, "channel": 2, "daily": 4,
		"daily_sender": 4, "quarantine": 14, "checkpoint": 1}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if got := query(t, url, `SELECT nspname::text FROM pg_namespace WHERE nspname = 'chitchat_shadow'`); len(got) != 0 {
		t.Error("the shadow was left behind")
	}
}

type values = map[string]any

// planted are differences, each in one row, and how verify is to name them.
var planted = []struct {
	name, table, plant string
	want               projections.Difference
}{
	{
		"a character", "message", `UPDATE model_1.message SET text = 'Arya says m8' WHERE channel = 'den' AND id = 'm7'`,
		projections.Difference{Key: "den 29", Seq: 29, Want: values{"text": "Arya says m7"}, Have: values{"text": "Arya says m8"}},
	},
	{
		"a nanosecond", "message", `UPDATE model_1.message SET sent_nanos = 788 WHERE channel = 'den' AND id = 'm7'`,
		projections.Difference{Key: "den 29", Seq: 29, Want: values{"sent_nanos": json.Number("789")}, Have: values{"sent_nanos": json.Number("788")}},
	},
	{
		"a payload", "event", `UPDATE model_1.event SET payload = jsonb_set(payload, '{v}', '2') WHERE seq = 27`,
		projections.Difference{Key: "lobby 27", Seq: 27},
	},
	{
		"an end", "session", `UPDATE model_1.session SET reason = 'lost' WHERE session = 's0'`,
		projections.Difference{Key: "lobby 1", Seq: 1, Want: values{"reason": "closed"}, Have: values{"reason": "lost"}},
	},
	{
		"a count", "person", `UPDATE model_1.person SET stays = 201 WHERE user_id = 'u-john'`,
		projections.Difference{Key: "u-john", Seq: 702, Want: values{"stays": json.Number("200")}, Have: values{"stays": json.Number("201")}},
	},
	{
		"a peak", "daily", `UPDATE model_1.daily SET peak_users = 2 WHERE channel = 'den' AND day = '2026-01-01'`,
		projections.Difference{Key: "den 2026-01-01", Want: values{"peak_users": json.Number("0")}, Have: values{"peak_users": json.Number("2")}},
	},
	{
		"a reason", "quarantine", `UPDATE model_1.quarantine SET code = 'refused' WHERE seq = 5`,
		projections.Difference{Key: "5", Seq: 5, Want: values{"code": "invalid"}, Have: values{"code": "refused"}},
	},
	{
		"an end of a channel", "channel", `UPDATE model_1.channel SET last_seen_at = last_seen_at + interval '1 us' WHERE channel = 'den'`,
		projections.Difference{Key: "den", Seq: 704},
	},
	{
		"one missing", "daily_sender", `DELETE FROM model_1.daily_sender WHERE channel = 'den' AND day = '2026-01-01'`,
		projections.Difference{
			Key:  "den 2026-01-01 u-arya",
			Want: values{"channel": "den", "day": "2026-01-01", "user_id": "u-arya"},
		},
	},
	{
		"one too many", "daily_sender", `INSERT INTO model_1.daily_sender VALUES ('den', '2026-01-01', 'u-none')`,
		projections.Difference{
			Key:  "den 2026-01-01 u-none",
			Have: values{"channel": "den", "day": "2026-01-01", "user_id": "u-none"},
		},
	},
}

// TestVerifyFindsEachKindOfDifference plants one difference and wants it named,
// and nothing else.
func TestVerifyFindsEachKindOfDifference(t *testing.T) {
	log, url := sample(t)
	for _, test := range planted {
		t.Run(test.name, func(t *testing.T) {
			table := "model_1." + test.table
			execute(t, url, `CREATE TABLE kept AS TABLE `+table+`;`+test.plant)
			found := verifyNow(t, url, log)
			execute(t, url, `TRUNCATE `+table+`; INSERT INTO `+table+` TABLE kept; DROP TABLE kept`)
			if found.Equal() || found.From() != test.want.Seq {
				t.Errorf("Verify = %v, from %d, want a difference from %d", found.Equal(), found.From(), test.want.Seq)
			}
			for _, check := range found.Tables {
				if check.Table != test.table {
					if check.Blocks > 0 {
						t.Errorf("table %s = %+v, want no difference", check.Table, check)
					}
					continue
				}
				if len(check.Differences) != 1 || check.Differing != 1 || check.Blocks != 1 {
					t.Fatalf("table %s = %+v, want one difference", check.Table, check)
				}
				got := check.Differences[0]
				if test.want.Want == nil && test.want.Have == nil {
					got.Want, got.Have = nil, nil
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("difference (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestVerifyRefusesWhatDoesNotBelongTogether(t *testing.T) {
	log, url := sample(t)
	var position *projections.PositionError
	other := newMemoryLog()
	other.epoch = "ffffffffffff"
	if _, err := projections.Verify(t.Context(), url, other, projections.VerifyOptions{}); !errors.As(err, &position) {
		t.Errorf("Verify with another log = %v, want a PositionError", err)
	}
	execute(t, url, `UPDATE chitchat.generation SET model_version = 'x'`)
	var model *projections.ModelError
	if _, err := projections.Verify(t.Context(), url, log, projections.VerifyOptions{}); !errors.As(err, &model) {
		t.Errorf("Verify of another model = %v, want a ModelError", err)
	}
}
