package domain_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/faustman/chitchat/domain"
)

func TestParseChannelAccepts(t *testing.T) {
	tests := []struct {
		name, in string
		want     domain.Channel
	}{
		{"plain", "lobby", "lobby"},
		{"upper case", "LoBBy", "lobby"},
		{"one character", "x", "x"},
		{"digits, dash, underscore", "-go_1-26_", "-go_1-26_"},
		{"64 characters", strings.Repeat("a", 64), domain.Channel(strings.Repeat("a", 64))},
		{"64 characters of four bytes", strings.Repeat("𐐨", 64), domain.Channel(strings.Repeat("𐐨", 64))},
		{"64 decomposed", strings.Repeat("e\u0301", 64), domain.Channel(strings.Repeat("é", 64))},
		{"64 decomposed syllables", norm.NFD.String(strings.Repeat("각", 64)), domain.Channel(strings.Repeat("각", 64))},
		{"64 decomposed with three marks", norm.NFD.String(strings.Repeat("ᾂ", 64)), domain.Channel(strings.Repeat("ᾂ", 64))},
		{"64 Ohm signs with three marks", strings.Repeat("\u2126\u0313\u0300\u0345", 64), domain.Channel(strings.Repeat("ᾢ", 64))},
		{"Greek", "ΑΓΟΡΆ", "αγορά"},
		{"Cyrillic", "Привет", "привет"},
		{"Arabic with marks", "مَرْحَبًا", "مَرْحَبًا"},
		{"Hindi with vowel signs", "हिन्दी", "हिन्दी"},
		{"Thai", "สวัสดี", "สวัสดี"},
		{"Chinese", "聊天室", "聊天室"},
		{"digits of other scripts", "٣४", "٣४"},
		{"mark without a composed form", "x\u0301", "x\u0301"},
		{"composed É", "CAF\u00c9", "caf\u00e9"},
		{"decomposed É", "CAFE\u0301", "caf\u00e9"},
		{"composed é", "caf\u00e9", "caf\u00e9"},
		{"composed in lower case alone", "H\u0331", "\u1e96"},
		{"dotted İ", "\u0130", "i"},
		{"dotless ı", "\u0131", "\u0131"},
		{"Kelvin sign", "\u212a", "k"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := domain.ParseChannel(test.in)
			if err != nil || got != test.want {
				t.Fatalf("ParseChannel(%q) = %q, %v, want %q", test.in, got, err, test.want)
			}
			if again, err := domain.ParseChannel(string(got)); err != nil || again != got {
				t.Errorf("ParseChannel(%q) = %q, %v, want itself", got, again, err)
			}
		})
	}
}

func TestParseChannelRefuses(t *testing.T) {
	tests := []struct{ name, in string }{
		{"empty", ""},
		{"65 characters", strings.Repeat("a", 65)},
		{"65 characters of four bytes", strings.Repeat("𐐨", 65)},
		{"65 decomposed", strings.Repeat("e\u0301", 65)},
		{"megabyte", strings.Repeat("a", 1<<20)},
		{"blank", " "},
		{"space in front", " lobby"},
		{"space within", "the lobby"},
		{"no-break space", "the\u00a0lobby"},
		{"tab", "the\tlobby"},
		{"line break", "lobby\n"},
		{"dot", "a.b"},
		{"dot alone", "."},
		{"star", "*"},
		{"star within", "a*"},
		{"greater than", ">"},
		{"greater than within", "a>"},
		{"slash", "a/b"},
		{"colon", "a:b"},
		{"dollar", "$JS"},
		{"hash", "#lobby"},
		{"quote", `a"`},
		{"emoji", "party🎉"},
		{"emoji of a symbol", "i❤"},
		{"flag", "🇫🇷"},
		{"U+0000", "a\x00"},
		{"delete", "a\x7f"},
		{"zero width joiner", "a\u200db"},
		{"byte order mark", "\ufefflobby"},
		{"right to left override", "a\u202eb"},
		{"line separator", "a\u2028b"},
		{"superscript digit", "x²"},
		{"Roman number", "Ⅷ"},
		{"fullwidth dot", "a．b"},
		{"private use", "\ue000"},
		{"unassigned", "\u0378"},
		{"invalid UTF-8", "a\xff"},
		{"cut off UTF-8", "caf\xc3"},
		{"U+FFFD", "\ufffd"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := domain.ParseChannel(test.in)
			if !errors.Is(err, &domain.Error{Code: domain.CodeInvalidChannel}) || got != "" {
				t.Errorf("ParseChannel(%.80q) = %.80q, %v, want %s", test.in, got, err, domain.CodeInvalidChannel)
			}
		})
	}
}
