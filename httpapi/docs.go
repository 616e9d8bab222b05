package httpapi

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"path"
	"strings"

	"github.com/labstack/echo/v5"
	"go.yaml.in/yaml/v3"
)

// docs.html is the page with its style and the part about HTTP,
// docs_socket.html the part about the websocket.
var (
	//go:embed docs.html
	docsTemplate string
	//go:embed docs_socket.html
	docsSocketTemplate string
)

// docsPage is what the page shows.
type docsPage struct {
	description
	Socket socket
}

// schema is the part of a JSON Schema that the page shows.
type schema struct {
	Ref         string `yaml:"$ref"`
	Type        string
	Format      string
	Description string
	Const       string
	Default     string
	Pattern     string
	Enum        []string
	Minimum     string
	Maximum     string
	MinLength   string `yaml:"minLength"`
	MaxLength   string `yaml:"maxLength"`
	MaxItems    string `yaml:"maxItems"`
	Required    []string
	Properties  ordered[schema]
	Items       *schema
	AllOf       []schema `yaml:"allOf"`
	OneOf       []schema `yaml:"oneOf"`
}

// limits says in words what a schema allows.
func (s schema) limits() string {
	var limits []string
	add := func(word, value string) {
		if value != "" {
			limits = append(limits, word+value)
		}
	}
	add("", s.Format)
	add("always ", s.Const)
	add("one of ", strings.Join(s.Enum, ", "))
	add("default ", s.Default)
	add("at least ", s.Minimum)
	add("at most ", s.Maximum)
	add("shortest ", s.MinLength)
	add("longest ", s.MaxLength)
	add("items at most ", s.MaxItems)
	add("like ", s.Pattern)
	return strings.Join(limits, "; ")
}

// ordered is a YAML mapping that keeps its order.
type ordered[T any] []member[T]

type member[T any] struct {
	Key   string
	Value T
}

// UnmarshalYAML reads a mapping.
func (o *ordered[T]) UnmarshalYAML(node *yaml.Node) error {
	for i := 0; i+1 < len(node.Content); i += 2 {
		m := member[T]{Key: node.Content[i].Value}
		if err := node.Content[i+1].Decode(&m.Value); err != nil {
			return fmt.Errorf("%s: %w", m.Key, err)
		}
		*o = append(*o, m)
	}
	return nil
}

func (o ordered[T]) get(key string) (T, error) {
	for _, m := range o {
		if m.Key == key {
			return m.Value, nil
		}
	}
	var none T
	return none, fmt.Errorf("%s is not described", key)
}

// renderDocs makes the page that shows the descriptions to a person. It needs
// no script and nothing from outside.
func renderDocs(openapi, asyncapi, frames []byte) ([]byte, error) {
	var d description
	if err := yaml.Unmarshal(openapi, &d); err != nil {
		return nil, fmt.Errorf("read openapi: %w", err)
	}
	s, err := readSocket(asyncapi, frames)
	if err != nil {
		return nil, err
	}
	s.Shapes = s.shapesBeside(d.Components.Schemas)
	page, err := template.New("docs").Funcs(template.FuncMap{
		"upper":      strings.ToUpper,
		"name":       path.Base,
		"paragraphs": func(text string) []string { return strings.Split(strings.TrimSpace(text), "\n\n") },
		"parameter":  d.parameter,
		"response":   d.response,
		"limits":     schema.limits,
	}).Parse(docsTemplate)
	if err != nil {
		return nil, fmt.Errorf("parse docs page: %w", err)
	}
	if _, err := page.New("socket").Parse(docsSocketTemplate); err != nil {
		return nil, fmt.Errorf("parse docs page of the websocket: %w", err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, docsPage{d, s}); err != nil {
		return nil, fmt.Errorf("render docs page: %w", err)
	}
	return out.Bytes(), nil
}

func (s *Server) showDocs(c *echo.Context) error { return servePage(c, s.docs) }
