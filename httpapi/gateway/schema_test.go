package gateway_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi"
)

// The two roots of the schema.
const (
	serverFrame   = "ServerFrame"
	clientCommand = "ClientCommand"
)

// frameSchema is frames.schema.json, read strictly: an object has no fields but those that it names. Readers are told
// to ignore others; the gateway must not send any.
type frameSchema struct {
	t    *testing.T
	defs map[string]any
	// kinds are the names of the $defs of each root's frames.
	kinds    map[string][]string
	compiled map[string]*jsonschema.Schema
}

func loadSchema(t *testing.T) *frameSchema {
	t.Helper()
	raw, err := os.ReadFile("frames.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defs := doc.(map[string]any)["$defs"].(map[string]any)
	for _, def := range defs {
		if def := def.(map[string]any); def["properties"] != nil {
			def["additionalProperties"] = false
		}
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("frames.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s := &frameSchema{t: t, defs: defs, kinds: map[string][]string{}, compiled: map[string]*jsonschema.Schema{}}
	for name, def := range defs {
		if s.compiled[name], err = compiler.Compile("frames.schema.json#/$defs/" + name); err != nil {
			t.Fatal(err)
		}
		oneOf, _ := def.(map[string]any)["oneOf"].([]any)
		for _, ref := range oneOf {
			s.kinds[name] = append(s.kinds[name], path.Base(ref.(map[string]any)["$ref"].(string)))
		}
	}
	return s
}

// valid tells what is wrong with the frame, nil when it is one of the root's.
func (s *frameSchema) valid(root, frame string) error {
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(frame))
	if err != nil {
		return err
	}
	return s.compiled[root].Validate(value)
}

// seen is which fields came in the frames of each $def.
type seen map[string]map[string]bool

// note holds the frame to the root and notes which of its $defs it is, and which fields it has.
func (s *frameSchema) note(root, frame string, into seen) {
	s.t.Helper()
	if err := s.valid(root, frame); err != nil {
		s.t.Errorf("%s is against the schema: %v", frame, err)
		return
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(frame), &fields); err != nil {
		s.t.Fatal(err)
	}
	for _, kind := range s.kinds[root] {
		if s.valid(kind, frame) != nil {
			continue
		}
		if into[kind] == nil {
			into[kind] = map[string]bool{}
		}
		for field := range fields {
			into[kind][field] = true
		}
	}
}

// wantAll wants each frame of the root, with each field that the schema names.
func (s *frameSchema) wantAll(root string, got seen) {
	s.t.Helper()
	want := seen{}
	for _, kind := range s.kinds[root] {
		want[kind] = map[string]bool{}
		for field := range s.defs[kind].(map[string]any)["properties"].(map[string]any) {
			want[kind][field] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("the frames of %s and their fields (-in the schema +seen):\n%s", root, diff)
	}
}

func TestSchemaTellsFramesFromOthers(t *testing.T) {
	t.Parallel()
	const (
		head = `"from_user":{"id":"u1","name":"Ada"},"sent_at":"2026-01-01T12:00:00.123456789Z"`
		send = `{"type":"send","id":"`
	)
	tests := []struct {
		name, root, frame string
		want              bool
	}{
		{"message", serverFrame, `{"type":"message","seq":120,"prev":117,"id":"m1",` + head + `,"text":"hey"}`, true},
		{"message without prev", serverFrame, `{"type":"message","seq":120,"id":"m1",` + head + `,"text":"hey"}`, false},
		{"message with more", serverFrame, `{"type":"message","seq":120,"prev":117,"id":"m1",` + head + `,"text":"hey","token":"x"}`, false},
		{"user with more", serverFrame, `{"type":"typing","from_user":{"id":"u1","name":"Ada","email":"a@example.com"}}`, false},
		{"local time", serverFrame, `{"type":"message","seq":2,"prev":1,"id":"m1","from_user":{"id":"u1","name":"Ada"},"sent_at":"2026-01-01T12:00:00+01:00","text":"hey"}`, false},
		{"no time", serverFrame, `{"type":"message","seq":2,"prev":1,"id":"m1","from_user":{"id":"u1","name":"Ada"},"sent_at":"Z","text":"hey"}`, false},
		{"join", serverFrame, `{"type":"join","seq":121,"prev":0,` + head + `,"session":"s1"}`, true},
		{"seq 0", serverFrame, `{"type":"join","seq":0,"prev":0,` + head + `,"session":"s1"}`, false},
		{"leave", serverFrame, `{"type":"leave","seq":125,"prev":121,` + head + `,"session":"s1","reason":"lost"}`, true},
		{"leave of boredom", serverFrame, `{"type":"leave","seq":125,"prev":121,` + head + `,"session":"s1","reason":"bored"}`, false},
		{"position without an epoch", serverFrame, `{"type":"reset","position":"812"}`, false},
		{"made-up code", serverFrame, `{"type":"error","id":"m1","code":"made_up","message":"Wait."}`, false},
		{"unknown type", serverFrame, `{"type":"dance"}`, false},
		{"a command to the client", serverFrame, `{"type":"send","id":"m1","text":"Hello!"}`, false},
		{"send without id", clientCommand, `{"type":"send","text":"Hello!"}`, false},
		{"longest id", clientCommand, send + strings.Repeat("x", domain.MaxIDBytes) + `","text":"x"}`, true},
		{"id too long", clientCommand, send + strings.Repeat("x", domain.MaxIDBytes+1) + `","text":"x"}`, false},
		{"id with a space", clientCommand, send + `a b","text":"x"}`, false},
		{"longest text", clientCommand, send + `m1","text":"` + strings.Repeat("😀", domain.MaxTextRunes) + `"}`, true},
		{"text too long", clientCommand, send + `m1","text":"` + strings.Repeat("é", domain.MaxTextRunes+1) + `"}`, false},
		{"auth without a token", clientCommand, `{"type":"auth"}`, false},
		{"a frame to the server", clientCommand, `{"type":"typing","from_user":{"id":"u1","name":"Ada"}}`, false},
	}
	schema := loadSchema(t)
	for _, tt := range tests {
		if err := schema.valid(tt.root, tt.frame); (err == nil) != tt.want {
			t.Errorf("%s: %v, want valid %v", tt.name, err, tt.want)
		}
	}
}

// What the calls and the frames have in common is in openapi.yaml, too, in the same words.
func TestDescriptionHasThePartsOfTheSchema(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("frames.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]any `json:"$defs"`
	}
	if err := json.Unmarshal(bytes.ReplaceAll(raw, []byte("#/$defs/"), []byte("#/components/schemas/")), &schema); err != nil {
		t.Fatal(err)
	}
	var description struct {
		Components struct{ Schemas map[string]any }
	}
	if err := yaml.Unmarshal(httpapi.Description, &description); err != nil {
		t.Fatal(err)
	}
	var shared []string
	for _, name := range slices.Sorted(maps.Keys(schema.Defs)) {
		described, ok := description.Components.Schemas[name]
		if !ok {
			continue
		}
		shared = append(shared, name)
		if diff := cmp.Diff(schema.Defs[name], asJSON(t, described)); diff != "" {
			t.Errorf("%s (-frames.schema.json +openapi.yaml):\n%s", name, diff)
		}
	}
	want := []string{"CommandId", "ErrorCode", "Position", "SentAt", "Seq", "SessionId", "Term", "Text", "User"}
	if diff := cmp.Diff(want, shared); diff != "" {
		t.Errorf("what the calls and the frames have in common (-want +got):\n%s", diff)
	}
}

// asJSON returns the value as decoding JSON makes it.
func asJSON(t *testing.T, value any) any {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var again any
	if err := json.Unmarshal(raw, &again); err != nil {
		t.Fatal(err)
	}
	return again
}
