package domain_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/faustman/chitchat/domain"
)

func Example() {
	john, err := domain.NewUser("John Snow", "john.snow@gmail.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	command := domain.PostMessage{From: domain.User{ID: john.ID, Name: john.Name}, ID: "m-1", Text: "hey"}
	event, err := command.Event(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
		return
	}
	stored := domain.Encode(event)
	fmt.Printf("%s\n", stored)

	read, err := domain.Decode(stored)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", domain.AppendFrame(nil, read, 120, 117))
	// Output:
	// {"type":"message","v":1,"id":"m-1","from_user":{"id":"97f960a48b419ff55a2abfba9d8de223","name":"John Snow"},"sent_at":"2026-01-01T12:00:00Z","text":"hey"}
	// {"type":"message","seq":120,"prev":117,"v":1,"id":"m-1","from_user":{"id":"97f960a48b419ff55a2abfba9d8de223","name":"John Snow"},"sent_at":"2026-01-01T12:00:00Z","text":"hey"}
}

func ExampleParseChannel() {
	channel, err := domain.ParseChannel("Café")
	fmt.Println(channel, err)

	_, err = domain.ParseChannel("a.>")
	fmt.Println(errors.Is(err, &domain.Error{Code: domain.CodeInvalidChannel}))
	// Output:
	// café <nil>
	// true
}

func ExamplePresence() {
	ada := domain.Header{From: domain.User{ID: "u-1", Name: "Ada"}}
	presence := domain.NewPresence()
	first := presence.Apply("lobby", 1, &domain.SessionJoined{Header: ada, Session: "tab-1"})
	second := presence.Apply("lobby", 2, &domain.SessionJoined{Header: ada, Session: "tab-2"})
	left := presence.Apply("lobby", 3, &domain.SessionLeft{Header: ada, Session: "tab-1"})
	fmt.Println("shown:", first.Visible, second.Visible, left.Visible)
	fmt.Println("users:", presence.Users("lobby"), "sessions:", presence.Sessions("lobby"))
	// Output:
	// shown: true false false
	// users: 1 sessions: 1
}

func ExampleParsePosition() {
	position, err := domain.ParsePosition("0f3a9c:812")
	fmt.Println(position.Epoch, position.Seq, err)
	// Output: 0f3a9c 812 <nil>
}
