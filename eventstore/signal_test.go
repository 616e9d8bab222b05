package eventstore_test

import (
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/internal/natstest"
)

type signal struct {
	channel domain.Channel
	payload string
}

// listen returns what is told from now on, and the function that ends it.
func listen(t *testing.T, nc *nats.Conn) (<-chan signal, func()) {
	t.Helper()
	told := make(chan signal, 16)
	stop, err := open(t, nc).OnSignal(func(channel domain.Channel, payload []byte) { told <- signal{channel, string(payload)} })
	if err != nil {
		t.Fatal(err)
	}
	flush(t, nc)
	return told, stop
}

func flush(t *testing.T, nc *nats.Conn) {
	t.Helper()
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
}

func tell(t *testing.T, w *world, channel domain.Channel, payload string) {
	t.Helper()
	if err := w.log.Signal(channel, []byte(payload)); err != nil {
		t.Fatalf("Signal = %v", err)
	}
}

func TestSignalsReachEveryGateway(t *testing.T) {
	w := setup(t)
	one, _ := listen(t, natstest.Connect(t, w.server))
	two, _ := listen(t, natstest.Connect(t, w.server))
	tell(t, w, "café", "first")
	tell(t, w, "lobby", "second")
	for _, told := range []<-chan signal{one, two} {
		for _, want := range []signal{{"café", "first"}, {"lobby", "second"}} {
			if got := <-told; got != want {
				t.Errorf("told %v, want %v", got, want)
			}
		}
	}
	if got := last(t, w.log); got != 0 {
		t.Errorf("the log ends at %d, want nothing kept", got)
	}
}

func TestSignalsOfNoChannelAreDropped(t *testing.T) {
	w := setup(t)
	told, _ := listen(t, natstest.Connect(t, w.server))
	for _, subject := range []string{"chitchat-signal.Lobby", "chitchat-signal.$x", "chitchat-signal.cafe\u0301", "chitchat-signal.a.b", "chitchat.lobby"} {
		if err := w.nc.Publish(subject, []byte("bad")); err != nil {
			t.Fatal(err)
		}
	}
	tell(t, w, "lobby", "good")
	if got, want := <-told, (signal{"lobby", "good"}); got != want {
		t.Errorf("told %v, want %v", got, want)
	}
}

func TestSignalsEnd(t *testing.T) {
	w := setup(t)
	nc := natstest.Connect(t, w.server)
	told, stop := listen(t, nc)
	stop()
	flush(t, nc)
	tell(t, w, "lobby", "late")
	flush(t, w.nc)
	flush(t, nc) // whatever the server had for it has come
	if len(told) != 0 {
		t.Errorf("told %v after the end, want nothing", <-told)
	}
}

func TestSignalWithoutAConnection(t *testing.T) {
	w := setup(t)
	w.nc.Close()
	if err := w.log.Signal("lobby", nil); err == nil {
		t.Error("Signal = nil, want an error")
	}
	if _, err := w.log.OnSignal(func(domain.Channel, []byte) {}); err == nil {
		t.Error("OnSignal = nil, want an error")
	}
}
