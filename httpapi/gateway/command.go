package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi"
)

// command is a frame of chitchat.v1 from a client.
type command struct {
	Type  string `json:"type"`
	ID    string `json:"id"`
	Text  string `json:"text"`
	Retry bool   `json:"retry"`
	Token string `json:"token"`
}

// decodeCommand reads a frame of chitchat.v1. The error is a *domain.Error.
func decodeCommand(frame []byte) (command, error) {
	var cmd command
	if err := json.Unmarshal(frame, &cmd); err != nil {
		return command{ID: cmd.ID}, domain.Errorf(domain.CodeInvalidCommand,
			"A command is a JSON object like {\"type\":\"send\",\"id\":\"…\",\"text\":\"Hello!\"}.")
	}
	if altered(frame, cmd.Text) {
		return command{ID: cmd.ID}, domain.Errorf(domain.CodeInvalidText, "The text has half of a surrogate pair. Mend its encoding.")
	}
	switch cmd.Type {
	case "send", "typing", "auth":
		return cmd, nil
	default:
		return command{ID: cmd.ID}, domain.Errorf(domain.CodeInvalidCommand,
			"There is no such command. There are send, typing and auth.")
	}
}

// altered reports whether decoding put U+FFFD into the text, which it does for
// escapes that are no character.
func altered(frame []byte, text string) bool {
	replaced := strings.Count(text, "\ufffd")
	if replaced == 0 {
		return false
	}
	meant := bytes.Count(frame, []byte("\ufffd")) + bytes.Count(bytes.ToLower(frame), []byte(`\ufffd`))
	return replaced > meant
}

// handleCommand carries out a command of chitchat.v1 and answers it.
func (g *Gateway) handleCommand(c *conn, frame []byte) {
	cmd, err := decodeCommand(frame)
	if err != nil {
		g.refuse(c, cmd.ID, err)
		return
	}
	switch cmd.Type {
	case "send":
		g.handleSend(c, cmd)
	case "typing":
		g.handleTyping(c)
	case "auth":
		g.handleAuth(c, cmd)
	}
}

func (g *Gateway) handleSend(c *conn, cmd command) {
	ctx, traced := g.beginSend(c)
	sent, err := g.post(ctx, c, domain.PostMessage{From: c.user, ID: cmd.ID, Text: cmd.Text}, cmd.Retry)
	if err != nil {
		g.refuse(c, cmd.ID, err)
	} else {
		c.send(appendAck(cmd.ID, sent.seq))
	}
	g.endSend(ctx, traced, c, sent, err)
}

// handlePlain posts a plain text frame. The id is ours, so that an append whose
// outcome is not known can be tried again by us.
func (g *Gateway) handlePlain(c *conn, text string) {
	const tries = 3
	message := domain.PostMessage{From: c.user, ID: uuid.Must(uuid.NewV7()).String(), Text: text}
	for try := range tries {
		ctx, traced := g.beginSend(c)
		sent, err := g.post(ctx, c, message, try > 0)
		g.endSend(ctx, traced, c, sent, err)
		if err == nil {
			return
		}
		if try == tries-1 || g.draining.Load() || !errors.Is(err, &domain.Error{Code: domain.CodeUnknown}) {
			g.refuse(c, "", err)
			return
		}
		time.Sleep(retryFirst << try) // the connection to the log comes back
	}
}

func (g *Gateway) handleTyping(c *conn) {
	if !c.limits.command() {
		c.close(httpapi.CloseFlood, "too many commands: wait")
		return
	}
	if !c.limits.typing(time.Now()) {
		return
	}
	payload := domain.AppendUser([]byte(`{"type":"typing","from_user":`), c.user)
	if err := g.log.Signal(c.room.channel, append(payload, '}')); err != nil {
		g.logger.Debug("typing", "cause", err) // it may get lost
	}
}

// signalled passes on what a gateway told of a channel: somebody is typing. In
// a big channel nobody is told, since each would hear of each.
func (g *Gateway) signalled(channel domain.Channel, payload []byte) {
	var typing struct {
		Type string      `json:"type"`
		From domain.User `json:"from_user"`
	}
	if json.Unmarshal(payload, &typing) != nil || typing.Type != "typing" || typing.From.Check() != nil {
		return
	}
	frame := append(domain.AppendUser([]byte(`{"type":"typing","from_user":`), typing.From), '}')
	g.hub.mu.Lock()
	r := g.hub.rooms[channel]
	big := g.hub.presence.Sessions(channel) > bigRoom
	g.hub.mu.Unlock()
	if r == nil || big {
		return
	}
	for _, c := range r.part(nil, 0, 1) {
		if c.dialect == v1 && c.user.ID != typing.From.ID {
			c.offer(frame)
		}
	}
}

// handleAuth takes a fresh token for the same user and channel.
func (g *Gateway) handleAuth(c *conn, cmd command) {
	if !c.limits.command() {
		c.close(httpapi.CloseFlood, "too many commands: wait")
		return
	}
	claims, err := g.config.Verify(cmd.Token)
	if err != nil {
		g.refuse(c, cmd.ID, err)
		return
	}
	if claims.User.ID != c.user.ID || claims.Channel != c.room.channel {
		g.refuse(c, cmd.ID, domain.Errorf(domain.CodeForbidden,
			"This token is of another user or channel. Connect anew with it."))
		return
	}
	c.expires.Store(claims.Expires.UnixMilli())
	ack := []byte(`{"type":"ack"`)
	if domain.CheckID(cmd.ID) == nil {
		ack = domain.AppendString(append(ack, `,"id":`...), cmd.ID)
	}
	c.send(append(ack, '}'))
}

// posted is what became of a message that is in the log.
type posted struct {
	seq     uint64
	outcome string // stored, or duplicate
}

// post appends the message once, whether it was sent before or not, and
// returns where it is. Errors are *domain.Error or *limited.
func (g *Gateway) post(ctx context.Context, c *conn, message domain.PostMessage, retry bool) (posted, error) {
	event, err := message.Event(time.Now())
	if err != nil {
		return posted{}, err
	}
	if wait := g.limiters.wait(c.user.ID); wait > 0 {
		return posted{}, &limited{wait: wait}
	}
	if g.config.Refuse != nil {
		if err := g.config.Refuse(); err != nil {
			g.stats.appends.WithLabelValues(outcomeRefused).Inc()
			if retry {
				return posted{}, unknownOutcome()
			}
			return posted{}, domain.Errorf(domain.CodeUnavailable, "Nothing can be stored now. Try again later.")
		}
	}
	if seq, found, err := g.before(c.user.ID, message.ID, retry); err != nil {
		g.stats.appends.WithLabelValues(outcomeUnknown).Inc()
		return posted{}, err
	} else if found {
		g.stats.appends.WithLabelValues(outcomeDuplicate).Inc()
		return posted{seq, outcomeDuplicate}, nil
	}
	began := time.Now()
	appended, err := g.log.Append(ctx, c.room.channel, messageAppendKey(c.user.ID, message.ID), event)
	g.stats.took.Observe(time.Since(began).Seconds())
	switch {
	case err == nil && appended.Duplicate:
		g.stats.appends.WithLabelValues(outcomeDuplicate).Inc()
		return posted{appended.Seq, outcomeDuplicate}, nil
	case err == nil:
		g.stats.appends.WithLabelValues(outcomeStored).Inc()
		return posted{appended.Seq, outcomeStored}, nil
	case errors.Is(err, eventstore.ErrRefused) && !retry:
		g.stats.appends.WithLabelValues(outcomeRefused).Inc()
		g.logger.WarnContext(ctx, "append message", "user", c.user.ID, "channel", c.room.channel, "cause", err)
		return posted{}, domain.Errorf(domain.CodeUnavailable, "The message was not stored. Send it again.")
	default: // also a repetition that was refused: the first may be there
		g.stats.appends.WithLabelValues(outcomeUnknown).Inc()
		g.logger.WarnContext(ctx, "append message", "user", c.user.ID, "channel", c.room.channel, "cause", err)
		return posted{}, unknownOutcome()
	}
}

// messageAppendKey is the key of a message's append. It is a hash, since NATS
// keeps each in memory for a while, and an id may be long.
func messageAppendKey(user, id string) string {
	const keyBytes = 16
	sum := sha256.Sum256(strconv.AppendQuote(strconv.AppendQuote(nil, user), id))
	return hex.EncodeToString(sum[:keyBytes])
}

// limited is the refusal of a message over the user's rate.
type limited struct{ wait time.Duration }

func (e *limited) Error() string { return "rate limited" }

// refuse answers a command that was not carried out. Who goes on sending after
// many refusals is closed.
func (g *Gateway) refuse(c *conn, id string, cause error) {
	if !c.limits.command() {
		c.close(httpapi.CloseFlood, "too many refused commands: wait")
		return
	}
	var refusal *domain.Error
	var rate *limited
	b := append(make([]byte, 0, 200), `{"type":"error"`...)
	if id != "" {
		b = domain.AppendString(append(b, `,"id":`...), id[:min(len(id), domain.MaxIDBytes)])
	}
	switch {
	case errors.As(cause, &rate):
		b = appendRefusal(b, domain.CodeRateLimited, "You send too fast. Wait a moment.")
		b = append(b, `,"retry_after_ms":`...)
		b = strconv.AppendInt(b, max(rate.wait.Milliseconds(), 1), 10)
	case errors.As(cause, &refusal):
		b = appendRefusal(b, refusal.Code, refusal.Message)
	default:
		g.logger.Error("command", "user", c.user.ID, "cause", cause)
		b = appendRefusal(b, domain.CodeInternal, "Something went wrong here. Try again.")
	}
	c.send(append(b, '}'))
}

func appendRefusal(dst []byte, code domain.Code, message string) []byte {
	dst = append(dst, `,"code":`...)
	dst = domain.AppendString(dst, string(code))
	dst = append(dst, `,"message":`...)
	return domain.AppendString(dst, message)
}

func appendAck(id string, seq uint64) []byte {
	b := append(make([]byte, 0, 64+len(id)), `{"type":"ack","id":`...)
	b = domain.AppendString(b, id)
	b = append(b, `,"seq":`...)
	b = strconv.AppendUint(b, seq, 10)
	return append(b, '}')
}
