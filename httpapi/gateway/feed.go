package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

const (
	// catchUpWait bounds how long a resume waits for this process to read as
	// far as the client already is.
	catchUpWait = 2 * time.Second
	// catchUpScan and catchUpEvents bound a resume that is served from the log:
	// entries of the whole log to read, events of the channel to send. Reading
	// takes a third of a second at most; beyond, reading the history is cheaper.
	catchUpScan   = 200_000
	catchUpEvents = 10_000
)

// errReset says that the client must read the history again.
var errReset = errors.New("the position can't be resumed")

// begin puts the socket into its room and begins its feed: hello in
// chitchat.v1, then what it missed or reset, then the room's frames.
func (g *Gateway) begin(ctx context.Context, c *conn, channel domain.Channel, after string, resume bool) error {
	if !resume {
		return g.beginLive(ctx, c, channel, false)
	}
	seq, err := g.resumable(ctx, after)
	if err == nil {
		err = g.beginAfter(ctx, c, channel, seq)
	}
	if errors.Is(err, errReset) {
		g.stats.catchUps.WithLabelValues(fromReset).Inc()
		return g.beginLive(ctx, c, channel, true)
	}
	return err
}

// resumable returns the sequence of a position of this log, once this process
// has read as far. Any other position is errReset.
func (g *Gateway) resumable(ctx context.Context, after string) (uint64, error) {
	position, err := domain.ParsePosition(after)
	if err != nil || position.Epoch != g.log.Epoch() {
		return 0, errReset
	}
	if position.Seq <= g.hub.pos.Load() {
		return position.Seq, nil
	}
	end, err := g.log.Last(ctx)
	if err != nil || position.Seq > end.Seq {
		return 0, errReset
	}
	ctx, cancel := context.WithTimeout(ctx, catchUpWait)
	defer cancel()
	if g.hub.waitFor(ctx, position.Seq) != nil {
		return 0, errReset
	}
	return position.Seq, nil
}

// beginLive begins the feed with what comes from now on.
func (g *Gateway) beginLive(ctx context.Context, c *conn, channel domain.Channel, reset bool) error {
	r, err := g.lock(ctx, channel)
	if err != nil {
		return err
	}
	defer r.mu.Unlock()
	log := r.logs[c.dialect]
	// All events of the channel up to the hub's position are in the log, and
	// maybe one more that was published a moment before the position moved.
	position := domain.Position{Epoch: g.log.Epoch(), Seq: max(g.hub.pos.Load(), log.last)}
	c.queueHello(position)
	if reset {
		c.queue(appendPosition([]byte(`{"type":"reset","position":`), position))
	}
	c.join(r, log.end)
	return nil
}

// beginAfter begins the feed behind the sequence: out of the room's memory or,
// when that doesn't reach back so far, out of the log.
func (g *Gateway) beginAfter(ctx context.Context, c *conn, channel domain.Channel, seq uint64) error {
	position := domain.Position{Epoch: g.log.Epoch(), Seq: seq}
	r, err := g.lock(ctx, channel)
	if err != nil {
		return err
	}
	if offset, kept := r.logs[c.dialect].offsetAfter(seq); kept {
		c.queueHello(position)
		c.join(r, offset)
		r.mu.Unlock()
		g.stats.catchUps.WithLabelValues(fromMemory).Inc()
		return nil
	}
	floor := r.logs[c.dialect].floor
	r.mu.Unlock()
	if c.dialect == plain {
		return errReset // what plain shows depends on who was there before
	}
	missed, err := g.missed(ctx, channel, seq, floor)
	if err != nil {
		return err
	}
	if r, err = g.lock(ctx, channel); err != nil {
		return err
	}
	defer r.mu.Unlock()
	offset, kept := r.logs[v1].offsetAfter(floor)
	if !kept {
		return errReset // the room went on too fast
	}
	c.queueHello(position)
	for _, frame := range missed {
		c.queue(frame)
	}
	c.join(r, offset)
	g.stats.catchUps.WithLabelValues(fromLog).Inc()
	return nil
}

// missed returns the frames of the channel's events behind after, up to upTo.
func (g *Gateway) missed(ctx context.Context, channel domain.Channel, after, upTo uint64) ([][]byte, error) {
	select {
	case g.catchUps <- struct{}{}:
		defer func() { <-g.catchUps }()
	default:
		g.stats.crowded.Inc()
		return nil, errReset
	}
	prev, err := g.log.LastOf(ctx, channel, after)
	if err != nil {
		return nil, err
	}
	bounds := eventstore.Bounds{Scan: catchUpScan, Events: catchUpEvents}
	records, err := g.log.History(ctx, channel, after, upTo, bounds)
	if errors.Is(err, eventstore.ErrTooFar) {
		return nil, errReset
	}
	if err != nil {
		return nil, err
	}
	frames := make([][]byte, 0, len(records))
	size := 0
	seen := make(map[messageKey]bool)
	for _, record := range records {
		if message, ok := record.Event.(*domain.MessagePosted); ok {
			key := messageKey{message.From.ID, message.ID}
			if seen[key] {
				continue
			}
			seen[key] = true
		}
		frame := domain.AppendFrame(nil, record.Event, record.Seq, prev)
		prev = record.Seq
		if size += len(frame); size > maxPrivate/2 {
			return nil, errReset
		}
		frames = append(frames, frame)
	}
	return frames, nil
}

// lock returns the channel's room with its lock held.
func (g *Gateway) lock(ctx context.Context, channel domain.Channel) (*room, error) {
	for {
		r, err := g.hub.open(ctx, channel)
		if err != nil {
			return nil, err
		}
		r.mu.Lock()
		if !r.closed {
			return r, nil
		}
		r.mu.Unlock() // dropped in this moment
	}
}

// join puts the socket into the room with its cursor at the offset. must hold
// r.mu
func (c *conn) join(r *room, offset int64) {
	c.room = r
	c.index = len(r.conns)
	r.conns = append(r.conns, c)
	r.emptySince = time.Time{}
	c.attach(offset, r.logs[c.dialect].countBefore(offset))
}

func (c *conn) queueHello(position domain.Position) {
	if c.dialect != v1 {
		return
	}
	b := append(make([]byte, 0, 160), `{"type":"hello","session":`...)
	b = domain.AppendString(b, c.session)
	b = append(b, `,"ping_ms":25000,"position":`...)
	c.queue(appendPosition(b, position))
}

func appendPosition(dst []byte, position domain.Position) []byte {
	return append(domain.AppendString(dst, position.String()), '}')
}
