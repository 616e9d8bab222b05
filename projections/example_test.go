package projections_test

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/projections"
)

// Example keeps the read model up to date and reads a message back that the log
// has just taken.
func Example() {
	serve := func(ctx context.Context, log *eventstore.Log, databaseURL string, seq uint64) error {
		store, err := projections.Open(ctx, projections.Config{URL: databaseURL})
		if err != nil {
			return err
		}
		defer store.Close()
		group, ctx := errgroup.WithContext(ctx)
		projector := projections.NewProjector(store, log, projections.Options{})
		group.Go(func() error { return projector.Run(ctx) })
		group.Go(func() error {
			bounded, cancel := context.WithTimeout(ctx, 2*time.Second)
			defer cancel()
			if err := store.WaitApplied(bounded, seq); err != nil {
				return err
			}
			page, err := store.Messages(ctx, "lobby", projections.MessageQuery{Limit: 10})
			for _, m := range page.Messages {
				fmt.Println(m.Seq, m.From.Name, m.Text)
			}
			return err
		})
		return group.Wait()
	}
	_ = serve // it needs a log and a database; the tests of this package have both
}
