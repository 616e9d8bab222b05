package natsd_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/nats-io/nats.go"

	"github.com/faustman/chitchat/internal/natsd"
)

func Example() {
	store, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(store)

	server, err := natsd.Start(context.Background(), natsd.Options{StoreDir: store, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	conn, err := server.Connect(nats.Name("example"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	fmt.Println("connected:", conn.IsConnected(), "healthy:", server.Healthz() == nil)
	// Output: connected: true healthy: true
}
