package pgd_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/internal/pgd"
)

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	server, err := pgd.Start(ctx, pgd.Options{
		Dir: dir, Bin: os.Getenv("CHITCHAT_PG_BIN"), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Stop(ctx)

	url, err := pgd.Attach(dir, pgd.Database) // as a command in another process does
	if err != nil {
		fmt.Println(err)
		return
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close(ctx)
	var fsync string
	err = conn.QueryRow(ctx, `SHOW fsync`).Scan(&fsync)
	fmt.Println("fsync:", fsync, err)
	// Output: fsync: on <nil>
}
