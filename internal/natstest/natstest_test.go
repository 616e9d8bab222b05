package natstest_test

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/faustman/chitchat/internal/natstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServersShareNothing(t *testing.T) {
	for range 2 {
		js, err := jetstream.New(natstest.Conn(t))
		if err != nil {
			t.Fatal(err)
		}
		config := jetstream.StreamConfig{Name: "LOG", Subjects: []string{"log.*"}}
		if _, err := js.CreateStream(t.Context(), config); err != nil {
			t.Fatal(err)
		}
		ack, err := js.Publish(t.Context(), "log.a", nil)
		if err != nil || ack.Sequence != 1 {
			t.Errorf("Publish = %v, %v, want sequence 1", ack, err)
		}
	}
}

func TestServerMayBeClosedByTest(t *testing.T) {
	server := natstest.New(t)
	natstest.Connect(t, server)
	if err := server.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
}
