package domain_test

import (
	"testing"

	"github.com/faustman/chitchat/domain"
)

// chat is a message as people write it.
var chat = &domain.MessagePosted{
	Header: domain.Header{From: john, SentAt: sentAt},
	ID:     "0190a6f2-7b1c-7c3e-9d5a-1f2e3d4c5b6a",
	Text:   "Winter is coming. Did anyone close the gate, or do I have to go down there again?",
}

func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		domain.Encode(chat)
	}
}

func BenchmarkAppendFrame(b *testing.B) {
	b.ReportAllocs()
	buffer := make([]byte, 0, 1024)
	for b.Loop() {
		buffer = domain.AppendFrame(buffer[:0], chat, 812, 810)
	}
}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	stored := domain.Encode(chat)
	for b.Loop() {
		if _, err := domain.Decode(stored); err != nil {
			b.Fatal(err)
		}
	}
}
