package domain

import "fmt"

// Code names a kind of refusal. Codes are part of the public contract: a
// client may branch on them, so they never change their meaning.
type Code string

// The codes of the rules in this package and of the services above it.
const (
	CodeInvalidName     Code = "invalid_name"
	CodeInvalidEmail    Code = "invalid_email"
	CodeInvalidChannel  Code = "invalid_channel"
	CodeInvalidText     Code = "invalid_text"
	CodeInvalidID       Code = "invalid_id"
	CodeInvalidSession  Code = "invalid_session"
	CodeInvalidPosition Code = "invalid_position"
	CodeInvalidEvent    Code = "invalid_event"
	CodeInvalidRequest  Code = "invalid_request"
	CodeInvalidCommand  Code = "invalid_command"
	CodeUnauthorized    Code = "unauthorized"
	CodeForbidden       Code = "forbidden"
	CodeNotFound        Code = "not_found"
	CodeTooLarge        Code = "too_large"
	CodeRateLimited     Code = "rate_limited"
	CodeUnavailable     Code = "unavailable"
	CodeUnknown         Code = "unknown"
	CodeInternal        Code = "internal"
)

// Error is a refusal that a client may see: a stable code and a sentence that
// says what to do. It never carries SQL, a path or another internal text.
type Error struct {
	Code    Code
	Message string
}

// Error returns the code and the message.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Is reports whether target is an Error of the same code, so that errors.Is
// matches by code whatever the message says.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// Errorf makes an Error of the given code.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
