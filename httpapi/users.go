package httpapi

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/labstack/echo/v5"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/projections"
)

type personBody struct {
	domain.User
	Sessions []string `json:"sessions"`
	Terms    []string `json:"terms,omitempty"` // one each, of the present only
}

type rosterBody struct {
	Users    []personBody `json:"users"`
	Position string       `json:"position"`
	// At is that of a channel's past, absent without at.
	At *uint64 `json:"at,omitempty"`
}

func (s *Server) listUsers(c *echo.Context) error {
	ctx, channel := c.Request().Context(), claimsOf(c).Channel
	moment, err := momentParam(c.QueryParams())
	if err != nil {
		return err
	}
	var past projections.PastRoster
	if moment == nil {
		past.Roster, err = s.config.Reader.People(ctx, channel)
	} else if past, err = s.config.Reader.PeopleAt(ctx, channel, *moment); err != nil {
		err = pastError(err)
	}
	if err != nil {
		return err
	}
	body := rosterBody{Users: people(past.Users), Position: past.Position.String()}
	if moment != nil {
		body.At = &past.At
	}
	return c.JSON(http.StatusOK, body)
}

// people are the users by name and then by id.
func people(users []projections.Present) []personBody {
	bodies := make([]personBody, 0, len(users))
	for _, p := range users {
		bodies = append(bodies, personBody{p.User, append([]string{}, p.Sessions...), p.Terms})
	}
	slices.SortFunc(bodies, func(a, b personBody) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return bodies
}
