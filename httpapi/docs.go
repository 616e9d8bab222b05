package httpapi

import (
	"github.com/labstack/echo/v5"
)

func renderDocs(description []byte) ([]byte, error) { return description, nil }

func (s *Server) showDocs(c *echo.Context) error { return servePage(c, s.docs) }
