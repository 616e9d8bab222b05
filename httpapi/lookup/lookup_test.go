package lookup_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi/gateway"
	"github.com/faustman/chitchat/httpapi/lookup"
	"github.com/faustman/chitchat/internal/natstest"
	"github.com/faustman/chitchat/projections"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What asks and what is asked in production.
var (
	_ gateway.Tables  = (*lookup.Client)(nil)
	_ lookup.Tables   = (*projections.Store)(nil)
	_ lookup.Asker    = (*eventstore.Log)(nil)
	_ lookup.Answerer = (*eventstore.Log)(nil)
)

// patience bounds every wait of a test.
const patience = 20 * time.Second

// tables knows one message and some stays.
type tables struct {
	stays   []domain.Stay
	broken  atomic.Bool
	waiting chan uint64
}

var errBroken = errors.New("connect to 10.0.0.7: password authentication failed")

func (t *tables) WaitApplied(ctx context.Context, seq uint64) error {
	if t.broken.Load() {
		return errBroken
	}
	t.waiting <- seq
	return nil
}

func (t *tables) FindMessage(_ context.Context, userID, id string) (uint64, bool, error) {
	if t.broken.Load() {
		return 0, false, errBroken
	}
	if userID == "u-ada" && id == "m-1" {
		return 812, true, nil
	}
	return 0, false, nil
}

func (t *tables) OpenStays(context.Context) (domain.Position, []domain.Stay, error) {
	return domain.Position{Epoch: "aaaabbbbcccc", Seq: 900}, t.stays, nil
}

// setup returns a client, and what its questions are answered from once answer
// is called.
func setup(t *testing.T) (client *lookup.Client, from *tables, answer func()) {
	t.Helper()
	log, err := eventstore.Open(t.Context(), natstest.Conn(t), eventstore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	from = &tables{waiting: make(chan uint64, 1)}
	client = lookup.NewClient(log)
	return client, from, func() {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- lookup.Answer(ctx, log, from, func(error) {}) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Answer = %v", err)
			}
		})
		for asked := bounded(t); ; { // until somebody listens
			if _, _, err := client.FindMessage(asked, "", ""); err == nil {
				return
			}
			if asked.Err() != nil {
				t.Fatal("nobody answers")
			}
		}
	}
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func TestQuestions(t *testing.T) {
	client, from, answer := setup(t)
	for i := range 1000 { // more than one part of an answer has
		from.stays = append(from.stays, domain.Stay{
			Channel: "größe", Session: fmt.Sprint("s", i), User: domain.User{ID: "u", Name: strings.Repeat("ü", 60)}, Term: "t",
			JoinedSeq: uint64(i), JoinedAt: time.Date(2026, 1, 1, 12, 0, 0, 123456789, time.UTC),
		})
	}
	answer()
	if seq, found, err := client.FindMessage(bounded(t), "u-ada", "m-1"); seq != 812 || !found || err != nil {
		t.Errorf("FindMessage = %d, %v, %v, want 812, true, nil", seq, found, err)
	}
	if _, found, err := client.FindMessage(bounded(t), "u-ada", "m-2"); found || err != nil {
		t.Errorf("FindMessage of none = %v, %v, want false, nil", found, err)
	}
	if err := client.WaitApplied(bounded(t), 77); err != nil {
		t.Errorf("WaitApplied = %v", err)
	}
	if seq := <-from.waiting; seq != 77 {
		t.Errorf("waited for %d, want 77", seq)
	}
	position, stays, err := client.OpenStays(bounded(t))
	if err != nil || position.Seq != 900 {
		t.Fatalf("OpenStays = %v, %v", position, err)
	}
	if diff := cmp.Diff(from.stays, stays); diff != "" {
		t.Errorf("stays (-want +got):\n%s", diff)
	}
}

func TestNobodyAnswers(t *testing.T) {
	client, _, _ := setup(t)
	if err := client.WaitApplied(bounded(t), 1); !errors.Is(err, eventstore.ErrNoAnswer) {
		t.Errorf("WaitApplied = %v, want ErrNoAnswer", err)
	}
	if _, _, err := client.OpenStays(bounded(t)); !errors.Is(err, eventstore.ErrNoAnswer) {
		t.Errorf("OpenStays = %v, want ErrNoAnswer", err)
	}
}

// Why the tables can't be asked is for the log of who asked them.
func TestFaultStaysInside(t *testing.T) {
	client, from, answer := setup(t)
	answer()
	from.broken.Store(true)
	_, _, err := client.FindMessage(bounded(t), "u-ada", "m-1")
	if !errors.Is(err, eventstore.ErrNoAnswer) || strings.Contains(err.Error(), "10.0.0.7") {
		t.Errorf("FindMessage = %v, want ErrNoAnswer without the database's words", err)
	}
}
