package eventstore

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Entry is one entry of the log with all that the log keeps of it, as it goes
// into an archive and comes from one.
type Entry struct {
	// Seq is its place in the log, from 1 on and without a hole.
	Seq uint64
	// Subject is chitchat.<channel>.
	Subject string
	// Stored is when the log took it, by the log's clock, to the nanosecond.
	Stored time.Time
	// MsgID is the id under which it was appended; empty when there was none.
	MsgID string
	// Header has its other headers, such as those of a trace; nil for most. None
	// of them begins with Nats-: those tell the server what to do.
	Header map[string][]string
	// Payload is kept byte for byte, whether it is an event or not.
	Payload []byte
}

// checkEntry says what keeps an entry from being one of a log.
func checkEntry(e Entry) error {
	token, found := strings.CutPrefix(e.Subject, subjectPrefix)
	switch {
	case !found || token == "" || token == "*" || token == ">" || strings.ContainsAny(token, ". \t\r\n\x00"):
		return fmt.Errorf("its subject %.80q is none of the log", e.Subject)
	case e.Stored.Before(time.Unix(0, 1)) || !time.Unix(0, e.Stored.UnixNano()).Equal(e.Stored):
		return fmt.Errorf("its time %s is none that a log keeps", e.Stored.Format(time.RFC3339Nano))
	case unfitHeader(e.MsgID):
		return errors.New("its id has a line end, or a space before it")
	}
	for name, values := range e.Header {
		if name == "" || strings.HasPrefix(name, serverHeaders) || strings.ContainsAny(name, ":\r\n") {
			return fmt.Errorf("its header %.80q is none that an entry may have", name)
		}
		for _, value := range values {
			if unfitHeader(value) {
				return fmt.Errorf("its header %.80q has a line end, or a space before it", name)
			}
		}
	}
	return nil
}

// unfitHeader reports whether a header's value would come back as another.
func unfitHeader(value string) bool {
	return strings.ContainsAny(value, "\r\n") || strings.TrimLeft(value, " \t") != value
}
