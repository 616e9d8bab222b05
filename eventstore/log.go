package eventstore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace"

	"github.com/faustman/chitchat/domain"
)

const (
	// Stream is the name of the stream that is the log.
	Stream = "CHITCHAT"

	subjectPrefix = "chitchat."
	// epochKey is the key of the epoch in the stream's metadata.
	epochKey = "chitchat-epoch"
	// epochBytes make an epoch: 48 random bits, so that no two logs of one
	// installation share one.
	epochBytes = 6
	// dedupWindow is how long NATS remembers the ids of appends. It lives in
	// the server's memory; beyond it a retry is looked up in SQL.
	dedupWindow = 2 * time.Minute
	// requestTimeout bounds every question to the server but an append.
	requestTimeout = 5 * time.Second
)

// ErrEpochChanged says that the stream is not the one that was opened: it was
// deleted and made anew. Nothing that was read before has to do with it.
var ErrEpochChanged = errors.New("the log is another log than before: its epoch changed")

// ErrNoLog says that there is no log to open.
var ErrNoLog = errors.New("there is no log yet: start `chitchat serve` once")

// Log is an open log. It is safe for concurrent use.
type Log struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	epoch  string
	kept   int // how many servers keep the stream
	logger *slog.Logger
	tracer trace.Tracer  // nil when nothing is traced
	turns  chan struct{} // capacity maxAppends: one for each append under way
	doubt  doubt
}

// Options are the settings of [Open].
type Options struct {
	// Replicas is how many servers keep the log when Open makes it; 0 means
	// three where NATS is a cluster, and one elsewhere.
	Replicas int
	// Existing makes Open fail with [ErrNoLog] instead of making a log.
	Existing bool
	// Logger takes what a person should know; slog.Default() when nil.
	Logger *slog.Logger
	// Tracer makes a span of each append and keeps its context in the entry's
	// headers; nil for none.
	Tracer trace.Tracer
}

// Open opens the log of the server that nc is connected to, and makes it when
// there is none. It fails with a [*SettingsError] when there is a stream of
// that name whose settings break the promises of this package, and leaves a
// stream of other settings as it is. While a cluster is starting it waits for
// it, bounded. nc must be made with ReconnectBufSize(-1), so that nothing is sent after its caller
// gave up; Open refuses another one.
func Open(ctx context.Context, nc *nats.Conn, opts Options) (*Log, error) {
	if nc.Opts.ReconnectBufSize >= 0 {
		return nil, errors.New("open log: the connection would send what its caller gave up: set ReconnectBufSize(-1)")
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	log := &Log{nc: nc, js: js, logger: opts.Logger, tracer: opts.Tracer, turns: make(chan struct{}, maxAppends)}
	if log.logger == nil {
		log.logger = slog.Default()
	}
	var config jetstream.StreamConfig
	err = log.withPatience(ctx, func(ctx context.Context) error {
		config, err = log.openStream(ctx, opts)
		return err
	})
	if err != nil && tooFew(err) && !errors.Is(err, errTooFewServers) {
		err = fmt.Errorf("%w: %w", errTooFewServers, err)
	}
	if errors.Is(err, nats.ErrNoResponders) {
		err = fmt.Errorf("this NATS account has no JetStream: turn it on there, or use another user: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if err := checkSettings(config); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if want := replicasOn(nc, opts.Replicas); config.Replicas != want && !opts.Existing {
		log.logger.Warn("the stream exists with another number of replicas than it would be made with and is left as it is: change it with `nats stream edit "+Stream+" --replicas`",
			"have", config.Replicas, "want", want)
	}
	log.epoch, log.kept = config.Metadata[epochKey], config.Replicas
	return log, nil
}

func (l *Log) openStream(ctx context.Context, opts Options) (jetstream.StreamConfig, error) {
	stream, err := l.js.Stream(ctx, Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if opts.Existing {
			return jetstream.StreamConfig{}, ErrNoLog
		}
		stream, err = l.js.CreateStream(ctx, settings(newEpoch(), replicasOn(l.nc, opts.Replicas)))
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another process was faster
			stream, err = l.js.Stream(ctx, Stream)
		}
	}
	if err != nil {
		return jetstream.StreamConfig{}, err
	}
	return stream.CachedInfo().Config, nil
}

// settings are those of the stream: no limit that would drop an event, and
// nobody may delete one.
func settings(epoch string, replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        Stream,
		Description: "chitchat's log: messages, joins and leaves, one subject a channel",
		Subjects:    []string{subjectPrefix + "*"},
		Storage:     jetstream.FileStorage,
		Retention:   jetstream.LimitsPolicy,
		Discard:     jetstream.DiscardNew,
		MaxMsgs:     -1,
		MaxBytes:    -1,
		MaxMsgSize:  domain.MaxEventBytes,
		Duplicates:  dedupWindow,
		Replicas:    replicas,
		DenyDelete:  true,
		DenyPurge:   true,
		AllowDirect: true,
		Metadata:    map[string]string{epochKey: epoch},
	}
}

// SettingsError says that the stream's settings break what the log promises.
type SettingsError struct {
	// Differences has a sentence for each setting.
	Differences []string
}

// Error lists the settings and says what to do.
func (e *SettingsError) Error() string {
	return "the stream " + Stream + " exists with settings under which events could be lost or changed: " +
		strings.Join(e.Differences, "; ") +
		". It is left as it is: change these settings with the nats command, or use another account."
}

func checkSettings(have jetstream.StreamConfig) error {
	if have.Metadata[importKey] != "" {
		return ErrUnfinished
	}
	want := settings("", have.Replicas)
	var differences []string
	check := func(same bool, name string, have, want any) {
		if !same {
			differences = append(differences, fmt.Sprintf("%s is %v and must be %v", name, have, want))
		}
	}
	check(len(have.Subjects) == 1 && have.Subjects[0] == want.Subjects[0], "subjects", have.Subjects, want.Subjects)
	check(have.Storage == want.Storage, "storage", have.Storage, want.Storage)
	check(have.PersistMode == want.PersistMode, "persist-mode", "async", "default")
	check(have.Retention == want.Retention, "retention", have.Retention, want.Retention)
	check(have.MaxMsgs <= 0, "max-msgs", have.MaxMsgs, "unlimited")
	check(have.MaxBytes <= 0 || have.Discard == jetstream.DiscardNew, "discard", have.Discard, want.Discard)
	check(have.MaxAge == 0, "max-age", have.MaxAge, "unlimited")
	check(have.MaxMsgsPerSubject <= 0, "max-msgs-per-subject", have.MaxMsgsPerSubject, "unlimited")
	check(have.MaxMsgSize <= 0 || have.MaxMsgSize >= want.MaxMsgSize, "max-msg-size", have.MaxMsgSize, want.MaxMsgSize)
	check(have.Duplicates >= want.Duplicates, "duplicate-window", have.Duplicates, want.Duplicates)
	check(have.DenyDelete, "deny-delete", have.DenyDelete, true)
	check(have.DenyPurge, "deny-purge", have.DenyPurge, true)
	check(have.AllowDirect, "allow-direct", have.AllowDirect, true)
	check(!have.AllowMsgTTL, "allow-msg-ttl", have.AllowMsgTTL, false)
	check(!have.AllowMsgCounter, "allow-msg-counter", have.AllowMsgCounter, false)
	check(!have.AllowMsgSchedules, "allow-msg-schedules", have.AllowMsgSchedules, false)
	check(have.SubjectTransform == nil, "subject-transform", "set", "unset")
	check(!have.NoAck, "no-ack", have.NoAck, false)
	check(!have.Sealed, "sealed", have.Sealed, false)
	check(have.Mirror == nil && len(have.Sources) == 0, "mirror or sources", "set", "unset")
	check(have.Metadata[epochKey] != "", "metadata "+epochKey, "missing", "set")
	if len(differences) > 0 {
		return &SettingsError{Differences: differences}
	}
	return nil
}

func newEpoch() string {
	raw := make([]byte, epochBytes)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	return hex.EncodeToString(raw)
}

// Replicas returns how many servers keep the log, as it was opened.
func (l *Log) Replicas() int { return l.kept }

// Epoch returns the epoch of the log.
func (l *Log) Epoch() string { return l.epoch }

// Last returns the position of the newest entry; its sequence is 0 in an empty
// log. It fails with [ErrEpochChanged] when the stream is another one by now.
func (l *Log) Last(ctx context.Context) (domain.Position, error) {
	info, err := l.info(ctx)
	if err != nil {
		return domain.Position{}, fmt.Errorf("end of the log: %w", err)
	}
	return domain.Position{Epoch: l.epoch, Seq: info.State.LastSeq}, nil
}

// RenewEpoch gives the log another epoch and leaves all else as it is: what is
// in it is the truth from now on, whatever anybody remembers of a log of the
// old epoch. It is for an operator whose log has lost its end, before anything
// is appended. Whoever has the log open, l itself included, gets
// [ErrEpochChanged] from then on and opens it anew.
func (l *Log) RenewEpoch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	info, err := l.info(ctx)
	if err != nil {
		return fmt.Errorf("renew the log's epoch: %w", err)
	}
	config := info.Config
	config.Metadata = maps.Clone(config.Metadata)
	config.Metadata[epochKey] = newEpoch()
	if _, err := l.js.UpdateStream(ctx, config); err != nil {
		return fmt.Errorf("renew the log's epoch: %w", err)
	}
	return nil
}

// info asks for the stream, which must still be the one that was opened.
func (l *Log) info(ctx context.Context) (*jetstream.StreamInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	began := time.Now()
	stream, err := again(ctx, func(ctx context.Context) (jetstream.Stream, error) { return l.js.Stream(ctx, Stream) })
	l.heed(began, err)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("%w: the stream is gone", ErrEpochChanged)
	}
	if err != nil {
		return nil, err
	}
	info := stream.CachedInfo()
	if info.Config.Metadata[epochKey] != l.epoch {
		return nil, ErrEpochChanged
	}
	return info, nil
}

func subject(channel domain.Channel) string { return subjectPrefix + string(channel) }
