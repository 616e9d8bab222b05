package demo_test

import (
	"fmt"
	"time"

	"github.com/faustman/chitchat/internal/demo"
)

func Example() {
	sample, err := demo.New(demo.Options{Seed: 1, Weeks: 1, Until: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for entry := range sample.Entries() {
		fmt.Println(entry.Channel, entry.Event.Type(), entry.Event.By().Name)
		break
	}
	// Output: support join Jonas Petrichor
}
