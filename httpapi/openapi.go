package httpapi

import (
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v5"
)

// Description is the API's description, OpenAPI 3.1 in YAML.
//
//go:embed openapi.yaml
var Description []byte

func (s *Server) openapi(c *echo.Context) error {
	return c.Blob(http.StatusOK, "application/yaml", Description)
}
