package httpapi

import (
	"strconv"
	"strings"
)

// choose returns the best precompressed form that Accept-Encoding allows, and
// its suffix; none when the file goes as it is.
func (f *webFile) choose(acceptEncoding string) (encoding, suffix string) {
	for _, e := range encodings {
		if f.encodings[e.name] && accepts(acceptEncoding, e.name) {
			return e.name, e.suffix
		}
	}
	return "", ""
}

// accepts reports whether an Accept-Encoding names the coding and does not give
// it a weight of 0. A "*" is not taken for a coding: who sends it alone is
// rarely a browser.
func accepts(acceptEncoding, coding string) bool {
	for part := range strings.SplitSeq(acceptEncoding, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		weight, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if !found {
			return true
		}
		q, err := strconv.ParseFloat(weight, 32)
		return err == nil && q > 0
	}
	return false
}
