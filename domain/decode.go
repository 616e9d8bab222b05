package domain

import (
	"encoding/json"
	"time"
	"unicode/utf8"
)

// stored is the JSON of every type of event, of the newest version.
type stored struct {
	Type    Type      `json:"type"`
	Version int       `json:"v"`
	ID      string    `json:"id"`
	From    User      `json:"from_user"`
	SentAt  time.Time `json:"sent_at"`
	Text    string    `json:"text"`
	Session string    `json:"session"`
	Term    string    `json:"term"`
	Reason  Reason    `json:"reason"`
}

// Decode reads an event of any version as it is stored in the log, whoever
// wrote it, brings it up to date and checks it against the rules. The error is
// an [*Error] with [CodeInvalidEvent] whose message says what is wrong: the
// entry is no event, and is to be quarantined.
func Decode(payload []byte) (Event, error) {
	return decode(payload, upcasts[:])
}

// decode is Decode for a program whose newest version is the one that the last
// of the steps makes.
func decode(payload []byte, steps []upcast) (Event, error) {
	if len(payload) > MaxEventBytes {
		return nil, invalidEvent("it has %d bytes, more than %d", len(payload), MaxEventBytes)
	}
	if !utf8.Valid(payload) {
		return nil, invalidEvent("it is not UTF-8")
	}
	// Nearly all are of the newest version, and pay nothing for the others.
	raw := new(stored)
	if err := json.Unmarshal(payload, raw); err != nil || raw.Version != newest(steps) {
		if raw, err = bringUpToDate(payload, steps); err != nil {
			return nil, err
		}
	}
	if err := raw.checkHeader(); err != nil {
		return nil, err
	}
	return raw.event()
}

func (raw *stored) checkHeader() error {
	if err := raw.From.Check(); err != nil {
		return invalidEvent("from_user: %v", err)
	}
	// Years outside of these are a broken clock, and not every reader of SQL
	// can show them.
	if year := raw.SentAt.UTC().Year(); year < 1970 || year > 9998 {
		return invalidEvent("sent_at is missing or outside of the years 1970 to 9998")
	}
	return nil
}

func (raw *stored) event() (Event, error) {
	header := Header{From: raw.From, SentAt: raw.SentAt.UTC()}
	switch raw.Type {
	case TypeMessage:
		if err := CheckID(raw.ID); err != nil {
			return nil, invalidEvent("id: %v", err)
		}
		if err := CheckText(raw.Text); err != nil {
			return nil, invalidEvent("text: %v", err)
		}
		return &MessagePosted{Header: header, ID: raw.ID, Text: raw.Text}, nil
	case TypeJoin:
		if err := raw.checkSession(); err != nil {
			return nil, err
		}
		return &SessionJoined{Header: header, Session: raw.Session, Term: raw.Term}, nil
	case TypeLeave:
		if err := raw.checkSession(); err != nil {
			return nil, err
		}
		if raw.Reason != ReasonClosed && raw.Reason != ReasonLost {
			return nil, invalidEvent("reason is not %q or %q", ReasonClosed, ReasonLost)
		}
		return &SessionLeft{Header: header, Session: raw.Session, Term: raw.Term, Reason: raw.Reason}, nil
	default:
		return nil, invalidEvent("its type %.40q is not known", raw.Type)
	}
}

func (raw *stored) checkSession() error {
	if !token(raw.Session) {
		return invalidEvent("session is not 1 to %d printable ASCII characters", MaxIDBytes)
	}
	if raw.Term != "" && !token(raw.Term) {
		return invalidEvent("term is not 1 to %d printable ASCII characters", MaxIDBytes)
	}
	return nil
}

func invalidEvent(format string, args ...any) error {
	return Errorf(CodeInvalidEvent, format, args...)
}
