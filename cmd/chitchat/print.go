package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printObject prints one JSON object, which a person can read: <, > and & stay.
func printObject(w io.Writer, object any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(object)
}

// safe shows a text of anybody's on a terminal: what would move the cursor, end
// the line or turn the direction of writing is an escape, as is what is not
// UTF-8.
func safe(text string) string {
	var shown strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			fmt.Fprintf(&shown, `\x%02x`, text[i])
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == '\uFEFF',
			unicode.Is(unicode.Bidi_Control, r), r >= 0xE0000 && r <= 0xE007F:
			quoted := strconv.QuoteRuneToASCII(r)
			shown.WriteString(quoted[1 : len(quoted)-1])
		default:
			shown.WriteRune(r)
		}
	}
	return shown.String()
}
