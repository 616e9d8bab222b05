package eventstore_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/natsd"
)

func Example() {
	if err := example(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// stored at 1
	// read 1 in lobby: hey
	// history has 1 event
}

func example(ctx context.Context) error {
	store, err := os.MkdirTemp("", "example")
	if err != nil {
		return err
	}
	defer os.RemoveAll(store)
	server, err := natsd.Start(ctx, natsd.Options{StoreDir: store, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer server.Close()
	conn, err := server.Connect()
	if err != nil {
		return err
	}
	defer conn.Close()

	log, err := eventstore.Open(ctx, conn, eventstore.Options{})
	if err != nil {
		return err
	}
	ada := domain.User{ID: "u-1", Name: "Ada"}
	event, err := domain.PostMessage{From: ada, ID: "m-1", Text: "hey"}.Event(time.Now())
	if err != nil {
		return err
	}
	appended, err := log.Append(ctx, "lobby", ada.ID+" "+event.ID, event)
	if err != nil {
		return err // eventstore.ErrRefused or eventstore.ErrUnknown
	}
	fmt.Println("stored at", appended.Seq)

	reader := log.NewReader(0)
	defer reader.Close()
	records, err := reader.Next(ctx, 100)
	if err != nil {
		return err
	}
	for _, record := range records {
		if message, ok := record.Event.(*domain.MessagePosted); ok {
			fmt.Printf("read %d in %s: %s\n", record.Seq, record.Channel, message.Text)
		}
	}

	history, err := log.History(ctx, "lobby", 0, appended.Seq, eventstore.Bounds{Scan: 1000, Events: 100})
	if err != nil {
		return err
	}
	fmt.Println("history has", len(history), "event")
	return nil
}
