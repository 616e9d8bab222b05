package domain_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/faustman/chitchat/domain"
)

func TestParsePositionAccepts(t *testing.T) {
	tests := []struct {
		name, in string
		want     domain.Position
	}{
		{"plain", "0f3a:812", domain.Position{Epoch: "0f3a", Seq: 812}},
		{"empty log", "0f3a:0", domain.Position{Epoch: "0f3a"}},
		{"shortest epoch", "z:1", domain.Position{Epoch: "z", Seq: 1}},
		{"longest epoch", strings.Repeat("9", 32) + ":1", domain.Position{Epoch: strings.Repeat("9", 32), Seq: 1}},
		{"largest sequence that SQL has", "e:9223372036854775807", domain.Position{Epoch: "e", Seq: 1<<63 - 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := domain.ParsePosition(test.in)
			if err != nil || got != test.want {
				t.Fatalf("ParsePosition(%q) = %v, %v, want %v", test.in, got, err, test.want)
			}
			if got.String() != test.in {
				t.Errorf("String = %q, want %q", got, test.in)
			}
		})
	}
}

func TestParsePositionRefuses(t *testing.T) {
	for _, in := range []string{
		"", ":", "812", "0f3a", "0f3a:", ":812", "0f3a:812:1", "0f3a:-1", "0f3a:+1", "0f3a:01", "0f3a:00", "0f3a:1e3", "0f3a:0x1", "0f3a:1_0",
		"0f3a:1.0", "0f3a: 1", " 0f3a:1", "0f3a:1 ", "0f3a:1\n", "0F3A:1", "0f-a:1", "0f.a:1", "é:1", "\x00:1", "0f3a:٣",
		"0f3a:9223372036854775808", "0f3a:18446744073709551616", "0f3a:99999999999999999999999", strings.Repeat("9", 33) + ":1",
	} {
		t.Run(in, func(t *testing.T) {
			got, err := domain.ParsePosition(in)
			if !errors.Is(err, &domain.Error{Code: domain.CodeInvalidPosition}) || got != (domain.Position{}) {
				t.Errorf("ParsePosition(%q) = %v, %v, want %s", in, got, err, domain.CodeInvalidPosition)
			}
		})
	}
}
