package projections_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/projections"
)

func TestProjectorAppliesWhatTheLogSays(t *testing.T) {
	url, log := newDatabase(t), newMemoryLog()
	store := openStore(t, url)
	log.post("lobby", joins(john, 0, "s1", "t1"))
	log.post("lobby", says(john, 1, "m1"))
	log.post("lobby", joins(arya, 2, "s2", "t1"))
	log.post("den", says(arya, 3, "m1"))
	p := run(t, store, log, projections.Options{})
	caughtUp(t, p, log)
	log.post("lobby", joins(john, 4, "s1", "t2"))
	log.post("lobby", leaves(arya, 5, "s2", "t1"))
	log.post("lobby", leaves(john, 6, "s1", "t1")) // of a term that no longer holds it
	caughtUp(t, p, log)

	want := []string{
		`channel (den,4,"2026-01-01 12:00:03.123456+00",4,"2026-01-01 12:00:03.123456+00",1,0)`,
		`channel (lobby,1,"2026-01-01 12:00:00.123456+00",7,"2026-01-01 12:00:06.123456+00",1,2)`,
		`checkpoint (aaaabbbbcccc,7,"2026-01-01 12:00:06.123456+00")`,
		`daily (den,2026-01-01,1,1,0,0)`,
		`daily (lobby,2026-01-01,1,1,2,2)`,
		`daily_sender (den,2026-01-01,u-arya)`,
		`daily_sender (lobby,2026-01-01,u-john)`,
		`message (den,4,m1,u-arya,Arya,,"2026-01-01 12:00:03.123456+00",789,"Arya says m1")`,
		`message (lobby,2,m1,u-john,"John Snow",https://example.com/john.png,"2026-01-01 12:00:01.123456+00",789,"John Snow says m1")`,
		`person (u-arya,Arya,,3,"2026-01-01 12:00:02.123456+00",6,"2026-01-01 12:00:05.123456+00",1,1)`,
		`person (u-john,"John Snow",https://example.com/john.png,1,"2026-01-01 12:00:00.123456+00",7,"2026-01-01 12:00:06.123456+00",1,1)`,
		`session (1,lobby,s1,u-john,"John Snow",https://example.com/john.png,t2,"2026-01-01 12:00:00.123456+00",789,,,)`,
		`session (3,lobby,s2,u-arya,Arya,,t1,"2026-01-01 12:00:02.123456+00",789,6,"2026-01-01 12:00:05.123456+00",closed)`,
	}
	isEvent := func(row string) bool { return strings.HasPrefix(row, "event ") }
	if diff := cmp.Diff(want, slices.DeleteFunc(dump(t, url, "model_1"), isEvent)); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	var events []string
	for _, record := range log.records {
		events = append(events, fmt.Sprint(record.Seq, " ", record.Channel, " ", record.Event.Type(), " ", string(record.Payload)))
	}
	stored := query(t, url, `SELECT format('%s %s %s ', seq, channel, type) || payload FROM chat.events ORDER BY seq`)
	if diff := cmp.Diff(asJSONB(t, url, events), stored); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	status := p.Status()
	if status.Lag != 0 || status.Fault != nil || status.Events != 7 || status.Generation != 1 {
		t.Errorf("Status = %+v, want generation 1, 7 events, no lag, no fault", status)
	}
}

// asJSONB writes the JSON that ends each line as Postgres does.
func asJSONB(t *testing.T, url string, lines []string) []string {
	return query(t, url, `
SELECT left(line, strpos(line, '{') - 1) || substr(line, strpos(line, '{'))::jsonb
FROM unnest($1::text[]) WITH ORDINALITY AS l(line, n) ORDER BY n`, lines)
}
