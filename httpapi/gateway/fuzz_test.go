package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/faustman/chitchat/domain"
)

// Whatever a client sends is a command or a refusal with a code, and what a
// refusal or an ack echoes is JSON.
func FuzzDecodeCommand(f *testing.F) {
	for _, seed := range []string{
		`{"type":"send","id":"1","text":"Hello!"}`, `{"type":"send","id":"1","text":"x","retry":true}`,
		`{"type":"typing"}`, `{"type":"auth","token":"x"}`, `{"type":"dance"}`, `{}`, `[]`, `null`, `1`, `"send"`, ``, `{`,
		`{"type":"send","id":"\u0000","text":"\ud800"}`, `{"type":1}`, `{"type":"send","type":"auth"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		cmd, err := decodeCommand(frame)
		if err != nil {
			if !errors.Is(err, &domain.Error{Code: domain.CodeInvalidCommand}) && !errors.Is(err, &domain.Error{Code: domain.CodeInvalidText}) {
				t.Fatalf("decodeCommand(%q) = %v, want invalid_command or invalid_text", frame, err)
			}
			return
		}
		if cmd.Type != "send" && cmd.Type != "typing" && cmd.Type != "auth" {
			t.Fatalf("decodeCommand(%q) = %+v, which is no command", frame, cmd)
		}
		if ack := appendAck(cmd.ID, 1); !json.Valid(ack) {
			t.Fatalf("ack %q is not JSON", ack)
		}
	})
}

// The log of frames gives each reader every byte once, in order, however it is
// read and whatever was dropped meanwhile.
func FuzzFrameLog(f *testing.F) {
	f.Add([]byte("some frames of all kinds"), uint16(3))
	f.Fuzz(func(t *testing.T, sizes []byte, from uint16) {
		log := newFrameLog(10, 10)
		var wire []byte
		seq := uint64(10)
		offsets := map[uint64]int64{}
		for _, size := range sizes {
			seq++
			offsets[seq] = int64(len(wire))
			payload := bytes.Repeat([]byte{size}, int(size)*200)
			log.append(seq, payload)
			wire = appendText(wire, payload)
		}
		if log.end != int64(len(wire)) || log.last != seq {
			t.Fatalf("end %d, last %d; want %d and %d", log.end, log.last, len(wire), seq)
		}
		after := 10 + uint64(from)%(uint64(len(sizes))+1)
		offset, kept := log.offsetAfter(after)
		if kept != (after >= log.floor) {
			t.Fatalf("offsetAfter(%d) = %v with floor %d", after, kept, log.floor)
		}
		if !kept {
			return
		}
		if want, more := offsets[after+1]; more && offset != want {
			t.Fatalf("offsetAfter(%d) = %d, want %d", after, offset, want)
		}
		var got []byte
		for at, before := offset, log.countBefore(offset); ; {
			frames, count, ok := log.read(at)
			if n := countFrames(frames); ok && before+n != count {
				t.Fatalf("%d frames before offset %d and %d behind it make %d", before, at, n, count)
			}
			if count > 0 && count > int64(len(sizes)) {
				t.Fatalf("%d frames up to offset %d of %d", count, at, len(sizes))
			}
			before = count
			if !ok {
				t.Fatalf("offset %d is not kept, floor is %d", at, log.floor)
			}
			if len(frames) == 0 {
				break
			}
			got = append(got, frames...)
			at += int64(len(frames))
			if want := 10 + uint64(count); log.seqOf(count) != want {
				t.Fatalf("seqOf(%d) = %d, want %d", count, log.seqOf(count), want)
			}
		}
		if !bytes.Equal(got, wire[offset:]) {
			t.Fatalf("read %d bytes from %d, want %d", len(got), offset, len(wire)-int(offset))
		}
	})
}
