package httpapi_test

import (
	"maps"
	"path"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/faustman/chitchat/httpapi"
)

// frameFile is what the description calls the schema of the frames.
const frameFile = "frames.schema.json"

// frameDefs returns the parts of the schema, and which of them are frames that the server sends, and takes.
func frameDefs(t *testing.T) (defs map[string]any, sent, taken []string) {
	t.Helper()
	defs = untyped(t, httpapi.FrameSchema).(map[string]any)["$defs"].(map[string]any)
	kinds := func(root string) (names []string) {
		for _, ref := range defs[root].(map[string]any)["oneOf"].([]any) {
			names = append(names, path.Base(ref.(map[string]any)["$ref"].(string)))
		}
		slices.Sort(names)
		return names
	}
	return defs, kinds("ServerFrame"), kinds("ClientCommand")
}

// The description has the frames of the schema and no others, each in its direction and under its type.
func TestSocketDescriptionHasTheFramesOfTheSchema(t *testing.T) {
	doc := socketDescribed(t)
	defs, wantSent, wantTaken := frameDefs(t)
	sent, taken := map[string]bool{}, map[string]bool{}
	for _, operation := range doc.Operations {
		into := sent
		if operation.Action == "receive" {
			into = taken
		}
		for _, message := range operation.Messages {
			into[path.Base(message.Ref)] = true
		}
		for _, message := range operation.replies() {
			sent[path.Base(message.Ref)] = true
		}
	}
	delete(taken, "PlainText")
	if diff := cmp.Diff(wantSent, slices.Sorted(maps.Keys(sent))); diff != "" {
		t.Errorf("what the server sends (-%s +asyncapi.yaml):\n%s", frameFile, diff)
	}
	if diff := cmp.Diff(wantTaken, slices.Sorted(maps.Keys(taken))); diff != "" {
		t.Errorf("what the server takes (-%s +asyncapi.yaml):\n%s", frameFile, diff)
	}
	for name, message := range doc.Components.Messages {
		if name == "PlainText" {
			name = "Text"
		}
		if want := frameFile + "#/$defs/" + name; message.Payload.Ref != want {
			t.Errorf("payload of %s = %s, want %s", name, message.Payload.Ref, want)
		}
		kind, ok := resolve(defs[name], "/properties/type/const")
		if ok && kind != message.Name {
			t.Errorf("message %s has the name %q, its frames have the type %q", name, message.Name, kind)
		}
		if _, hasID := resolve(defs[name], "/properties/id"); (hasID && name != "MessageEvent") != (message.CorrelationID != nil) {
			t.Errorf("message %s: correlation id = %v, want one where the frame has the id of a command", name, message.CorrelationID)
		}
	}
}

// AsyncAPI reads a payload as JSON Schema draft 7, unless it is told otherwise: the schema must mean the same there.
func TestFrameSchemaKeepsToDraft7(t *testing.T) {
	defs, _, _ := frameDefs(t)
	known := []string{
		"$ref", "type", "description", "required", "properties", "const", "enum", "examples", "format", "pattern",
		"minimum", "maximum", "minLength", "maxLength", "items", "maxItems", "oneOf",
	}
	var check func(name string, schema any)
	check = func(name string, schema any) {
		object := schema.(map[string]any)
		for keyword, value := range object {
			if !slices.Contains(known, keyword) {
				t.Errorf("%s has %s, which draft 7 may not know", name, keyword)
			}
			if keyword == "$ref" && len(object) > 1 {
				t.Errorf("%s has more beside $ref, which draft 7 ignores", name)
			}
			switch keyword {
			case "properties":
				for property, schema := range value.(map[string]any) {
					check(name+"."+property, schema)
				}
			case "items":
				check(name+"[]", value)
			}
		}
	}
	for name, def := range defs {
		check(name, def)
	}
}

func TestSocketDescriptionHasExamplesOfTheSchema(t *testing.T) {
	schema := untyped(t, httpapi.FrameSchema)
	defs := schema.(map[string]any)["$defs"].(map[string]any)
	for _, def := range defs { // what the schema does not name, an example must not show
		if def := def.(map[string]any); def["properties"] != nil {
			def["additionalProperties"] = false
		}
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(frameFile, schema); err != nil {
		t.Fatal(err)
	}
	for name, message := range socketDescribed(t).Components.Messages {
		compiled, err := compiler.Compile(message.Payload.Ref)
		if err != nil {
			t.Fatal(err)
		}
		if len(message.Examples) == 0 {
			t.Errorf("message %s has no example", name)
		}
		for _, example := range message.Examples {
			if err := compiled.Validate(asJSON(t, example.Payload)); err != nil {
				t.Errorf("example %s of %s is against the schema: %v", example.Name, name, err)
			}
		}
	}
}
