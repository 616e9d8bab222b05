package projections_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/projections"
)

// fill appends n messages of 100 users in 10 channels.
func fill(log *memoryLog, from, n int) {
	text := strings.Repeat("x", 128)
	for i := from; i < from+n; i++ {
		user := domain.User{ID: fmt.Sprintf("%032x", i%100), Name: fmt.Sprint("user ", i%100), Avatar: john.Avatar}
		log.post(domain.Channel(fmt.Sprint("c", i%10)), &domain.MessagePosted{
			Header: domain.Header{From: user, SentAt: epoch.Add(time.Duration(i) * time.Millisecond)},
			ID:     fmt.Sprintf("0198f2c3-7f3e-7cc1-9d55-%012x", i), Text: text,
		})
	}
}

// BenchmarkProject shows what an event costs on its way into the tables, in
// batches of one, some and many. Decoding is not in it.
func BenchmarkProject(b *testing.B) {
	for _, batch := range []int{1, 100, 5000} {
		b.Run(fmt.Sprint("batch=", batch), func(b *testing.B) {
			log := newMemoryLog()
			p := run(b, openStore(b, newDatabase(b)), log, projections.Options{Batch: batch})
			fill(log, 0, 100) // the statements are prepared, the users are known
			caughtUp(b, p, log)
			p.stop()
			fill(log, 100, b.N)
			b.ReportAllocs()
			b.ResetTimer()
			p = run(b, p.store, log, projections.Options{Batch: batch})
			caughtUp(b, p, log)
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkRebuild shows what an event costs in a rebuild, without its decoding.
// See BenchmarkRebuild of cmd/chitchat for the whole.
func BenchmarkRebuild(b *testing.B) {
	log, url := newMemoryLog(), newDatabase(b)
	fill(log, 0, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	rebuilt, err := projections.Rebuild(b.Context(), url, log, projections.RebuildOptions{Logger: discard()})
	if err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(b.N)/rebuilt.Took[projections.PhaseLoad].Seconds(), "loaded/s")
}

// BenchmarkProjectBare is what BenchmarkProject is to be seen beside: the rows of
// the message table alone, without a checkpoint, copied or inserted by others.
func BenchmarkProjectBare(b *testing.B) {
	url := newDatabase(b)
	p := run(b, openStore(b, url), newMemoryLog(), projections.Options{})
	eventually(b, "the tables", func() bool { return p.Status().Generation > 0 })
	p.stop()
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	columns := []string{"channel", "seq", "id", "user_id", "user_name", "user_avatar", "sent_at", "sent_nanos", "text"}
	row := func(i int) []any {
		user := fmt.Sprintf("%032x", i%100)
		return []any{fmt.Sprint("c", i%10), i, fmt.Sprintf("0198f2c3-7f3e-7cc1-9d55-%012x", i), user, user,
			john.Avatar, epoch.Add(time.Duration(i) * time.Millisecond), 0, strings.Repeat("x", 128)}
	}
	n := 0
	b.Run("insert=1", func(b *testing.B) {
		for range b.N {
			n++
			if _, err := conn.Exec(b.Context(), "INSERT INTO model_1.message VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", row(n)...); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("copy=5000", func(b *testing.B) {
		for left := b.N; left > 0; left -= 5000 {
			_, err := conn.CopyFrom(b.Context(), pgx.Identifier{"model_1", "message"}, columns,
				pgx.CopyFromSlice(min(left, 5000), func(int) ([]any, error) { n++; return row(n), nil }))
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}

// BenchmarkMessages reads the last 50 of a channel, beside a bare SELECT of the
// same rows over the same kind of pool.
func BenchmarkMessages(b *testing.B) {
	log, url := newMemoryLog(), newDatabase(b)
	store := openStore(b, url)
	p := run(b, store, log, projections.Options{})
	fill(log, 0, 100_000)
	caughtUp(b, p, log)
	p.stop()
	execute(b, url, "VACUUM ANALYZE")

	b.Run("query", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				page, err := store.Messages(context.Background(), "c1", projections.MessageQuery{})
				if err != nil || len(page.Messages) != projections.DefaultPage {
					b.Errorf("Messages = %d, %v", len(page.Messages), err)
				}
			}
		})
	})
	b.Run("bare", func(b *testing.B) {
		pool, err := pgxpool.New(b.Context(), url)
		if err != nil {
			b.Fatal(err)
		}
		defer pool.Close()
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				rows, _ := pool.Query(context.Background(), `
SELECT seq, id, user_id, user_name, user_avatar, sent_at, text
FROM model_1.message WHERE channel = $1 ORDER BY seq DESC LIMIT 50`, "c1")
				got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
					Seq                int64
					ID, User, Name, To string
					SentAt             time.Time
					Text               string
				}])
				if err != nil || len(got) != 50 {
					b.Errorf("SELECT = %d, %v", len(got), err)
				}
			}
		})
	})
}
