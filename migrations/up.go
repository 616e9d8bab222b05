package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed sql/*.sql
var files embed.FS

const (
	// versionTable is where goose notes what it has applied: in our own schema,
	// so that it meets neither another program's goose nor a locked "public".
	versionTable = "chitchat.migration"
	// lockID is the advisory lock of all migrations of chitchat in a database.
	lockID int64 = 0x63686974
	// lockPeriod and lockTries bound the wait for another process that
	// migrates: 30 s, far more than any step takes.
	lockPeriod, lockTries = 1, 30
)

// Applied is something that Up did.
type Applied struct {
	// Name is the file of the step, such as "00001_foundation.sql".
	Name string
	Took time.Duration
	// Notices are the database's remarks for the operator.
	Notices []string
}

// Up brings the database at url up to date and says what it did: nothing when
// it was. Errors are the database's, wrapped with the step; the steps before it
// stay applied.
func Up(ctx context.Context, url string) ([]Applied, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	var notices []string
	config.OnNotice = func(_ *pgconn.PgConn, notice *pgconn.Notice) {
		if notice.Severity == "NOTICE" && notice.Code == "00000" {
			notices = append(notices, notice.Message)
		}
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()

	if err := createSchema(ctx, db); err != nil {
		return nil, fmt.Errorf("create schema chitchat: %w", err)
	}
	applied, err := steps(ctx, db)
	if err != nil {
		return applied, err
	}
	began := time.Now()
	notices = nil
	role, err := unnumbered(analystFile)
	if err != nil {
		return applied, err
	}
	if _, err := db.ExecContext(ctx, role); err != nil {
		return applied, fmt.Errorf("apply %s: %w", analystFile, err)
	}
	if len(notices) > 0 {
		applied = append(applied, Applied{Name: analystFile, Took: time.Since(began), Notices: notices})
	}
	return applied, nil
}

// createSchema makes the schema that goose keeps its table in. Two processes
// may do it at the same moment, and IF NOT EXISTS does not cover that.
func createSchema(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS chitchat")
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "23505" {
		return nil
	}
	return err
}

// steps applies the numbered files that are new to the database.
func steps(ctx context.Context, db *sql.DB) ([]Applied, error) {
	dir, err := fs.Sub(files, "sql")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker(
		lock.WithLockID(lockID), lock.WithLockTimeout(lockPeriod, lockTries))
	if err != nil {
		return nil, fmt.Errorf("migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, dir,
		goose.WithTableName(versionTable), goose.WithSessionLocker(locker),
		goose.WithExcludeNames([]string{analystFile, privateFile}))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	applied := make([]Applied, 0, len(results)+1)
	for _, result := range results {
		applied = append(applied, Applied{Name: path.Base(result.Source.Path), Took: result.Duration})
	}
	if err != nil {
		return applied, fmt.Errorf("migrate: %w", err)
	}
	return applied, nil
}
