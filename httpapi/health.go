package httpapi

import (
	"net/http"

	"github.com/labstack/echo/v5"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type healthBody struct {
	Status  string   `json:"status"`
	Reasons []string `json:"reasons,omitempty"`
}

func (s *Server) health(c *echo.Context) error {
	return c.JSON(http.StatusOK, healthBody{Status: "ok"})
}

func (s *Server) ready(c *echo.Context) error {
	if reasons := s.config.Ready(); len(reasons) > 0 {
		return c.JSON(http.StatusServiceUnavailable, healthBody{"not ready", reasons})
	}
	return c.JSON(http.StatusOK, healthBody{Status: "ready"})
}

func (s *Server) metrics() echo.HandlerFunc {
	return echo.WrapHandler(promhttp.HandlerFor(s.config.Metrics, promhttp.HandlerOpts{
		Registry:           s.config.Metrics,
		DisableCompression: true, // a scraper is near, and the answer is small
	}))
}
