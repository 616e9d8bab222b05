package domain_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/faustman/chitchat/domain"
)

func TestErrorMatchesByCode(t *testing.T) {
	refusal := domain.Errorf(domain.CodeInvalidText, "A message has at most %d characters.", 4000)
	tests := []struct {
		name        string
		err, target error
		want        bool
	}{
		{"itself", refusal, refusal, true},
		{"same code", refusal, &domain.Error{Code: domain.CodeInvalidText, Message: "other"}, true},
		{"another code", refusal, &domain.Error{Code: domain.CodeInvalidID, Message: refusal.Message}, false},
		{"wrapped", fmt.Errorf("post: %w", refusal), &domain.Error{Code: domain.CodeInvalidText}, true},
		{"another type", refusal, errors.New(refusal.Error()), false},
		{"not one of ours", errors.New("x"), refusal, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := errors.Is(test.err, test.target); got != test.want {
				t.Errorf("Is(%v, %v) = %v, want %v", test.err, test.target, got, test.want)
			}
		})
	}
}

func TestErrorIsFoundBeneathAWrap(t *testing.T) {
	var got *domain.Error
	if err := fmt.Errorf("post: %w", domain.Errorf(domain.CodeRateLimited, "Wait %d ms.", 800)); !errors.As(err, &got) {
		t.Fatalf("As(%v) = false, want true", err)
	}
	if want := (domain.Error{Code: domain.CodeRateLimited, Message: "Wait 800 ms."}); *got != want {
		t.Errorf("As = %+v, want %+v", *got, want)
	}
	if got, want := got.Error(), "rate_limited: Wait 800 ms."; got != want {
		t.Errorf("Error = %q, want %q", got, want)
	}
}
