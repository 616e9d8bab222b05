package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/internal/pgd"
	"github.com/faustman/chitchat/migrations"
)

// BenchmarkRebuild measures `chitchat rebuild` and `chitchat verify` beside a
// running server, and in the same run the least that the same rows can cost: a
// COPY of them into the same tables, and the same indexes. It prints events a
// second, the ratios and the most memory that each command had. The log's
// length is CHITCHAT_BENCH_EVENTS, 100000 when unset. See `make bench-rebuild`.
func BenchmarkRebuild(b *testing.B) {
	events := 100_000
	if text := os.Getenv("CHITCHAT_BENCH_EVENTS"); text != "" {
		var err error
		if events, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	fast := filepath.Join(b.TempDir(), "chitchat") // without the race detector
	if output, err := exec.Command("go", "build", "-o", fast, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, output)
	}
	data := dataDir(b)
	slow := binary
	binary = fast
	defer func() { binary = slow }()
	serve(b, data, freeAddress(b)).stop() // makes the data directory
	fillLog(b, filepath.Join(data, "nats"), events)
	for range b.N {
		measure(b, data, float64(events))
	}
}

func measure(b *testing.B, data string, events float64) {
	began := time.Now()
	p := serve(b, data, freeAddress(b))
	defer p.stop()
	url, err := pgd.Attach(data, pgd.Database)
	if err != nil {
		b.Fatal(err)
	}
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	for seq := 0.0; seq < events; time.Sleep(50 * time.Millisecond) { // between two looks; it takes seconds
		if err := conn.QueryRow(b.Context(), "SELECT applied_seq FROM chat.freshness").Scan(&seq); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("kept up live:      %7.0f events/s, in batches of 5000, with all indexes", events/time.Since(began).Seconds())

	messages, messageRows := copyBare(b, conn, "message")
	b.Logf("COPY, messages:    %7.0f rows/s, with the same indexes made afterwards", messageRows/messages.Seconds())
	all, rows := copyBare(b, conn, "message", "event", "session", "person", "channel", "daily", "daily_sender")
	b.Logf("COPY, all tables:  %7.0f events/s (%.0f rows), the same", events/all.Seconds(), rows)

	took, result, memory := timed(b, 0, "rebuild", "--data", data, "--json")
	b.Logf("rebuild:           %7.0f events/s, %.2f of COPY of all, %.2f of COPY of the messages; %d MiB; phases %v",
		events/took.Seconds(), all.Seconds()/took.Seconds(), messages.Seconds()/took.Seconds()*events/messageRows, memory>>10, result["phase_seconds"])
	took, result, memory = timed(b, 0, "verify", "--data", data, "--json")
	b.Logf("verify:            %7.0f events/s, equal %v; %d MiB", events/took.Seconds(), result["equal"], memory>>10)

	var schema string
	if err := conn.QueryRow(b.Context(), "SELECT 'model_' || generation FROM chat.freshness").Scan(&schema); err != nil {
		b.Fatal(err)
	}
	plant := `UPDATE ` + schema + `.message SET text = overlay(text placing $1 from 5 for 1) WHERE seq = $2`
	planted := int(events)/2/10*10 + 3
	if _, err := conn.Exec(b.Context(), plant, "#", planted); err != nil {
		b.Fatal(err)
	}
	took, result, _ = timed(b, 1, "verify", "--data", data, "--json")
	b.Logf("verify, a planted character: %.1f s", took.Seconds())
	wantFound(b, result, planted)
}

// wantFound wants the planted difference found and named, and no other.
func wantFound(b *testing.B, result map[string]any, seq int) {
	for _, table := range result["tables"].([]any) {
		found, _ := table.(map[string]any)["differences"].([]any)
		if name := table.(map[string]any)["table"]; name != "message" {
			if len(found) != 0 {
				b.Errorf("verify found in table %v: %v, want nothing", name, found)
			}
			continue
		}
		if len(found) != 1 || found[0].(map[string]any)["seq"] != float64(seq) || len(found[0].(map[string]any)["log"].(map[string]any)) != 1 {
			b.Errorf("verify found %v, want the text of sequence %d", found, seq)
		}
	}
}

// timed runs a command and returns how long it took, its JSON and the most
// memory that it had, in KiB.
func timed(b *testing.B, exit int, args ...string) (time.Duration, map[string]any, int64) {
	var out, errs bytes.Buffer
	command := exec.Command(binary, args...)
	command.Env = cleanEnvironment()
	command.Stdout, command.Stderr = &out, &errs
	began := time.Now()
	err := command.Run()
	took := time.Since(began)
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) || command.ProcessState.ExitCode() != exit {
		b.Fatalf("chitchat %v: %v\n%s", args, err, errs.String())
	}
	var result map[string]any
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		b.Fatalf("chitchat %v: %v\n%s", args, err, out.String())
	}
	usage := command.ProcessState.SysUsage().(*syscall.Rusage)
	return took, result, usage.Maxrss
}

// copyBare copies the rows of live tables into new ones of the same shape, and
// makes the same indexes. It returns the time of that and the rows.
func copyBare(b *testing.B, conn *pgx.Conn, tables ...string) (took time.Duration, rows float64) {
	b.Helper()
	execute := func(sql string) {
		if _, err := conn.Exec(b.Context(), sql); err != nil {
			b.Fatalf("%s: %v", sql, err)
		}
	}
	files := make([]*os.File, len(tables))
	for i, table := range tables {
		file, err := os.Create(filepath.Join(b.TempDir(), table))
		if err != nil {
			b.Fatal(err)
		}
		defer file.Close()
		if _, err := conn.PgConn().CopyTo(b.Context(), file, `COPY model_1.`+table+` TO STDOUT (FORMAT binary)`); err != nil {
			b.Fatal(err)
		}
		files[i] = file
	}
	execute(`BEGIN;` + migrations.CreateModel("bare") + `;COMMIT; SET search_path = bare; SET maintenance_work_mem = '256MB'; SET synchronous_commit = off`)
	began := time.Now()
	for i, table := range tables {
		if _, err := files[i].Seek(0, 0); err != nil {
			b.Fatal(err)
		}
		tag, err := conn.PgConn().CopyFrom(b.Context(), files[i], `COPY `+table+` FROM STDIN (FORMAT binary)`)
		if err != nil {
			b.Fatal(err)
		}
		rows += float64(tag.RowsAffected())
		execute(strings.Join(migrations.IndexesOf(table), ";"))
	}
	took = time.Since(began)
	execute(`RESET search_path; RESET synchronous_commit; DROP SCHEMA bare CASCADE`)
	return took, rows
}

// fillLog makes a log of so many events, unsynced and so much faster than
// appends: nine messages in ten of 2000 people in 50 channels, who come and go.
func fillLog(b *testing.B, dir string, events int) {
	b.Helper()
	embedded, err := server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: dir, NoSigs: true, JetStreamMaxStore: 64 << 30})
	if err != nil {
		b.Fatal(err)
	}
	embedded.Start()
	defer func() {
		embedded.Shutdown()
		embedded.WaitForShutdown()
	}()
	conn, err := nats.Connect("", nats.InProcessServer(embedded), nats.ReconnectBufSize(-1))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if _, err := eventstore.Open(b.Context(), conn, eventstore.Options{Logger: slog.New(slog.DiscardHandler)}); err != nil {
		b.Fatal(err)
	}
	stream, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(4000))
	if err != nil {
		b.Fatal(err)
	}
	for i := range events {
		channel, event := made(i)
		if _, err := stream.PublishAsync("chitchat."+channel, domain.Encode(event), jetstream.WithStallWait(time.Minute)); err != nil {
			b.Fatal(err)
		}
	}
	<-stream.PublishAsyncComplete()
}

// made returns the i-th event of a log: of ten, the first is a join, the sixth
// the leave of an earlier one, and all others are messages.
func made(i int) (channel string, event domain.Event) {
	who := i / 10 * 7919 % 2000
	user := domain.User{
		ID: fmt.Sprintf("%032x", who*2654435761), Name: fmt.Sprint("User Number ", who),
		Avatar: "https://www.gravatar.com/avatar/5658ffccee7f0ebfda2b226238b1eb6e?s=128",
	}
	header := domain.Header{From: user, SentAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 5 * time.Second / 2)}
	channel = fmt.Sprint("channel-", i/10%50)
	session := fmt.Sprintf("0198f2c37f3e7cc19d55%012x", i/10)
	switch i % 10 {
	case 0:
		return channel, &domain.SessionJoined{Header: header, Session: session, Term: "0198f2c3-7f3e"}
	case 5:
		return channel, &domain.SessionLeft{Header: header, Session: session, Term: "0198f2c3-7f3e", Reason: domain.ReasonClosed}
	default:
		return channel, &domain.MessagePosted{
			Header: header, ID: fmt.Sprintf("0198f2c3-7f3e-7cc1-9d55-%012x", i),
			Text: fmt.Sprintf("the quick brown fox number %d jumps over the lazy dog, and everybody in %s is glad about it, as ever", i, channel),
		}
	}
}
