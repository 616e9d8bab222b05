package migrations

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const (
	// Analyst is the role that reads the views of chat and nothing else.
	Analyst = "chitchat_analyst"
	// Reader is the private Postgres' user with the rights of [Analyst], for
	// who comes over the unix socket.
	Reader = "chitchat_reader"

	// analystFile and privateFile are applied again and again; they are no
	// steps.
	analystFile = "analyst.sql"
	privateFile = "private.sql"
)

// Private makes the roles for questions in SQL in the private Postgres at url,
// takes from everybody else what Postgres allows by default, and undoes what a
// role has made of its own settings. The user must be the superuser, and the
// database must be chitchat's alone. It neither lets the analyst log in nor
// keeps it out. It is quick, and may be called as often as one likes, beside a
// running server.
func Private(ctx context.Context, url string) error {
	statements, err := unnumbered(privateFile, analystFile)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// Both in one transaction: nobody logs in with half of the limits.
	if _, err := conn.Exec(ctx, statements); err != nil {
		return fmt.Errorf("apply %s: %w", privateFile, err)
	}
	return nil
}

// unnumbered returns the SQL of files that are no steps, one after the other.
func unnumbered(names ...string) (string, error) {
	all := ""
	for _, name := range names {
		content, err := files.ReadFile("sql/" + name)
		if err != nil {
			return "", fmt.Errorf("read migration: %w", err)
		}
		all += string(content)
	}
	return all, nil
}
