package domain

import (
	"strings"
	"time"
	"unicode/utf8"
)

// PostMessage is the command to say something in a channel.
type PostMessage struct {
	From User
	// ID is the client's own, and the key under which a repeated command is
	// found to be the same one.
	ID   string
	Text string
}

// Event checks the command and returns the event that it makes at the given
// time. Errors are [*Error] with [CodeInvalidText] or [CodeInvalidID].
func (c PostMessage) Event(at time.Time) (*MessagePosted, error) {
	if err := CheckID(c.ID); err != nil {
		return nil, err
	}
	if err := CheckText(c.Text); err != nil {
		return nil, err
	}
	return &MessagePosted{Header: Header{From: c.From, SentAt: at.UTC()}, ID: c.ID, Text: c.Text}, nil
}

// CheckText tells whether text may be a message: 1 to [MaxTextRunes] code
// points of valid UTF-8, no U+0000, not white space alone. The error is an
// [*Error] with [CodeInvalidText].
func CheckText(text string) error {
	switch {
	case len(text) > MaxTextRunes*utf8.UTFMax || utf8.RuneCountInString(text) > MaxTextRunes:
		return Errorf(CodeInvalidText, "A message has at most %d characters. Shorten it or send it in parts.", MaxTextRunes)
	case !utf8.ValidString(text):
		return Errorf(CodeInvalidText, "A message is text in UTF-8. Mend its encoding.")
	case strings.ContainsRune(text, 0):
		return Errorf(CodeInvalidText, "A message may not contain U+0000. Leave that character out.")
	case strings.TrimSpace(text) == "":
		return Errorf(CodeInvalidText, "A message needs some text.")
	}
	return nil
}

// CheckID tells whether id may name a message: 1 to [MaxIDBytes] printable
// ASCII characters without spaces. The error is an [*Error] with
// [CodeInvalidID].
func CheckID(id string) error {
	if !token(id) {
		return Errorf(CodeInvalidID, "An id has 1 to %d printable ASCII characters without spaces; a UUIDv7 is a good one.", MaxIDBytes)
	}
	return nil
}

// token reports whether s is 1 to MaxIDBytes bytes of visible ASCII: such a
// string is safe in a NATS header, in a URL's query and in Postgres.
func token(s string) bool {
	if s == "" || len(s) > MaxIDBytes {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
