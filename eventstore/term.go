package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/time/rate"
)

// termBucket is the KV bucket that has a key for each run of a gateway whose
// sessions may still be in a channel.
const termBucket = "chitchat-gateways"

// complainInterval is how often the log says that there is something in the
// bucket that does not belong there.
const complainInterval = time.Minute

// Term is one run of a gateway, as the bucket keeps it. A gateway begins a
// term when it starts, renews it while it lives, and marks it stopped when it
// ends in order. Whoever sweeps the sessions of a dead term then removes it.
type Term struct {
	// ID names the run; it stands in the joins of its sessions.
	ID string `json:"id"`
	// Began is the log's last sequence when the term began: all joins of the
	// term come behind it.
	Began uint64 `json:"began"`
	// Sockets is how many sockets the gateway had when it last showed itself.
	Sockets int `json:"sockets"`
	// Stopped says that the gateway ended in order.
	Stopped bool `json:"stopped,omitempty"`
	// Renewed is when the gateway last showed that it lives, by the clock of
	// the log's server.
	Renewed time.Time `json:"-"`
	// Revision changes with every sign of life.
	Revision uint64 `json:"-"`
}

// Terms are the terms of all gateways of a log.
type Terms struct {
	js       jetstream.JetStream
	kv       jetstream.KeyValue
	logger   *slog.Logger
	complain rate.Sometimes // about what others put into the bucket
}

// Terms opens the terms, and makes their bucket, with as many replicas as the
// log has, when there is none.
func (l *Log) Terms(ctx context.Context) (*Terms, error) {
	var kv jetstream.KeyValue
	err := l.withPatience(ctx, func(ctx context.Context) (err error) {
		kv, err = l.openTerms(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open gateway terms: %w", err)
	}
	return &Terms{js: l.js, kv: kv, logger: l.logger, complain: rate.Sometimes{Interval: complainInterval}}, nil
}

func (l *Log) openTerms(ctx context.Context) (jetstream.KeyValue, error) {
	kv, err := l.js.KeyValue(ctx, termBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = l.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket:      termBucket,
			Description: "chitchat's gateways: a key for each run whose sessions may be in a channel",
			Storage:     jetstream.FileStorage,
			Replicas:    max(l.kept, 1),
		})
		if errors.Is(err, jetstream.ErrBucketExists) {
			kv, err = l.js.KeyValue(ctx, termBucket)
		}
	}
	return kv, err
}

// Put begins, renews or stops a term, whichever the fields say.
func (t *Terms) Put(ctx context.Context, term Term) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	value, err := json.Marshal(term)
	if err != nil {
		return fmt.Errorf("put term %s: %w", term.ID, err)
	}
	if _, err := t.kv.Put(ctx, term.ID, value); err != nil {
		return fmt.Errorf("put term %s: %w", term.ID, err)
	}
	return nil
}

// Remove forgets a term whose sessions are all swept, as it was listed. It
// fails when the term has shown a sign of life since.
func (t *Terms) Remove(ctx context.Context, term Term) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := t.kv.Purge(ctx, term.ID, jetstream.LastRevision(term.Revision)); err != nil {
		return fmt.Errorf("remove term %s: %w", term.ID, err)
	}
	return nil
}

// List returns all terms, in no order.
func (t *Terms) List(ctx context.Context) ([]Term, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	keys, err := t.keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list gateway terms: %w", err)
	}
	var terms []Term
	for _, key := range keys {
		entry, err := t.kv.Get(ctx, key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("list gateway terms: %w", err)
		}
		var term Term
		if err := json.Unmarshal(entry.Value(), &term); err != nil || term.ID != key {
			// Taken for a term all the same, whose gateway shows no life: whoever
			// sweeps may not take a part for all, and removes what nobody renews.
			t.complain.Do(func() {
				t.logger.Warn("a key in the bucket of gateways is no term", "bucket", termBucket, "key", key, "cause", err)
			})
			term = Term{ID: key}
		}
		term.Renewed, term.Revision = entry.Created(), entry.Revision()
		terms = append(terms, term)
	}
	return terms, nil
}

// keys returns the keys that there are or were. It asks for the subjects of the
// bucket's stream: to list keys, the client library makes a consumer, and a
// cluster may put that on a server that it has not noticed to be lost.
func (t *Terms) keys(ctx context.Context) ([]string, error) {
	const prefix = "$KV." + termBucket + "."
	stream, err := again(ctx, func(ctx context.Context) (jetstream.Stream, error) { return t.js.Stream(ctx, "KV_"+termBucket) })
	if err != nil {
		return nil, err
	}
	info, err := again(ctx, func(ctx context.Context) (*jetstream.StreamInfo, error) {
		return stream.Info(ctx, jetstream.WithSubjectFilter(prefix+">"))
	})
	if err != nil {
		return nil, err
	}
	var keys []string
	for subject := range info.State.Subjects {
		keys = append(keys, strings.TrimPrefix(subject, prefix))
	}
	return keys, nil
}
