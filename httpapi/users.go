package httpapi

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/labstack/echo/v5"

	"github.com/faustman/chitchat/domain"
)

type personBody struct {
	domain.User
	Sessions []string `json:"sessions"`
}

type rosterBody struct {
	Users    []personBody `json:"users"`
	Position string       `json:"position"`
}

func (s *Server) listUsers(c *echo.Context) error {
	roster, err := s.config.Reader.People(c.Request().Context(), claimsOf(c).Channel)
	if err != nil {
		return err
	}
	body := rosterBody{Users: make([]personBody, 0, len(roster.Users)), Position: roster.Position.String()}
	for _, p := range roster.Users {
		body.Users = append(body.Users, personBody{p.User, append([]string{}, p.Sessions...)})
	}
	slices.SortFunc(body.Users, func(a, b personBody) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return c.JSON(http.StatusOK, body)
}
