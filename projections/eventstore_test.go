package projections_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/natstest"
	"github.com/faustman/chitchat/projections"
)

// TestProjectorOnTheLog runs the projector on the log it is made for, with
// what another program publishes straight into the stream.
func TestProjectorOnTheLog(t *testing.T) {
	conn := natstest.Conn(t)
	log, err := eventstore.Open(t.Context(), conn, eventstore.Options{Logger: discard()})
	if err != nil {
		t.Fatalf("open log: %v", err)
	}
	store := openStore(t, newDatabase(t))
	p := projections.NewProjector(store, log, projections.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	}()

	eventually(t, "the tables", func() bool { return p.Status().Generation > 0 })
	var want []string
	for i := range 100 {
		id := fmt.Sprint("m", i)
		appended, err := log.Append(t.Context(), "lobby", id, says(john, i, id))
		if err != nil {
			t.Fatalf("append: %v", err)
		}
		want = append(want, fmt.Sprint(appended.Seq, " ", id))
		if i%10 == 0 {
			if err := conn.Publish("chitchat.lobby", []byte("junk")); err != nil {
				t.Fatalf("publish: %v", err)
			}
		}
	}
	last, err := log.Last(t.Context())
	if err != nil {
		t.Fatalf("last: %v", err)
	}
	waiting, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	if err := store.WaitApplied(waiting, last.Seq); err != nil {
		t.Fatalf("WaitApplied: %v, status %+v", err, p.Status())
	}
	page, err := store.Messages(t.Context(), "lobby", projections.MessageQuery{Limit: 200})
	if err != nil {
		t.Fatalf("Messages: %v", err)
	}
	var got []string
	for _, m := range page.Messages {
		got = append(got, fmt.Sprint(m.Seq, " ", m.ID))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if page.Position != (domain.Position{Epoch: log.Epoch(), Seq: last.Seq}) {
		t.Errorf("Position = %v, want %v", page.Position, last)
	}
	if status := p.Status(); status.Quarantined != 10 || status.Fault != nil {
		t.Errorf("Status = %+v, want 10 quarantined and no fault", status)
	}
}
