package domain

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// Encode returns the event's stored form: its JSON with the version, without
// seq and prev, which the log itself gives.
func Encode(event Event) []byte {
	return appendEvent(make([]byte, 0, encodedSize(event)), event, 0, 0)
}

// AppendFrame appends to dst the form that clients see: the event's JSON with
// seq, its sequence in the log, and prev, the sequence of the event before it
// in its channel. It does not allocate when dst has room. seq must not be 0.
func AppendFrame(dst []byte, event Event, seq, prev uint64) []byte {
	return appendEvent(dst, event, seq, prev)
}

// encodedSize guesses an event's encoded size, in bytes, for one allocation.
func encodedSize(event Event) int {
	const frame = 256 // keys, quotes, time, id and session
	user := event.By()
	size := frame + len(user.ID) + len(user.Name) + len(user.Avatar)
	if message, ok := event.(*MessagePosted); ok {
		size += len(message.Text) + len(message.Text)/8
	}
	return size
}

// appendEvent writes the keys in one fixed order; seq 0 leaves out the two
// keys that a stored event does not have.
func appendEvent(dst []byte, event Event, seq, prev uint64) []byte {
	dst = append(dst, `{"type":"`...)
	dst = append(dst, event.Type()...)
	dst = append(dst, '"')
	if seq != 0 {
		dst = append(dst, `,"seq":`...)
		dst = strconv.AppendUint(dst, seq, 10)
		dst = append(dst, `,"prev":`...)
		dst = strconv.AppendUint(dst, prev, 10)
	}
	dst = append(dst, `,"v":`...)
	dst = strconv.AppendUint(dst, Version, 10)
	switch e := event.(type) {
	case *MessagePosted:
		dst = appendMember(dst, "id", e.ID)
		dst = appendHeader(dst, e.Header)
		dst = appendMember(dst, "text", e.Text)
	case *SessionJoined:
		dst = appendHeader(dst, e.Header)
		dst = appendMember(dst, "session", e.Session)
		dst = appendOptional(dst, "term", e.Term)
	case *SessionLeft:
		dst = appendHeader(dst, e.Header)
		dst = appendMember(dst, "session", e.Session)
		dst = appendOptional(dst, "term", e.Term)
		dst = appendMember(dst, "reason", string(e.Reason))
	}
	return append(dst, '}')
}

func appendHeader(dst []byte, h Header) []byte {
	dst = append(dst, `,"from_user":`...)
	dst = AppendUser(dst, h.From)
	dst = append(dst, `,"sent_at":"`...)
	dst = h.SentAt.UTC().AppendFormat(dst, time.RFC3339Nano)
	return append(dst, '"')
}

// AppendUser appends the user's JSON to dst.
func AppendUser(dst []byte, u User) []byte {
	dst = append(dst, `{"id":`...)
	dst = AppendString(dst, u.ID)
	dst = appendMember(dst, "name", u.Name)
	dst = appendOptional(dst, "avatar", u.Avatar)
	return append(dst, '}')
}

func appendMember(dst []byte, key, value string) []byte {
	dst = append(dst, `,"`...)
	dst = append(dst, key...)
	dst = append(dst, `":`...)
	return AppendString(dst, value)
}

func appendOptional(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	return appendMember(dst, key, value)
}

// AppendString appends s as a JSON string. It exists because encoding/json
// can't append to a buffer without allocating, and this is paid once an event
// on the way to every socket. Invalid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < ' ' || c == 0x7f:
			dst = append(dst, `\u00`...)
			dst = append(dst, hex[c>>4], hex[c&0xf])
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
			continue
		}
		i++
	}
	return append(dst, '"')
}
