package httpapi

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v5"

	"github.com/faustman/chitchat/domain"
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
}

func (s *Server) listMessages(c *echo.Context) error {
	query, err := decodeMessageQuery(c.QueryParams())
	if err != nil {
		return err
	}
	page, err := s.config.Reader.Messages(c.Request().Context(), claimsOf(c).Channel, query)
	if err != nil {
		return err
	}
	body := messagePageBody{
		Messages: make([]messageBody, 0, len(page.Messages)),
		Position: page.Position.String(),
		HasMore:  page.HasMore,
	}
	for _, m := range page.Messages {
		body.Messages = append(body.Messages, messageBody{domain.TypeMessage, m.Seq, m.ID, m.From, m.SentAt.UTC(), m.Text})
	}
	return c.JSON(http.StatusOK, body)
}
