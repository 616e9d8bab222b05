package eventstore

import (
	"time"

	"github.com/faustman/chitchat/domain"
)

// Record is one entry of the log as it is read, whether it is an event or not.
type Record struct {
	Seq     uint64
	Subject string
	// Channel is empty when the subject names no channel.
	Channel domain.Channel
	// Stored is when the log took it, by the log's clock.
	Stored  time.Time
	Payload []byte
	// Header has the headers of the message; only a [Reader] gives them.
	Header map[string][]string
	// Event is nil when Err is not.
	Event domain.Event
	// Err says why the entry is no event: it is to be quarantined. It is a
	// *domain.Error.
	Err error
}

// Decode returns the record of an entry that somebody kept, as a [Reader] does. It never fails: what is wrong stands in the record.
func Decode(subject string, seq uint64, stored time.Time, payload []byte) Record {
	record := Record{Seq: seq, Subject: subject, Stored: stored, Payload: payload}
	name := subject[min(len(subjectPrefix), len(subject)):]
	channel, err := domain.ParseChannel(name)
	if err != nil || string(channel) != name {
		record.Err = domain.Errorf(domain.CodeInvalidEvent, "its subject %.80q names no channel", subject)
		return record
	}
	record.Channel = channel
	record.Event, record.Err = domain.Decode(payload)
	return record
}
