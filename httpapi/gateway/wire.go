package gateway

import (
	"encoding/binary"

	"github.com/gorilla/websocket"
)

// The server writes its own websocket frames: they are not masked, so a frame
// is a header and the payload, made once and the same for every socket.

const (
	finBit       = 0x80
	maxSmall     = 125
	maxMedium    = 1<<16 - 1
	maxHeader    = 10
	maxReasonLen = 123 // of a close frame, in bytes: 125 less the code
)

// appendHeader appends the header of an unfragmented frame of n payload bytes.
func appendHeader(dst []byte, opcode byte, n int) []byte {
	dst = append(dst, finBit|opcode)
	switch {
	case n <= maxSmall:
		return append(dst, byte(n))
	case n <= maxMedium:
		return binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
}

// countFrames returns how many frames of ours there are in b, which has no part
// of one.
func countFrames(b []byte) (n int64) {
	for ; len(b) > 0; n++ {
		head, size := 2, int(b[1])
		switch size {
		case 126:
			head, size = 4, int(binary.BigEndian.Uint16(b[2:]))
		case 127:
			head, size = 10, int(binary.BigEndian.Uint64(b[2:]))
		}
		b = b[head+size:]
	}
	return n
}

// appendText appends a text frame.
func appendText(dst, payload []byte) []byte {
	return append(appendHeader(dst, websocket.TextMessage, len(payload)), payload...)
}

// appendControl appends a control frame; the payload has at most 125 bytes.
func appendControl(dst []byte, opcode byte, payload []byte) []byte {
	return append(appendHeader(dst, opcode, len(payload)), payload...)
}

// appendClose appends a close frame. A code that may not be sent (1005, 1006)
// gives a frame without one.
func appendClose(dst []byte, code int, reason string) []byte {
	if code == websocket.CloseNoStatusReceived || code == websocket.CloseAbnormalClosure {
		return appendControl(dst, websocket.CloseMessage, nil)
	}
	reason = reason[:min(len(reason), maxReasonLen)]
	payload := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(reason)), uint16(code))
	return appendControl(dst, websocket.CloseMessage, append(payload, reason...))
}
