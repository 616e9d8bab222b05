package httpapi

import (
	"time"

	"github.com/faustman/chitchat/domain"
)

// MessageQuery says which messages to read. The zero values of Before, After
// and StartTime ask for no bound.
type MessageQuery struct {
	Limit         int
	Before, After uint64
	StartTime     time.Time
}

// Message is a message at its place in the log.
type Message struct {
	Seq    uint64
	ID     string
	From   domain.User
	SentAt time.Time
	Text   string
}

// MessagePage is messages, oldest first.
type MessagePage struct {
	Messages []Message
	Position domain.Position
	HasMore  bool
}

// Person is a user who is in a channel, with their sessions.
type Person struct {
	User     domain.User
	Sessions []string
}

// Roster is who is in a channel.
type Roster struct {
	People   []Person
	Position domain.Position
}
