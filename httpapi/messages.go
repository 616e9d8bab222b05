package httpapi

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v5"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/projections"
)

// messageBody is a message as history shows it: the event's frame without prev,
// keys in the same order.
type messageBody struct {
	Type   domain.Type `json:"type"`
	Seq    uint64      `json:"seq"`
	ID     string      `json:"id"`
	From   domain.User `json:"from_user"`
	SentAt time.Time   `json:"sent_at"`
	Text   string      `json:"text"`
}

type messagePageBody struct {
	Messages []messageBody `json:"messages"`
	Position string        `json:"position"`
	HasMore  bool          `json:"has_more"`
	// At and Users are those of a channel's past, absent without at.
	At    *uint64      `json:"at,omitempty"`
	Users []personBody `json:"users,omitzero"`
}

func messagePage(page projections.MessagePage) messagePageBody {
	body := messagePageBody{
		Messages: make([]messageBody, 0, len(page.Messages)),
		Position: page.Position.String(),
		HasMore:  page.HasMore,
	}
	for _, m := range page.Messages {
		body.Messages = append(body.Messages, messageBody{domain.TypeMessage, m.Seq, m.ID, m.From, m.SentAt.UTC(), m.Text})
	}
	return body
}

func (s *Server) listMessages(c *echo.Context) error {
	params := c.QueryParams()
	query, err := decodeMessageQuery(params)
	if err != nil {
		return err
	}
	ctx, channel := c.Request().Context(), claimsOf(c).Channel
	moment, err := momentParam(params)
	if err != nil {
		return err
	}
	if moment == nil {
		page, err := s.config.Reader.Messages(ctx, channel, query)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, messagePage(page))
	}
	if params.Has("start_time") {
		return invalidRequest("start_time is not for the past. Leave it out beside at, and page with before or after.")
	}
	past, err := s.config.Reader.MessagesAt(ctx, channel, *moment, query)
	if err != nil {
		return pastError(err)
	}
	body := messagePage(past.MessagePage)
	body.At, body.Users = &past.At, people(past.Users)
	return c.JSON(http.StatusOK, body)
}
