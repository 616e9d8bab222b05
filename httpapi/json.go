package httpapi

import (
	"encoding/json"

	"github.com/labstack/echo/v5"
)

// jsonSerializer writes JSON as the websocket's frames have it: echo's own
// writes <, > and & as escapes.
type jsonSerializer struct{ echo.DefaultJSONSerializer }

// Serialize writes target as JSON.
func (jsonSerializer) Serialize(c *echo.Context, target any, indent string) error {
	encoder := json.NewEncoder(c.Response())
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	return encoder.Encode(target)
}
