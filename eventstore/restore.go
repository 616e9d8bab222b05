package eventstore

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
	"time"

	"github.com/nats-io/nats-server/v2/server/archive"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A stream gets entries with the sequences and times of another in one way only:
// by the API that restores a stream from a backup. (A mirror keeps them, too, but
// they come to it in replies below $JS.ACK, which no client may send.) What it is
// sent is nats-server's own archive of messages (package archive) within a framing
// of Snappy, where nothing is compressed here, cut into chunks that are answered
// one by one. The server stores each message as it stores an appended one.
const (
	// restoreChunk bounds a chunk in bytes, and so what is stored before its
	// answer: the server does nothing else for the connection meanwhile. It is a
	// frame's most, too.
	restoreChunk = 32 << 10
	// restoreWindow is how many chunks may wait for their answer.
	restoreWindow = 4
	// restoreAnswer bounds the wait for an answer: a chunk of small messages is
	// some hundred times a sync of the disk.
	restoreAnswer = 2 * time.Minute
	// restoreAlive is how often the server is shown that more will come. It gives
	// up after five seconds of silence.
	restoreAlive = time.Second
)

// The framing of Snappy, as far as it is needed here.
const (
	snappyBegin  = "\xff\x06\x00\x00sNaPpY"
	snappyPlain  = 1
	snappyNothin = "\xfe\x00\x00\x00" // padding, of no length
)

// restoring is a stream that is being restored.
type restoring struct {
	nc      *nats.Conn
	answers *nats.Subscription
	deliver string
	archive *archive.Writer
	plain   []byte // what is not framed yet
	waiting int    // chunks without an answer
}

// beginRestore asks the server to make the stream and to fill it. What end
// returns, or abort has ended, must follow.
func beginRestore(ctx context.Context, nc *nats.Conn, config jetstream.StreamConfig) (*restoring, error) {
	request, err := json.Marshal(map[string]any{"config": config, "state": jetstream.StreamState{}})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	reply, err := nc.RequestWithContext(ctx, "$JS.API.STREAM.RESTORE."+config.Name, request)
	if err != nil {
		return nil, err
	}
	var answer restoreReply
	if err := answer.read(reply.Data); err != nil {
		return nil, err
	}
	r := &restoring{nc: nc, deliver: answer.DeliverSubject}
	if r.answers, err = nc.SubscribeSync(nc.NewInbox()); err != nil {
		return nil, err
	}
	r.archive = archive.NewWriter(r)
	r.plain = make([]byte, 0, restoreChunk)
	// Of a stream that is empty so far, whose first sequence will be 1.
	state := []byte(`{"messages":0,"bytes":0,"first_seq":1,"last_seq":0,"consumer_count":0}`)
	err = r.send(ctx, []byte(snappyBegin))
	if err == nil {
		err = r.put(archive.Header{Name: "state.json", PayloadSize: int64(len(state))}, state)
	}
	if err == nil {
		err = r.flush(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, r.answers.Unsubscribe())
	}
	return r, nil
}

// restoreReply is what the server answers to a request, and to the last chunk.
type restoreReply struct {
	Error          *jetstream.APIError   `json:"error"`
	DeliverSubject string                `json:"deliver_subject"`
	State          jetstream.StreamState `json:"state"`
}

func (r *restoreReply) read(data []byte) error {
	if err := json.Unmarshal(data, r); err != nil {
		return fmt.Errorf("answer of the server: %w", err)
	}
	if r.Error != nil {
		return r.Error
	}
	return nil
}

// entry sends the entry, now or with the next ones.
func (r *restoring) entry(ctx context.Context, e Entry) error {
	header := wireHeader(e.MsgID, e.Header)
	head := archive.Header{
		Name: e.Subject, Timestamp: e.Stored.UnixNano(), Sequence: e.Seq,
		HeaderSize: int64(len(header)), PayloadSize: int64(len(e.Payload)),
	}
	if err := r.put(head, header, e.Payload); err != nil {
		return err
	}
	if len(r.plain) < restoreChunk {
		return nil
	}
	return r.flush(ctx)
}

func (r *restoring) put(head archive.Header, parts ...[]byte) error {
	if err := r.archive.WriteHeader(&head); err != nil {
		return err
	}
	for _, part := range parts {
		if _, err := r.archive.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// Write takes what the archive's writer writes; flush sends it.
func (r *restoring) Write(p []byte) (int, error) {
	r.plain = append(r.plain, p...)
	return len(p), nil
}

// flush sends all that is not sent.
func (r *restoring) flush(ctx context.Context) error {
	for rest := r.plain; len(rest) > 0; {
		n := min(len(rest), restoreChunk)
		if err := r.send(ctx, frame(rest[:n])); err != nil {
			return err
		}
		rest = rest[n:]
	}
	r.plain = r.plain[:0]
	return nil
}

// frame puts at most 64 KiB into a frame of Snappy.
func frame(plain []byte) []byte {
	const sumLength, mask = 4, 0xa282ead8
	size := sumLength + len(plain)
	framed := make([]byte, 0, 4+size)
	framed = append(framed, snappyPlain, byte(size), byte(size>>8), byte(size>>16))
	sum := bits.RotateLeft32(crc32.Checksum(plain, castagnoli), -15) + mask
	return append(binary.LittleEndian.AppendUint32(framed, sum), plain...)
}

// alive shows the server that more will come.
func (r *restoring) alive(ctx context.Context) error { return r.send(ctx, []byte(snappyNothin)) }

// send sends a chunk when few enough wait for their answers.
func (r *restoring) send(ctx context.Context, chunk []byte) error {
	for r.waiting >= restoreWindow {
		if err := r.answer(ctx); err != nil {
			return err
		}
	}
	if err := r.nc.PublishRequest(r.deliver, r.answers.Subject, chunk); err != nil {
		return err
	}
	r.waiting++
	return nil
}

// answer waits for the answer to a chunk; what it says is an error.
func (r *restoring) answer(ctx context.Context) error {
	reply, err := r.next(ctx)
	if err != nil {
		return err
	}
	r.waiting--
	if len(reply.Data) == 0 {
		return nil
	}
	var answer restoreReply
	if err := answer.read(reply.Data); err != nil {
		return err
	}
	return errors.New("the server ended before all was sent")
}

func (r *restoring) next(ctx context.Context) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, restoreAnswer)
	defer cancel()
	return r.answers.NextMsgWithContext(ctx)
}

// end says that all was sent, waits until it is stored and returns what the
// stream has.
func (r *restoring) end(ctx context.Context) (jetstream.StreamState, error) {
	err := r.put(archive.Header{})
	if err == nil {
		err = r.flush(ctx)
	}
	for err == nil && r.waiting > 0 {
		err = r.answer(ctx)
	}
	if err != nil {
		return jetstream.StreamState{}, err
	}
	return r.finish(ctx)
}

// finish ends the restoring, whole or not, and returns the server's last word.
func (r *restoring) finish(ctx context.Context) (jetstream.StreamState, error) {
	if err := r.nc.PublishRequest(r.deliver, r.answers.Subject, nil); err != nil {
		return jetstream.StreamState{}, err
	}
	for {
		reply, err := r.next(ctx)
		if err != nil {
			return jetstream.StreamState{}, err
		}
		if len(reply.Data) > 0 {
			var answer restoreReply
			err := answer.read(reply.Data)
			return answer.State, err
		}
	}
}

// close forgets the answers.
func (r *restoring) close() { _ = r.answers.Unsubscribe() }
