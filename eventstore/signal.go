package eventstore

import (
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/faustman/chitchat/domain"
)

// signalPrefix is the subject of what is told but not kept. It is outside of
// the stream's subjects.
const signalPrefix = "chitchat-signal."

// Signal tells the readers of all gateways something of a channel that is not
// kept, such as typing. It may get lost.
func (l *Log) Signal(channel domain.Channel, payload []byte) error {
	if err := l.nc.Publish(signalPrefix+string(channel), payload); err != nil {
		return fmt.Errorf("signal to %s: %w", channel, err)
	}
	return nil
}

// tellSubject is where processes tell each other of the log as a whole.
const tellSubject = "chitchat-told"

// Tell tells all processes something of the log as a whole that is not kept. It
// may get lost.
func (l *Log) Tell(payload []byte) error {
	if err := l.nc.Publish(tellSubject, payload); err != nil {
		return fmt.Errorf("tell: %w", err)
	}
	return nil
}

// OnTold calls handle for all that is told, one after the other, until the
// returned function is called.
func (l *Log) OnTold(handle func(payload []byte)) (stop func(), err error) {
	subscription, err := l.nc.Subscribe(tellSubject, func(msg *nats.Msg) { handle(msg.Data) })
	if err != nil {
		return nil, fmt.Errorf("listen to what is told: %w", err)
	}
	return func() { _ = subscription.Unsubscribe() }, nil
}

// OnSignal calls handle for each signal, one after the other, until the
// returned function is called.
func (l *Log) OnSignal(handle func(channel domain.Channel, payload []byte)) (stop func(), err error) {
	subscription, err := l.nc.Subscribe(signalPrefix+"*", func(msg *nats.Msg) {
		name := msg.Subject[len(signalPrefix):]
		if channel, err := domain.ParseChannel(name); err == nil && string(channel) == name {
			handle(channel, msg.Data)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("listen to signals: %w", err)
	}
	return func() { _ = subscription.Unsubscribe() }, nil
}
