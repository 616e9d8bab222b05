package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/projections"
)

// The codes that only HTTP has.
const (
	CodeMethodNotAllowed     domain.Code = "method_not_allowed"
	CodeUnsupportedMediaType domain.Code = "unsupported_media_type"
)

// The websocket close codes of the contract.
const (
	CloseGoingAway  = 1001 // the server leaves
	CloseBinary     = 1003 // a binary frame
	CloseNotUTF8    = 1007
	ClosePolicy     = 1008 // against the rules
	CloseTooLong    = 1009
	CloseInternal   = 1011
	CloseRestart    = 1012 // the server restarts
	CloseTokenEnded = 4001
	CloseTooSlow    = 4008 // did not read what was sent
	CloseFlood      = 4029
)

// Answer is how a refusal is told.
type Answer struct {
	// Status is the HTTP status.
	Status int
	// Close is the websocket close code, for when a refusal ends a connection.
	Close int
}

// answers is the one table of what a code means to each protocol.
var answers = map[domain.Code]Answer{
	domain.CodeInvalidName:     {http.StatusUnprocessableEntity, ClosePolicy},
	domain.CodeInvalidEmail:    {http.StatusUnprocessableEntity, ClosePolicy},
	domain.CodeInvalidChannel:  {http.StatusUnprocessableEntity, ClosePolicy},
	domain.CodeInvalidText:     {http.StatusUnprocessableEntity, ClosePolicy},
	domain.CodeInvalidID:       {http.StatusUnprocessableEntity, ClosePolicy},
	domain.CodeInvalidEvent:    {http.StatusUnprocessableEntity, ClosePolicy},
	domain.CodeInvalidSession:  {http.StatusBadRequest, ClosePolicy},
	domain.CodeInvalidPosition: {http.StatusBadRequest, ClosePolicy},
	domain.CodeInvalidRequest:  {http.StatusBadRequest, ClosePolicy},
	domain.CodeInvalidCommand:  {http.StatusBadRequest, ClosePolicy},
	domain.CodeUnauthorized:    {http.StatusUnauthorized, CloseTokenEnded},
	domain.CodeForbidden:       {http.StatusForbidden, ClosePolicy},
	domain.CodeNotFound:        {http.StatusNotFound, ClosePolicy},
	CodeMethodNotAllowed:       {http.StatusMethodNotAllowed, ClosePolicy},
	CodeUnsupportedMediaType:   {http.StatusUnsupportedMediaType, CloseBinary},
	domain.CodeTooLarge:        {http.StatusRequestEntityTooLarge, CloseTooLong},
	domain.CodeRateLimited:     {http.StatusTooManyRequests, CloseFlood},
	domain.CodeUnavailable:     {http.StatusServiceUnavailable, CloseRestart},
	domain.CodeUnknown:         {http.StatusServiceUnavailable, CloseRestart},
	domain.CodeInternal:        {http.StatusInternalServerError, CloseInternal},
}

// AnswerTo returns how a refusal of the code is told. A code that the table
// does not have is a fault of ours and told like internal.
func AnswerTo(code domain.Code) Answer {
	if answer, ok := answers[code]; ok {
		return answer
	}
	return answers[domain.CodeInternal]
}

const (
	// retryAfterSeconds is the Retry-After of 503 and 429.
	retryAfterSeconds = "2"
	// statusClientGone is what the log shows for a client that did not wait.
	statusClientGone = 499
)

type errorBody struct {
	Code    domain.Code `json:"code"`
	Message string      `json:"message"`
}

// handleError writes the answer to a request that a handler refused. It is the
// only place that does.
func (s *Server) handleError(c *echo.Context, err error) {
	e := entryOf(c)
	e.err = err
	response, unwrapErr := echo.UnwrapResponse(c.Response())
	if e.upgraded || unwrapErr != nil || response.Committed {
		return
	}
	// A body that was cut short ends the request's context too, and its sender
	// may still be there to be told.
	if errors.Is(err, context.Canceled) {
		e.status = statusClientGone
		return
	}
	refusal := refusalOf(err)
	answer := AnswerTo(refusal.Code)
	header := response.Header()
	switch answer.Status {
	case http.StatusUnauthorized:
		header.Set(echo.HeaderWWWAuthenticate, "Bearer")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		header.Set(echo.HeaderRetryAfter, retryAfterSeconds)
	}
	if writeErr := c.JSON(answer.Status, errorBody{refusal.Code, refusal.Message}); writeErr != nil {
		e.err = errors.Join(err, writeErr)
	}
}

// refusalOf returns what a client is told about err.
func refusalOf(err error) *domain.Error {
	var refusal *domain.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &tooLarge):
		return domain.Errorf(domain.CodeTooLarge, "The body has more than %d KiB. Send less.", maxBodyBytes>>10)
	case errors.Is(err, projections.ErrUnavailable):
		return domain.Errorf(domain.CodeUnavailable, "History is not available now, and chat goes on. Try again in a moment.")
	case errors.Is(err, context.DeadlineExceeded):
		return domain.Errorf(domain.CodeUnavailable, "That took too long. Try again in a moment.")
	}
	switch echo.StatusCode(err) {
	case http.StatusNotFound:
		return domain.Errorf(domain.CodeNotFound, "There is nothing here. GET /docs shows what there is.")
	case http.StatusMethodNotAllowed:
		return domain.Errorf(CodeMethodNotAllowed, "This method is not for this path. The header Allow names those that are.")
	case http.StatusBadRequest:
		return invalidRequest("The request cannot be read. GET /docs shows its form.")
	}
	return domain.Errorf(domain.CodeInternal, "Something went wrong here. Try again later.")
}

func invalidRequest(format string, args ...any) *domain.Error {
	return domain.Errorf(domain.CodeInvalidRequest, format, args...)
}
