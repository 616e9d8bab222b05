package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Channel is the normalized name of a channel: 1 to [MaxChannelRunes] letters,
// marks, digits, "-" and "_", in NFC and lower case. It is safe as a single
// NATS subject token, since it has no dot, no space and no wildcard.
type Channel string

// maxChannelBytes bounds the work of a normalization, in bytes. A decomposed
// code point that NFC composes has at most 9: a Hangul syllable of three jamo.
const maxChannelBytes = MaxChannelRunes * 9

// ParseChannel normalizes name and returns the channel it names. Two names
// that a person would call the same are the same channel. The error is an
// [*Error] with [CodeInvalidChannel].
func ParseChannel(name string) (Channel, error) {
	if len(name) > maxChannelBytes || !utf8.ValidString(name) {
		return "", invalidChannel()
	}
	// Lower case can undo NFC (H with U+0331 is composed in lower case alone),
	// hence twice.
	name = norm.NFC.String(strings.ToLower(norm.NFC.String(name)))
	if n := utf8.RuneCountInString(name); n < 1 || n > MaxChannelRunes {
		return "", invalidChannel()
	}
	for _, r := range name {
		if r != '-' && r != '_' && !unicode.In(r, unicode.L, unicode.M, unicode.Nd) {
			return "", invalidChannel()
		}
	}
	return Channel(name), nil
}

func invalidChannel() error {
	return Errorf(CodeInvalidChannel,
		"A channel's name has 1 to %d letters, digits, \"-\" and \"_\". Choose another one.", MaxChannelRunes)
}
