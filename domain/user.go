package domain

import (
	"crypto/md5" // the contract names MD5; it is a name here, not a protection
	"encoding/hex"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// User is a person as events and tokens show them.
type User struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Avatar string `json:"avatar,omitempty"`
}

// NewUser returns the user of a name and an email address, which may be empty.
// The id is the MD5 of name followed by email, the avatar is Gravatar's of the
// email and absent without one. Space around both is dropped. Errors are
// [*Error] with [CodeInvalidName] or [CodeInvalidEmail].
func NewUser(name, email string) (User, error) {
	name, email = strings.TrimSpace(name), strings.TrimSpace(email)
	if err := checkGivenName(name); err != nil {
		return User{}, err
	}
	if err := checkEmail(email); err != nil {
		return User{}, err
	}
	user := User{ID: md5Hex(name + email), Name: name}
	if email != "" {
		user.Avatar = "https://www.gravatar.com/avatar/" + md5Hex(email) + "?s=128"
	}
	return user, nil
}

// Check tells whether the user may stand in an event: tokens and events may
// come from other programs. Errors are [*Error] with [CodeInvalidName] or
// [CodeInvalidID].
func (u User) Check() error {
	if u.ID == "" || len(u.ID) > MaxUserIDBytes || !printable(u.ID) {
		return Errorf(CodeInvalidID, "A user's id has 1 to %d bytes and no control characters.", MaxUserIDBytes)
	}
	if len(u.Avatar) > MaxURLBytes || !printable(u.Avatar) {
		return Errorf(CodeInvalidID, "An avatar's address has at most %d bytes and no control characters.", MaxURLBytes)
	}
	return checkName(u.Name)
}

// checkName holds for every name that an event may have.
func checkName(name string) error {
	if strings.TrimSpace(name) == "" {
		return Errorf(CodeInvalidName, "Give a name.")
	}
	if utf8.RuneCountInString(name) > MaxNameRunes || !printable(name) {
		return Errorf(CodeInvalidName, "A name has at most %d characters of UTF-8 and no control characters.", MaxNameRunes)
	}
	return nil
}

// checkGivenName holds for a name that a person gives here: besides, it can be
// seen, and does not turn what is written around it.
func checkGivenName(name string) error {
	if !visible(name) {
		return Errorf(CodeInvalidName, "Give a name.")
	}
	if strings.ContainsFunc(name, turnsText) {
		return Errorf(CodeInvalidName, "A name has no characters that turn the direction of the text around it.")
	}
	return checkName(name)
}

// turnsText reports whether r is one of the controls that change the direction
// of what follows: in a name they make another one of it.
func turnsText(r rune) bool {
	return unicode.Is(unicode.Bidi_Control, r) && r != '\u200e' && r != '\u200f' && r != '\u061c'
}

// visible reports whether s has a character that is seen: it is not of white
// space and of characters without width alone.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S)
	})
}

func checkEmail(email string) error {
	if email == "" {
		return nil
	}
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email || len(email) > MaxEmailBytes || !printable(email) {
		return Errorf(CodeInvalidEmail, "That is not an email address. Give one like ada@example.com, or none.")
	}
	return nil
}

// printable reports whether s is valid UTF-8 without control characters, which
// covers U+0000 (Postgres refuses it) and line breaks.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}
