package eventstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
)

const (
	// askPrefix is the subject of what one process asks another. It is outside
	// of the stream's subjects.
	askPrefix = "chitchat-ask."
	// answerers is the queue group of those who answer: one of them gets each
	// question.
	answerers = "chitchat"
	// maxAnswers bounds the questions that a process answers at once. A question
	// beyond it is refused at once, so that its asker need not wait.
	maxAnswers = 256
	// errorHeader marks an answer that says why there is none.
	errorHeader = "Chitchat-Error"
	// lastHeader marks the last answer to a question.
	lastHeader = "Chitchat-Last"
)

// ErrNoAnswer says that no process answers a question, or that the one that was
// asked could not.
var ErrNoAnswer = errors.New("no answer")

// Answer answers the questions of a name until ctx ends, together with whoever
// else does; each question goes to one of them. handle calls reply for each part
// of an answer, in order; its error is told to the asker, so it must hold
// nothing that is none of theirs. handle is called by many goroutines, which
// Answer waits for.
func (l *Log) Answer(ctx context.Context, name string, handle func(ctx context.Context, question []byte, reply func([]byte) error) error) error {
	var group errgroup.Group
	group.SetLimit(maxAnswers)
	questions := make(chan *nats.Msg, maxAnswers) // closed by nobody: what is in it at the end has no answer
	subscription, err := l.nc.ChanQueueSubscribe(askPrefix+name, answerers, questions)
	if err != nil {
		return fmt.Errorf("answer %s: %w", name, err)
	}
	for {
		select {
		case msg := <-questions:
			taken := group.TryGo(func() error {
				l.answer(ctx, msg, handle)
				return nil
			})
			if !taken {
				l.refuseAnswer(msg, errors.New("too many questions at once"))
			}
		case <-ctx.Done():
			_ = subscription.Unsubscribe() // the connection may be gone, and the subscription with it
			return group.Wait()
		}
	}
}

func (l *Log) answer(ctx context.Context, question *nats.Msg, handle func(context.Context, []byte, func([]byte) error) error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	err := handle(ctx, question.Data, func(part []byte) error { return l.nc.Publish(question.Reply, part) })
	if err != nil {
		l.refuseAnswer(question, err)
		return
	}
	l.reply(question, lastHeader, "1")
}

func (l *Log) refuseAnswer(question *nats.Msg, cause error) {
	l.reply(question, errorHeader, cause.Error())
}

// reply ends an answer. When it gets lost the asker waits no longer than it
// would have.
func (l *Log) reply(question *nats.Msg, header, value string) {
	end := &nats.Msg{Subject: question.Reply, Header: nats.Header{header: {value}}}
	if err := l.nc.PublishMsg(end); err != nil {
		l.logger.Debug("answer", "subject", question.Subject, "cause", err)
	}
}

// Ask asks a question of a name and calls take for each part of the answer, in
// order. It waits until ctx ends, which must have an end. Errors are
// [ErrNoAnswer], with the reason, and those of take.
func (l *Log) Ask(ctx context.Context, name string, question []byte, take func(part []byte) error) error {
	inbox := l.nc.NewInbox()
	answers, err := l.nc.SubscribeSync(inbox)
	if err != nil {
		return fmt.Errorf("ask %s: %w: %w", name, ErrNoAnswer, err)
	}
	defer func() { _ = answers.Unsubscribe() }() // the connection may be gone, and the subscription with it
	if err := l.nc.PublishRequest(askPrefix+name, inbox, question); err != nil {
		return fmt.Errorf("ask %s: %w: %w", name, ErrNoAnswer, err)
	}
	for {
		msg, err := answers.NextMsgWithContext(ctx)
		switch {
		case err != nil: // nobody there is ErrNoResponders
			return fmt.Errorf("ask %s: %w: %w", name, ErrNoAnswer, err)
		case msg.Header.Get(errorHeader) != "":
			return fmt.Errorf("ask %s: %w: %s", name, ErrNoAnswer, msg.Header.Get(errorHeader))
		case msg.Header.Get(lastHeader) != "":
			return nil
		}
		if err := take(msg.Data); err != nil {
			return fmt.Errorf("ask %s: %w", name, err)
		}
	}
}
