package domain_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/domain"
)

func TestNewUser(t *testing.T) {
	const snow = "97f960a48b419ff55a2abfba9d8de223" // the contract's own example
	withAvatar := domain.User{ID: snow, Name: "John Snow", Avatar: "https://www.gravatar.com/avatar/532391d5a2bada12c5f1635e9cbd49cc?s=128"}
	tests := []struct {
		name, userName, email string
		want                  domain.User
	}{
		{"the contract's example", "John Snow", "john.snow@gmail.com", withAvatar},
		{"space around", "  John Snow\n", "\tjohn.snow@gmail.com ", withAvatar},
		{"without email", "John Snow", "", domain.User{ID: "9e08f9b23e6eff411baf24d76a050317", Name: "John Snow"}},
		{"blank email", "John Snow", "  ", domain.User{ID: "9e08f9b23e6eff411baf24d76a050317", Name: "John Snow"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := domain.NewUser(test.userName, test.email)
			if err != nil {
				t.Fatalf("NewUser = %v, want a user", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("NewUser (-want +got):\n%s", diff)
			}
			if err := got.Check(); err != nil {
				t.Errorf("Check = %v, want nil", err)
			}
		})
	}
}

func TestNewUserChecksTheName(t *testing.T) {
	const refused = domain.CodeInvalidName
	tests := []struct {
		name, in string
		want     domain.Code
	}{
		{"empty", "", refused},
		{"blank", " \t\u3000", refused},
		{"nothing to see", "\u200b\u2060", refused},
		{"turns the text around it", "\u202eTaP", refused},
		{"joined emoji", "👩\u200d🚀", ""},
		{"1 character", "x", ""},
		{"100 characters", strings.Repeat("é", 100), ""},
		{"101 characters", strings.Repeat("é", 101), refused},
		{"100 characters and space around", " " + strings.Repeat("x", 100) + " ", ""},
		{"spaces within", "Ada  Lovelace", ""},
		{"line break", "Ada\nLovelace", refused},
		{"U+0000", "A\x00da", refused},
		{"delete", "Ada\x7f", refused},
		{"C1 control", "Ada\u0085Lovelace", refused},
		{"invalid UTF-8", "Ada\xff", refused},
		{"emoji", "Ada 🎉", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := domain.NewUser(test.in, "")
			wantCode(t, "NewUser", err, test.want)
		})
	}
}

func TestNewUserChecksTheEmail(t *testing.T) {
	const refused = domain.CodeInvalidEmail
	tests := []struct {
		name, in string
		want     domain.Code
	}{
		{"empty", "", ""},
		{"plain", "ada@example.com", ""},
		{"with a tag", "ada+chat@example.co.uk", ""},
		{"not ASCII", "ädä@exämple.com", ""},
		{"254 bytes", strings.Repeat("a", 242) + "@example.com", ""},
		{"255 bytes", strings.Repeat("a", 243) + "@example.com", refused},
		{"no at", "ada", refused},
		{"no name", "@example.com", refused},
		{"no domain", "ada@", refused},
		{"two ats", "ada@b@example.com", refused},
		{"space", "ada l@example.com", refused},
		{"two addresses", "a@example.com,b@example.com", refused},
		{"with a display name", "Ada <ada@example.com>", refused},
		{"in brackets", "<ada@example.com>", refused},
		{"with a comment", "ada@example.com (Ada)", refused},
		{"line break", "ada@example.com\r\nBcc: b@example.com", refused},
		{"U+0000", "a\x00da@example.com", refused},
		{"invalid UTF-8", "ada\xff@example.com", refused},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := domain.NewUser("Ada", test.in)
			wantCode(t, "NewUser", err, test.want)
		})
	}
}

// Tokens and events of other programs bring users that NewUser has not made.
func TestUserCheck(t *testing.T) {
	tests := []struct {
		name string
		user domain.User
		want domain.Code
	}{
		{"good", ada, ""},
		{"without id", domain.User{Name: "Ada"}, domain.CodeInvalidID},
		{"id of 128 bytes", domain.User{ID: strings.Repeat("x", 128), Name: "Ada"}, ""},
		{"id of 129 bytes", domain.User{ID: strings.Repeat("x", 129), Name: "Ada"}, domain.CodeInvalidID},
		{"id of 65 characters of two bytes", domain.User{ID: strings.Repeat("é", 65), Name: "Ada"}, domain.CodeInvalidID},
		{"id with bar and space", domain.User{ID: "auth0|ada l", Name: "Ada"}, ""},
		{"id with U+0000", domain.User{ID: "a\x00", Name: "Ada"}, domain.CodeInvalidID},
		{"id with line break", domain.User{ID: "a\n", Name: "Ada"}, domain.CodeInvalidID},
		{"id not UTF-8", domain.User{ID: "a\xff", Name: "Ada"}, domain.CodeInvalidID},
		{"avatar of 2048 bytes", domain.User{ID: "a", Name: "Ada", Avatar: strings.Repeat("x", 2048)}, ""},
		{"avatar of 2049 bytes", domain.User{ID: "a", Name: "Ada", Avatar: strings.Repeat("x", 2049)}, domain.CodeInvalidID},
		{"avatar with U+0000", domain.User{ID: "a", Name: "Ada", Avatar: "\x00"}, domain.CodeInvalidID},
		{"without name", domain.User{ID: "a"}, domain.CodeInvalidName},
		{"name of 100 characters", domain.User{ID: "a", Name: strings.Repeat("é", 100)}, ""},
		{"name of 101 characters", domain.User{ID: "a", Name: strings.Repeat("é", 101)}, domain.CodeInvalidName},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { wantCode(t, "Check", test.user.Check(), test.want) })
	}
}
