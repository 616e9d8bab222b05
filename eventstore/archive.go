package eventstore

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
)

// An archive is NDJSON: a line that says what it is, a line an entry, and a line
// that proves it whole.
//
//	{"chitchat":"log","v":1,"epoch":"5f0c…","first":1,"last":2,"exported_at":"2026-01-01T12:00:00Z"}
//	{"seq":1,"subject":"chitchat.lobby","stored":"2026-01-01T11:00:00.123456789Z","id":"…","payload":{…},"crc32c":"0a1b2c3d"}
//	{"seq":2,"subject":"chitchat.lobby","stored":"2026-01-01T11:00:01Z","payload_base64":"anVuaw==","crc32c":"4d5e6f70"}
//	{"chitchat":"end","epoch":"5f0c…","entries":2,"sha256":"…"}
//
// An entry's check sum is over its line up to it, and finds the line that is
// damaged; the last line's is over all lines of entries with their line ends,
// and finds what that can't.
const (
	archiveVersion = 1
	archiveLog     = "log"
	archiveEnd     = "end"
	// archiveLine bounds a line in bytes. The largest message that a server takes
	// by its default has 1 MiB, 1.4 in base64; this is for servers that take more.
	archiveLine = 16 << 20
	// inlineDepth is how many brackets a payload may open to stand in a line as it
	// is: the decoder gives up at a depth of 10,000.
	inlineDepth = 1000
	crcPrefix   = `,"crc32c":"`
	crcLength   = len(crcPrefix) + 8 + len(`"}`)
	msgIDKey    = nats.MsgIdHdr
	// serverHeaders begin the names of headers that tell the server what to do
	// with a message, once: they are no part of an entry, but for its id.
	serverHeaders = "Nats-"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ArchiveInfo is what an archive says of itself in its first line.
type ArchiveInfo struct {
	// Epoch is that of the log that was exported, and Last its last sequence.
	Epoch      string
	Last       uint64
	ExportedAt time.Time
}

// headLine and endLine are the first and the last line.
type headLine struct {
	Chitchat   string    `json:"chitchat"`
	V          int       `json:"v"`
	Epoch      string    `json:"epoch"`
	First      uint64    `json:"first"`
	Last       uint64    `json:"last"`
	ExportedAt time.Time `json:"exported_at"`
}

type endLine struct {
	Chitchat string `json:"chitchat"`
	Epoch    string `json:"epoch"`
	Entries  uint64 `json:"entries"`
	SHA256   string `json:"sha256"`
}

// appendLine appends the entry's line with its line end.
func appendLine(line []byte, e Entry) ([]byte, error) {
	start := len(line)
	line = append(line, `{"seq":`...)
	line = strconv.AppendUint(line, e.Seq, 10)
	line = appendString(line, "subject", e.Subject)
	line = append(line, `,"stored":"`...)
	line = e.Stored.UTC().AppendFormat(line, time.RFC3339Nano)
	line = append(line, '"')
	if e.MsgID != "" {
		line = appendString(line, "id", e.MsgID)
	}
	if len(e.Header) > 0 {
		line = appendHeader(line, e.Header)
	}
	if standsInline(e.Payload) {
		line = append(append(line, `,"payload":`...), e.Payload...)
	} else {
		line = appendBase64(line, "payload", e.Payload)
	}
	line = fmt.Appendf(line, `%s%08x"}`, crcPrefix, crc32.Checksum(line[start:], castagnoli))
	if len(line)-start > archiveLine {
		return nil, fmt.Errorf("entry %d makes a line of over %d bytes", e.Seq, archiveLine)
	}
	return append(line, '\n'), nil
}

// standsInline reports whether the payload comes back byte for byte when it is
// put into a line of JSON as it is.
func standsInline(payload []byte) bool {
	return json.Valid(payload) && utf8.Valid(payload) &&
		!bytes.ContainsAny(payload, "\r\n") && len(bytes.Trim(payload, " \t")) == len(payload) &&
		bytes.Count(payload, []byte("{"))+bytes.Count(payload, []byte("[")) <= inlineDepth
}

// appendString appends a field whose text comes back byte for byte.
func appendString(line []byte, name, text string) []byte {
	if !utf8.ValidString(text) {
		return appendBase64(line, name, []byte(text))
	}
	quoted, _ := json.Marshal(text) // never fails for a string
	line = append(line, `,"`...)
	line = append(line, name...)
	return append(append(line, `":`...), quoted...)
}

func appendBase64(line []byte, name string, data []byte) []byte {
	line = append(line, `,"`...)
	line = append(line, name...)
	line = append(line, `_base64":"`...)
	return append(base64.StdEncoding.AppendEncode(line, data), '"')
}

func appendHeader(line []byte, header map[string][]string) []byte {
	for name, values := range header {
		if !utf8.ValidString(name) || slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) }) {
			return appendBase64(line, "header", wireHeader("", header))
		}
	}
	text, _ := json.Marshal(header) // never fails for strings
	return append(append(line, `,"header":`...), text...)
}

// wireHeader returns the id and the headers as they are on the wire and in the
// log, in the order of their names; nothing when there are none.
func wireHeader(msgID string, header map[string][]string) []byte {
	if msgID == "" && len(header) == 0 {
		return nil
	}
	wire := []byte("NATS/1.0\r\n")
	if msgID != "" {
		wire = fmt.Appendf(wire, "%s: %s\r\n", msgIDKey, msgID)
	}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			wire = fmt.Appendf(wire, "%s: %s\r\n", name, value)
		}
	}
	return append(wire, "\r\n"...)
}

// splitHeader takes from a message's headers what is the entry's.
func splitHeader(header map[string][]string) (msgID string, rest map[string][]string) {
	if len(header) == 0 {
		return "", nil
	}
	msgID = nats.Header(header).Get(msgIDKey)
	for name, values := range header {
		if strings.HasPrefix(name, serverHeaders) {
			continue
		}
		if rest == nil {
			rest = make(map[string][]string)
		}
		rest[name] = values
	}
	return msgID, rest
}
