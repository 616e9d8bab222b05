package httpapi

// Routes returns each route that the server has, as "METHOD /path" in the way
// that OpenAPI writes paths.
func (s *Server) Routes() []string {
	var routes []string
	for _, route := range s.echo.Router().Routes() {
		routes = append(routes, route.Method+" "+route.Path)
	}
	return routes
}

// Answers is the table of errors.
var Answers = answers
