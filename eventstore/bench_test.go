package eventstore_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkAppend shows what a message costs until it is on disk: the server fsyncs each, as in the product.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(strconv.Itoa(writers), func(b *testing.B) {
			w := setup(b)
			b.ReportAllocs()
			var next atomic.Int64
			var running sync.WaitGroup
			b.ResetTimer()
			for range writers {
				running.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						id := "m-" + strconv.FormatInt(n, 10)
						if _, err := w.log.Append(context.Background(), "lobby", id, message(id)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			running.Wait()
		})
	}
}

// BenchmarkRead shows what an entry costs a reader, decoded: an iteration is one entry, of a log that is read from
// its beginning as often as it takes.
func BenchmarkRead(b *testing.B) {
	const entries = 20_000
	log := setupLong(b, entries)
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= entries {
		reader := log.NewReader(0)
		for want := min(left, entries); want > 0; {
			batch, err := reader.Next(b.Context(), want)
			if err != nil {
				b.Fatal(err)
			}
			want -= len(batch)
		}
		reader.Close()
	}
}
