package eventstore_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/natstest"
)

func TestOpenKeepsTheEpoch(t *testing.T) {
	w := setup(t)
	post(t, w.log, "lobby", "m-1")
	if err := w.server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := open(t, natstest.Connect(t, w.server))
	if again.Epoch() == "" || again.Epoch() != w.log.Epoch() {
		t.Errorf("epoch after a restart is %q, want %q", again.Epoch(), w.log.Epoch())
	}
	want := domain.Position{Epoch: w.log.Epoch(), Seq: 1}
	if got, err := again.Last(t.Context()); err != nil || got != want {
		t.Errorf("Last = %v, %v, want %v", got, err, want)
	}
	if got, err := domain.ParsePosition(want.String()); err != nil || got != want {
		t.Errorf("ParsePosition(%v) = %v, %v, want itself", want, got, err)
	}
}

func TestOpenGivesAnotherLogAnotherEpoch(t *testing.T) {
	w := setup(t)
	if err := w.js.DeleteStream(t.Context(), eventstore.Stream); err != nil {
		t.Fatal(err)
	}
	if again := open(t, w.nc); again.Epoch() == w.log.Epoch() {
		t.Errorf("epoch of the new log is %q again, want another", again.Epoch())
	}
}

// Processes that start at the same time open one log.
func TestOpenAtTheSameTime(t *testing.T) {
	server := natstest.New(t)
	epochs := make([]string, 8)
	var running sync.WaitGroup
	for i := range epochs {
		nc := natstest.Connect(t, server)
		running.Go(func() {
			if log, err := eventstore.Open(t.Context(), nc, eventstore.Options{}); err != nil {
				t.Errorf("Open = %v, want a log", err)
			} else {
				epochs[i] = log.Epoch()
			}
		})
	}
	running.Wait()
	for _, epoch := range epochs {
		if epoch == "" || epoch != epochs[0] {
			t.Errorf("epochs are %q, want one", epochs)
		}
	}
}

func TestOpenExisting(t *testing.T) {
	nc := natstest.Conn(t)
	if _, err := eventstore.Open(t.Context(), nc, eventstore.Options{Existing: true}); !errors.Is(err, eventstore.ErrNoLog) {
		t.Errorf("Open = %v, want %v", err, eventstore.ErrNoLog)
	}
	if _, err := jetStream(t, nc).Stream(t.Context(), eventstore.Stream); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("Stream = %v, want none made", err)
	}
	made := open(t, nc)
	log, err := eventstore.Open(t.Context(), nc, eventstore.Options{Existing: true})
	if err != nil || log.Epoch() != made.Epoch() {
		t.Errorf("Open = %v, want the log that is there", err)
	}
}

func TestOpenRefusesAConnectionThatSendsLater(t *testing.T) {
	server := natstest.New(t)
	for _, size := range []int{0, 1, nats.DefaultReconnectBufSize} {
		nc := natstest.Connect(t, server, nats.ReconnectBufSize(size))
		if _, err := eventstore.Open(t.Context(), nc, eventstore.Options{}); err == nil || !strings.Contains(err.Error(), "ReconnectBufSize(-1)") {
			t.Errorf("Open with a buffer of %d = %v, want a refusal that names ReconnectBufSize(-1)", size, err)
		}
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := eventstore.Open(ctx, natstest.Conn(t), eventstore.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want %v", err, context.Canceled)
	}
}

func streamConfig(t *testing.T, js jetstream.JetStream) jetstream.StreamConfig {
	t.Helper()
	stream, err := js.Stream(t.Context(), eventstore.Stream)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().Config
}

// replace makes the stream anew with other settings.
func replace(t *testing.T, js jetstream.JetStream, config jetstream.StreamConfig) {
	t.Helper()
	if err := js.DeleteStream(t.Context(), eventstore.Stream); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Fatal(err)
	}
	create(t, func() error {
		_, err := js.CreateStream(t.Context(), config)
		return err
	})
}

func TestOpenRefusesOtherSettings(t *testing.T) {
	tests := []struct {
		name   string
		change func(*jetstream.StreamConfig)
		want   string
	}{
		{"all subjects below", func(c *jetstream.StreamConfig) { c.Subjects = []string{"chitchat.>"} }, "subjects is [chitchat.>]"},
		{"one more subject", func(c *jetstream.StreamConfig) { c.Subjects = append(c.Subjects, "other") }, "subjects is"},
		{"in memory", func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage }, "storage is Memory"},
		{"written later", func(c *jetstream.StreamConfig) { c.PersistMode = jetstream.AsyncPersistMode }, "persist-mode is"},
		{"work queue", func(c *jetstream.StreamConfig) { c.Retention = jetstream.WorkQueuePolicy }, "retention is"},
		{"while there is interest", func(c *jetstream.StreamConfig) { c.Retention = jetstream.InterestPolicy }, "retention is"},
		{"bound of messages", func(c *jetstream.StreamConfig) { c.MaxMsgs = 1000 }, "max-msgs is 1000"},
		{"bound of bytes that drops the oldest", func(c *jetstream.StreamConfig) { c.MaxBytes, c.Discard = 1<<20, jetstream.DiscardOld }, "discard is"},
		{"bound of age", func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour }, "max-age is 1h"},
		{"bound a subject", func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 10 }, "max-msgs-per-subject is 10"},
		{"bound of a message", func(c *jetstream.StreamConfig) { c.MaxMsgSize = domain.MaxEventBytes - 1 }, "max-msg-size is 65535"},
		{"short memory of ids", func(c *jetstream.StreamConfig) { c.Duplicates = time.Minute }, "duplicate-window is 1m"},
		{"delete allowed", func(c *jetstream.StreamConfig) { c.DenyDelete = false }, "deny-delete is false"},
		{"purge allowed", func(c *jetstream.StreamConfig) { c.DenyPurge = false }, "deny-purge is false"},
		{"messages that expire", func(c *jetstream.StreamConfig) { c.AllowMsgTTL = true }, "allow-msg-ttl is true"},
		{"messages that count", func(c *jetstream.StreamConfig) { c.AllowMsgCounter, c.Discard = true, jetstream.DiscardOld }, "allow-msg-counter is true"},
		{"messages that wait", func(c *jetstream.StreamConfig) { c.AllowMsgSchedules, c.Discard = true, jetstream.DiscardOld }, "allow-msg-schedules is true"},
		{"subjects changed", func(c *jetstream.StreamConfig) {
			c.SubjectTransform = &jetstream.SubjectTransformConfig{Source: "chitchat.a", Destination: "chitchat.b"}
		}, "subject-transform is"},
		{"no answers", func(c *jetstream.StreamConfig) { c.NoAck = true }, "no-ack is true"},
		{"no direct get", func(c *jetstream.StreamConfig) { c.AllowDirect = false }, "allow-direct is false"},
		{"mirror", func(c *jetstream.StreamConfig) {
			c.Mirror, c.Subjects = &jetstream.StreamSource{Name: "OTHER"}, nil
			c.Duplicates, c.Discard = 0, jetstream.DiscardOld
		}, "mirror or sources is set"},
		{"sources", func(c *jetstream.StreamConfig) { c.Sources = []*jetstream.StreamSource{{Name: "OTHER"}} }, "mirror or sources is set"},
		{"no epoch", func(c *jetstream.StreamConfig) { c.Metadata = nil }, "metadata chitchat-epoch is missing"},
	}
	w := setup(t)
	right := streamConfig(t, w.js)
	if _, err := w.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "OTHER", Subjects: []string{"elsewhere"}}); err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := right
			config.Subjects = append([]string(nil), right.Subjects...)
			test.change(&config)
			replace(t, w.js, config)
			before := streamConfig(t, w.js)

			_, err := eventstore.Open(t.Context(), w.nc, eventstore.Options{})
			var settings *eventstore.SettingsError
			if !errors.As(err, &settings) {
				t.Fatalf("Open = %v, want a SettingsError", err)
			}
			if !strings.Contains(err.Error(), test.want) || len(settings.Differences) == 0 {
				t.Errorf("Open = %v, want it with %q", err, test.want)
			}
			if diff := cmp.Diff(before, streamConfig(t, w.js)); diff != "" {
				t.Errorf("Open changed the stream (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenRefusesASealedStream(t *testing.T) {
	w := setup(t)
	config := streamConfig(t, w.js)
	config.Sealed = true
	if _, err := w.js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	if _, err := eventstore.Open(t.Context(), w.nc, eventstore.Options{}); err == nil || !strings.Contains(err.Error(), "sealed is true") {
		t.Errorf("Open = %v, want a refusal that names sealed", err)
	}
}

// What takes nothing from the log is the operator's affair.
func TestOpenAcceptsOtherSettings(t *testing.T) {
	tests := []struct {
		name   string
		change func(*jetstream.StreamConfig)
	}{
		{"as made", func(*jetstream.StreamConfig) {}},
		{"another description", func(c *jetstream.StreamConfig) { c.Description = "ours" }},
		{"compressed", func(c *jetstream.StreamConfig) { c.Compression = jetstream.S2Compression }},
		{"bound of bytes that refuses new ones", func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 30 }},
		{"larger messages", func(c *jetstream.StreamConfig) { c.MaxMsgSize = -1 }},
		{"longer memory of ids", func(c *jetstream.StreamConfig) { c.Duplicates = time.Hour }},
		{"more metadata", func(c *jetstream.StreamConfig) {
			c.Metadata = map[string]string{"chitchat-epoch": c.Metadata["chitchat-epoch"], "team": "ours"}
		}},
	}
	w := setup(t)
	right := streamConfig(t, w.js)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := right
			test.change(&config)
			replace(t, w.js, config)
			log, err := eventstore.Open(t.Context(), w.nc, eventstore.Options{})
			if err != nil {
				t.Fatalf("Open = %v, want a log", err)
			}
			if got := post(t, log, "lobby", "m-1"); got != 1 {
				t.Errorf("Append = %d, want 1", got)
			}
		})
	}
}

func TestLastSaysThatTheEpochChanged(t *testing.T) {
	w := setup(t)
	if err := w.js.DeleteStream(t.Context(), eventstore.Stream); err != nil {
		t.Fatal(err)
	}
	if _, err := w.log.Last(t.Context()); !errors.Is(err, eventstore.ErrEpochChanged) {
		t.Errorf("Last without the stream = %v, want %v", err, eventstore.ErrEpochChanged)
	}
	open(t, w.nc)
	if _, err := w.log.Last(t.Context()); !errors.Is(err, eventstore.ErrEpochChanged) {
		t.Errorf("Last of another stream = %v, want %v", err, eventstore.ErrEpochChanged)
	}
}

func TestNothingIsDeleted(t *testing.T) {
	w := setup(t)
	postMany(t, w.log, "lobby", 3)
	stream, err := w.js.Stream(t.Context(), eventstore.Stream)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		call func() error
	}{
		{"purge", func() error { return stream.Purge(t.Context()) }},
		{"purge of a channel", func() error { return stream.Purge(t.Context(), jetstream.WithPurgeSubject("chitchat.lobby")) }},
		{"delete", func() error { return stream.DeleteMsg(t.Context(), 2) }},
		{"secure delete", func() error { return stream.SecureDeleteMsg(t.Context(), 2) }},
		{"update that allows both", func() error {
			config := stream.CachedInfo().Config
			config.DenyDelete, config.DenyPurge = false, false
			_, err := w.js.UpdateStream(t.Context(), config)
			return err
		}},
		{"roll-up", func() error {
			msg := &nats.Msg{Subject: "chitchat.lobby", Header: nats.Header{"Nats-Rollup": {"sub"}}}
			_, err := w.js.PublishMsg(t.Context(), msg)
			return err
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var api jetstream.JetStreamError
			if err := test.call(); !errors.As(err, &api) {
				t.Errorf("err = %v, want the server's refusal", err)
			}
		})
	}
	wantContiguous(t, read(t, newReader(t, w.log, 0), 3), 0)
}

// Everything is as it was but the epoch, and who has the log open is told.
func TestRenewEpoch(t *testing.T) {
	w := setup(t)
	postMany(t, w.log, "lobby", 3)
	before := streamConfig(t, w.js)
	config := before
	config.Metadata = map[string]string{"chitchat-epoch": w.log.Epoch(), "team": "ours"}
	config.Description = "ours"
	if _, err := w.js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	before = streamConfig(t, w.js)
	if err := w.log.RenewEpoch(t.Context()); err != nil {
		t.Fatalf("RenewEpoch: %v", err)
	}
	again := open(t, w.nc)
	if again.Epoch() == "" || again.Epoch() == w.log.Epoch() {
		t.Errorf("epoch = %q, want another than %q", again.Epoch(), w.log.Epoch())
	}
	after := streamConfig(t, w.js)
	if after.Metadata["team"] != "ours" {
		t.Errorf("metadata = %v, want the rest kept", after.Metadata)
	}
	after.Metadata["chitchat-epoch"] = w.log.Epoch()
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("stream (-want +got):\n%s", diff)
	}
	records := read(t, newReader(t, again, 0), 3)
	wantContiguous(t, records, 0)
	if seq := post(t, again, "lobby", "m-4"); seq != 4 {
		t.Errorf("next sequence = %d, want 4", seq)
	}
	for name, err := range map[string]error{
		"Last":       func() error { _, err := w.log.Last(t.Context()); return err }(),
		"RenewEpoch": w.log.RenewEpoch(t.Context()),
	} {
		if !errors.Is(err, eventstore.ErrEpochChanged) {
			t.Errorf("%s of the log opened before = %v, want %v", name, err, eventstore.ErrEpochChanged)
		}
	}
}
