package telemetry_test

import (
	"context"
	"fmt"

	"github.com/faustman/chitchat/internal/telemetry"
)

// Without a collector in the environment there are no traces, and nothing to do
// differently.
func Example() {
	traces, err := telemetry.Start(context.Background(), telemetry.Options{Roles: []string{"gateway"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer traces.Close()
	fmt.Println(traces.Tracer("gateway") == nil)
	// Output: true
}
