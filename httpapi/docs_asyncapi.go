package httpapi

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// asyncDescription is the part of AsyncAPI that the page shows, in the file's
// order.
type asyncDescription struct {
	Info struct {
		Title, Description string
	}
	Channels   ordered[asyncChannel]
	Operations ordered[asyncOperation]
	CloseCodes []struct {
		Code     int
		When, Do string
	} `yaml:"x-close-codes"`
	Components struct {
		SecuritySchemes ordered[schema] `yaml:"securitySchemes"`
		Messages        ordered[asyncMessage]
	}
}

type asyncChannel struct {
	Address, Title, Summary, Description string
	Bindings                             struct {
		WS struct {
			Query, Headers schema
		}
	}
}

type asyncOperation struct {
	Action               string
	Channel              schema
	Summary, Description string
	Messages             []schema
	Reply                struct{ Messages []schema }
}

type asyncMessage struct {
	Name, Title string
	Payload     schema
	Examples    []struct{ Payload example }
}

// socket is what the page shows of the websocket.
type socket struct {
	asyncDescription
	Dialects []dialect
	Frames   []frame
	// Shapes are the parts of frames that the page does not show elsewhere.
	Shapes ordered[schema]
	defs   ordered[schema]
}

// dialect is a channel of AsyncAPI with its operations.
type dialect struct {
	ID string
	asyncChannel
	Operations ordered[asyncOperation]
}

// frame is a message of AsyncAPI with the schema of its payload.
type frame struct {
	ID string
	asyncMessage
	Shape schema
	// Sent and Taken say whether the server sends or takes it, or both.
	Sent, Taken bool
}

// readSocket reads an AsyncAPI description and the schema that its payloads
// refer to.
func readSocket(asyncapi, frames []byte) (socket, error) {
	var s socket
	if err := yaml.Unmarshal(asyncapi, &s.asyncDescription); err != nil {
		return s, fmt.Errorf("read asyncapi: %w", err)
	}
	var root struct {
		Defs ordered[schema] `yaml:"$defs"`
	}
	if err := yaml.Unmarshal(frames, &root); err != nil { // JSON is YAML
		return s, fmt.Errorf("read the schema of frames: %w", err)
	}
	s.defs = root.Defs
	for _, channel := range s.Channels {
		s.Dialects = append(s.Dialects, dialect{channel.Key, channel.Value, s.operationsOf(channel.Key)})
	}
	for _, message := range s.Components.Messages {
		shape, err := s.defs.get(path.Base(message.Value.Payload.Ref))
		if err != nil {
			return s, fmt.Errorf("payload of %s: %w", message.Key, err)
		}
		f := frame{ID: message.Key, asyncMessage: message.Value, Shape: shape}
		f.Sent, f.Taken = s.direction(message.Key)
		s.Frames = append(s.Frames, f)
	}
	return s, nil
}

// operationsOf returns what is done in a channel.
func (s socket) operationsOf(channel string) ordered[asyncOperation] {
	var operations ordered[asyncOperation]
	for _, o := range s.Operations {
		if path.Base(o.Value.Channel.Ref) == channel {
			operations = append(operations, o)
		}
	}
	return operations
}

// direction returns whether the server sends a message and whether it takes it.
func (s socket) direction(message string) (sent, taken bool) {
	is := func(ref schema) bool { return path.Base(ref.Ref) == message }
	for _, o := range s.Operations {
		named := slices.ContainsFunc(o.Value.Messages, is)
		sent = sent || named && o.Value.Action == "send" || slices.ContainsFunc(o.Value.Reply.Messages, is)
		taken = taken || named && o.Value.Action == "receive"
	}
	return sent, taken
}

// shapesBeside returns the schemas that are neither among the others nor shown
// as a frame. One that only lists frames shows nothing that the frames don't.
func (s socket) shapesBeside(others ordered[schema]) ordered[schema] {
	return slices.DeleteFunc(slices.Clone(s.defs), func(def member[schema]) bool {
		_, err := others.get(def.Key)
		isFrame := slices.ContainsFunc(s.Frames, func(f frame) bool { return f.ID == def.Key })
		return err == nil || isFrame || len(def.Value.OneOf) > 0
	})
}

// example is a frame as it is on the wire. One that is a bare string, as in the
// plain dialect, is that string.
type example string

// UnmarshalYAML reads a frame and keeps the order of its fields.
func (e *example) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*e = example(node.Value)
		return nil
	}
	var b strings.Builder
	if err := writeJSON(&b, node); err != nil {
		return err
	}
	*e = example(b.String())
	return nil
}

// writeJSON writes a YAML node as JSON.
func writeJSON(b *strings.Builder, node *yaml.Node) error {
	switch node.Kind {
	case yaml.AliasNode:
		return writeJSON(b, node.Alias)
	case yaml.MappingNode:
		return writeList(b, node, "{}", ":,")
	case yaml.SequenceNode:
		return writeList(b, node, "[]", ",,")
	}
	var value any
	if err := node.Decode(&value); err != nil {
		return err
	}
	encoded, err := json.Marshal(value)
	b.Write(encoded)
	return err
}

// writeList writes the node's parts between brackets, and between them the
// separators by turns.
func writeList(b *strings.Builder, node *yaml.Node, brackets, separators string) error {
	b.WriteByte(brackets[0])
	for i, part := range node.Content {
		if i > 0 {
			b.WriteByte(separators[(i-1)%len(separators)])
		}
		if err := writeJSON(b, part); err != nil {
			return err
		}
	}
	b.WriteByte(brackets[1])
	return nil
}
