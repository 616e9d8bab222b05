package httpapi

import (
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v5"
)

var (
	// SocketDescription is the websocket's description, AsyncAPI 3.0 in YAML.
	//
	//go:embed asyncapi.yaml
	SocketDescription []byte
	// FrameSchema is the JSON Schema of the websocket's frames, to which the
	// description refers as to a file beside it.
	//
	//go:embed gateway/frames.schema.json
	FrameSchema []byte
)

func (s *Server) asyncapi(c *echo.Context) error {
	return c.Blob(http.StatusOK, "application/yaml", SocketDescription)
}

func (s *Server) frameSchema(c *echo.Context) error {
	return c.Blob(http.StatusOK, "application/schema+json", FrameSchema)
}
