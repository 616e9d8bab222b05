package lookup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/faustman/chitchat/domain"
)

const (
	// name is what the questions are asked under.
	name = "tables"
	// staysAPart bounds a part of the answer to who is where. A stay is under
	// 2 KiB, and NATS takes a message of 1 MiB.
	staysAPart = 250
)

// Tables is what is asked; projections' store is one.
type Tables interface {
	// WaitApplied waits until the tables have the sequence.
	WaitApplied(ctx context.Context, seq uint64) error
	// FindMessage looks a message up by its author and the author's id for it.
	FindMessage(ctx context.Context, userID, id string) (seq uint64, found bool, err error)
	// OpenStays returns who is in which channel, as of a position.
	OpenStays(ctx context.Context) (domain.Position, []domain.Stay, error)
}

// Asker carries a question to who answers; the log is one.
type Asker interface {
	Ask(ctx context.Context, name string, question []byte, take func(part []byte) error) error
}

// Answerer brings questions; the log is one.
type Answerer interface {
	Answer(ctx context.Context, name string, handle func(ctx context.Context, question []byte, reply func([]byte) error) error) error
}

// question is one of three, by the field that is set.
type question struct {
	Applied uint64   `json:"applied,omitempty"`
	Message *message `json:"message,omitempty"`
	Stays   bool     `json:"stays,omitempty"`
}

type message struct {
	UserID string `json:"user_id"`
	ID     string `json:"id"`
}

// part is a part of an answer.
type part struct {
	Seq      uint64           `json:"seq,omitempty"`
	Found    bool             `json:"found,omitempty"`
	Position *domain.Position `json:"position,omitempty"`
	Count    int              `json:"count,omitempty"` // of all stays
	Stays    []domain.Stay    `json:"stays,omitempty"`
}

// Answer answers from the tables until ctx ends. fault is told why a question
// had no answer; the asker is told that it has none.
func Answer(ctx context.Context, from Answerer, tables Tables, fault func(error)) error {
	return from.Answer(ctx, name, func(ctx context.Context, raw []byte, reply func([]byte) error) error {
		err := answer(ctx, tables, raw, func(p part) error {
			encoded, err := json.Marshal(p)
			if err != nil {
				return err
			}
			return reply(encoded)
		})
		if err != nil {
			fault(err)
			return errors.New("the tables can't be asked now") // the rest is not the asker's
		}
		return nil
	})
}

func answer(ctx context.Context, tables Tables, raw []byte, reply func(part) error) error {
	var q question
	if err := json.Unmarshal(raw, &q); err != nil {
		return fmt.Errorf("read a question: %w", err)
	}
	switch {
	case q.Applied > 0:
		return tables.WaitApplied(ctx, q.Applied)
	case q.Message != nil:
		seq, found, err := tables.FindMessage(ctx, q.Message.UserID, q.Message.ID)
		if err != nil {
			return err
		}
		return reply(part{Seq: seq, Found: found})
	case q.Stays:
		return answerStays(ctx, tables, reply)
	default:
		return errors.New("read a question: it is none that this program knows")
	}
}

func answerStays(ctx context.Context, tables Tables, reply func(part) error) error {
	position, stays, err := tables.OpenStays(ctx)
	if err != nil {
		return err
	}
	if err := reply(part{Position: &position, Count: len(stays)}); err != nil {
		return err
	}
	for len(stays) > 0 {
		n := min(len(stays), staysAPart)
		if err := reply(part{Stays: stays[:n]}); err != nil {
			return err
		}
		stays = stays[n:]
	}
	return nil
}

// Client is the tables, asked from afar.
type Client struct {
	asker Asker
}

// NewClient returns a client that asks through asker.
func NewClient(asker Asker) *Client { return &Client{asker: asker} }

// WaitApplied waits until the tables have the sequence. It fails when ctx ends
// or nobody answers.
func (c *Client) WaitApplied(ctx context.Context, seq uint64) error {
	return c.ask(ctx, question{Applied: seq}, func(part) {})
}

// FindMessage looks a message up by its author and the author's id for it. It
// fails when ctx ends or nobody answers.
func (c *Client) FindMessage(ctx context.Context, userID, id string) (seq uint64, found bool, err error) {
	answered := false
	err = c.ask(ctx, question{Message: &message{userID, id}}, func(p part) {
		seq, found, answered = p.Seq, p.Found, true
	})
	if err == nil && !answered {
		err = errIncomplete
	}
	return seq, found, err
}

// errIncomplete says that a part of an answer was lost on the way.
var errIncomplete = errors.New("a part of the answer got lost")

// OpenStays returns who is in which channel, as of a position. It fails when
// ctx ends or nobody answers.
func (c *Client) OpenStays(ctx context.Context) (domain.Position, []domain.Stay, error) {
	var position *domain.Position
	var stays []domain.Stay
	count := 0
	err := c.ask(ctx, question{Stays: true}, func(p part) {
		if p.Position != nil {
			position, count = p.Position, p.Count
		}
		stays = append(stays, p.Stays...)
	})
	switch {
	case err != nil:
		return domain.Position{}, nil, err
	case position == nil || len(stays) != count:
		return domain.Position{}, nil, errIncomplete
	}
	return *position, stays, nil
}

func (c *Client) ask(ctx context.Context, q question, take func(part)) error {
	raw, err := json.Marshal(q)
	if err != nil {
		return err
	}
	return c.asker.Ask(ctx, name, raw, func(encoded []byte) error {
		var p part
		if err := json.Unmarshal(encoded, &p); err != nil {
			return fmt.Errorf("read an answer: %w", err)
		}
		take(p)
		return nil
	})
}
