package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/faustman/chitchat/domain"
)

// ErrTooFar says that a history is longer than its bounds allow.
var ErrTooFar = errors.New("too far back")

// Bounds limit a [Log.History].
type Bounds struct {
	// Scan is how many entries of the whole log it may read.
	Scan uint64
	// Events is how many of the channel's events it may return.
	Events int
}

// History returns the channel's events behind the sequence after up to and
// with upTo, in order and complete. It reads the whole log between the two and
// picks the channel's, since consumers with a filter have skipped messages. It
// fails with [ErrTooFar] beyond the bounds. upTo must not be beyond the log.
func (l *Log) History(ctx context.Context, channel domain.Channel, after, upTo uint64, bounds Bounds) ([]Record, error) {
	if upTo <= after {
		return nil, nil
	}
	if upTo-after > bounds.Scan {
		return nil, fmt.Errorf("history of %s: %w: %d entries", channel, ErrTooFar, upTo-after)
	}
	reader := l.NewReader(after)
	defer reader.Close()
	var events []Record
	for at := after; at < upTo; {
		batch, err := reader.Next(ctx, readerBuffer)
		if err != nil {
			return nil, fmt.Errorf("history of %s: %w", channel, err)
		}
		for _, record := range batch {
			at = record.Seq
			if at > upTo || record.Channel != channel || record.Err != nil {
				continue
			}
			if len(events) == bounds.Events {
				return nil, fmt.Errorf("history of %s: %w: over %d events", channel, ErrTooFar, bounds.Events)
			}
			events = append(events, record)
		}
	}
	return events, nil
}

// lookBack bounds how many entries that are no events LastOf steps over. A
// channel with more of them in a row at its end was written by a program that
// is not ours; the sequence of one of them is then close enough, since clients
// take a prev before their position for proof.
const lookBack = 64

// LastOf returns the sequence of the channel's newest event at or before upTo,
// and 0 when there is none.
func (l *Log) LastOf(ctx context.Context, channel domain.Channel, upTo uint64) (uint64, error) {
	if upTo == 0 {
		return 0, nil
	}
	record, found, err := l.newest(ctx, channel)
	for range lookBack {
		if err != nil {
			return 0, fmt.Errorf("last event of %s: %w", channel, err)
		}
		if !found {
			return 0, nil
		}
		if record.Seq <= upTo && record.Err == nil {
			return record.Seq, nil
		}
		if upTo = min(upTo, record.Seq-1); upTo == 0 {
			return 0, nil
		}
		record, found, err = l.newestUpTo(ctx, channel, upTo)
	}
	return record.Seq, err
}

// newest asks the stream's leader, which is never behind.
func (l *Log) newest(ctx context.Context, channel domain.Channel) (Record, bool, error) {
	request, err := json.Marshal(map[string]string{"last_by_subj": subject(channel)})
	if err != nil {
		return Record{}, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	reply, err := l.nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+Stream, request)
	if err != nil {
		return Record{}, false, err
	}
	var answer struct {
		Error *struct {
			ErrorCode   int    `json:"err_code"`
			Description string `json:"description"`
		} `json:"error"`
		Message struct {
			Seq  uint64    `json:"seq"`
			Data []byte    `json:"data"`
			Time time.Time `json:"time"`
		} `json:"message"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return Record{}, false, err
	}
	const notFound = 10037
	switch {
	case answer.Error == nil:
		return Decode(subject(channel), answer.Message.Seq, answer.Message.Time, answer.Message.Data), true, nil
	case answer.Error.ErrorCode == notFound:
		return Record{}, false, nil
	default:
		return Record{}, false, fmt.Errorf("%s (%d)", answer.Error.Description, answer.Error.ErrorCode)
	}
}

// newestUpTo asks with a direct get, the only question that looks backwards
// from a sequence. Any replica may answer it; one that lags gives an older
// event, which costs a client one needless reading of the history.
func (l *Log) newestUpTo(ctx context.Context, channel domain.Channel, upTo uint64) (Record, bool, error) {
	request, err := json.Marshal(map[string]any{"multi_last": []string{subject(channel)}, "up_to_seq": upTo})
	if err != nil {
		return Record{}, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	reply, err := l.nc.RequestWithContext(ctx, "$JS.API.DIRECT.GET."+Stream, request)
	if err != nil {
		return Record{}, false, err
	}
	switch status := reply.Header.Get("Status"); status {
	case "":
	case "404":
		return Record{}, false, nil
	default:
		return Record{}, false, fmt.Errorf("direct get: %s %s", status, reply.Header.Get("Description"))
	}
	return directRecord(reply)
}

func directRecord(reply *nats.Msg) (Record, bool, error) {
	seq, err := strconv.ParseUint(reply.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil {
		return Record{}, false, fmt.Errorf("direct get: sequence: %w", err)
	}
	stored, err := time.Parse(time.RFC3339Nano, reply.Header.Get("Nats-Time-Stamp"))
	if err != nil {
		return Record{}, false, fmt.Errorf("direct get: time: %w", err)
	}
	return Decode(reply.Header.Get("Nats-Subject"), seq, stored, reply.Data), true, nil
}
