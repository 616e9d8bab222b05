package httpapi

import "path"

// description is the part of OpenAPI that the page shows, in the file's order.
type description struct {
	Info struct {
		Title, Summary, Description string
	}
	Paths      ordered[ordered[operation]]
	Components struct {
		SecuritySchemes ordered[schema] `yaml:"securitySchemes"`
		Parameters      ordered[parameter]
		Responses       ordered[response]
		Schemas         ordered[schema]
	}
}

type operation struct {
	OperationID          string `yaml:"operationId"`
	Summary, Description string
	Security             *[]any
	Parameters           []parameter
	RequestBody          struct{ Content ordered[media] } `yaml:"requestBody"`
	Responses            ordered[response]
}

type parameter struct {
	Ref         string `yaml:"$ref"`
	Name, In    string
	Description string
	Schema      schema
}

type response struct {
	Ref         string `yaml:"$ref"`
	Description string
	Content     ordered[media]
}

type media struct{ Schema schema }

func (d description) parameter(p parameter) (parameter, error) {
	if p.Ref == "" {
		return p, nil
	}
	return d.Components.Parameters.get(path.Base(p.Ref))
}

func (d description) response(r response) (response, error) {
	if r.Ref == "" {
		return r, nil
	}
	return d.Components.Responses.get(path.Base(r.Ref))
}
