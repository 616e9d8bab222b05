package httpapi_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/faustman/chitchat/httpapi"
)

// asyncAPI is the part of AsyncAPI 3.0 that the description may use, by the names that the specification gives: any
// other field is a mistake.
type asyncAPI struct {
	AsyncAPI           string                    `yaml:"asyncapi"`
	Info               map[string]string         `yaml:"info"`
	DefaultContentType string                    `yaml:"defaultContentType"`
	Servers            map[string]asyncServer    `yaml:"servers"`
	Channels           map[string]asyncChannel   `yaml:"channels"`
	Operations         map[string]asyncOperation `yaml:"operations"`
	CloseCodes         []closeCode               `yaml:"x-close-codes"`
	Components         struct {
		SecuritySchemes map[string]map[string]string `yaml:"securitySchemes"`
		Messages        map[string]asyncMessage      `yaml:"messages"`
	} `yaml:"components"`
}

type asyncServer struct {
	Host        string                       `yaml:"host"`
	Protocol    string                       `yaml:"protocol"`
	Description string                       `yaml:"description"`
	Variables   map[string]map[string]string `yaml:"variables"`
	Security    []asyncRef                   `yaml:"security"`
}

type asyncRef struct {
	Ref string `yaml:"$ref"`
}

type asyncChannel struct {
	Address     string              `yaml:"address"`
	Title       string              `yaml:"title"`
	Summary     string              `yaml:"summary"`
	Description string              `yaml:"description"`
	Messages    map[string]asyncRef `yaml:"messages"`
	Bindings    struct {
		WS struct {
			BindingVersion string         `yaml:"bindingVersion"`
			Method         string         `yaml:"method"`
			Query          map[string]any `yaml:"query"`
			Headers        map[string]any `yaml:"headers"`
		} `yaml:"ws"`
	} `yaml:"bindings"`
}

type asyncOperation struct {
	Action      string     `yaml:"action"`
	Channel     asyncRef   `yaml:"channel"`
	Summary     string     `yaml:"summary"`
	Description string     `yaml:"description"`
	Messages    []asyncRef `yaml:"messages"`
	Reply       *struct {
		Channel  asyncRef   `yaml:"channel"`
		Messages []asyncRef `yaml:"messages"`
	} `yaml:"reply"`
}

func (o asyncOperation) replies() []asyncRef {
	if o.Reply == nil {
		return nil
	}
	return o.Reply.Messages
}

type closeCode struct {
	Code int    `yaml:"code"`
	When string `yaml:"when"`
	Do   string `yaml:"do"`
}

type asyncMessage struct {
	Name          string            `yaml:"name"`
	Title         string            `yaml:"title"`
	ContentType   string            `yaml:"contentType"`
	CorrelationID map[string]string `yaml:"correlationId"`
	Payload       asyncRef          `yaml:"payload"`
	Examples      []struct {
		Name    string `yaml:"name"`
		Payload any    `yaml:"payload"`
	} `yaml:"examples"`
}

// socketDescribed reads the description strictly.
func socketDescribed(t *testing.T) asyncAPI {
	t.Helper()
	var doc asyncAPI
	decoder := yaml.NewDecoder(bytes.NewReader(httpapi.SocketDescription))
	decoder.KnownFields(true)
	if err := decoder.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// untyped reads YAML or JSON as decoding JSON makes it.
func untyped(t *testing.T, document []byte) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(document, &value); err != nil {
		t.Fatal(err)
	}
	return asJSON(t, value)
}

func asJSON(t *testing.T, value any) any {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	again, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// resolve returns what a JSON pointer points to.
func resolve(document any, pointer string) (any, bool) {
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		object, ok := document.(map[string]any)
		if !ok {
			return nil, false
		}
		if document, ok = object[token]; !ok {
			return nil, false
		}
	}
	return document, true
}

// eachRef calls do with each $ref in the document and where it stands.
func eachRef(document any, at string, do func(at, ref string)) {
	switch document := document.(type) {
	case map[string]any:
		for key, value := range document {
			if ref, ok := value.(string); ok && key == "$ref" {
				do(at, ref)
				continue
			}
			eachRef(value, at+"/"+key, do)
		}
	case []any:
		for _, value := range document {
			eachRef(value, at+"/…", do)
		}
	}
}

func TestSocketDescriptionRefersToWhatIsThere(t *testing.T) {
	documents := map[string]any{"": untyped(t, httpapi.SocketDescription), frameFile: untyped(t, httpapi.FrameSchema)}
	refs := 0
	for name, document := range documents {
		eachRef(document, name+"#", func(at, ref string) {
			refs++
			file, pointer, ok := strings.Cut(ref, "#")
			if file == "" {
				file = name
			}
			if _, there := resolve(documents[file], pointer); !ok || !there {
				t.Errorf("%s refers to %s, which is not there", at, ref)
			}
		})
	}
	if refs < 50 {
		t.Errorf("found %d references, want more: each frame, message and operation has some", refs)
	}
}

func TestSocketDescriptionIsWellFormed(t *testing.T) {
	doc := socketDescribed(t)
	if doc.AsyncAPI != "3.0.0" || doc.Info["title"] == "" || doc.Info["version"] == "" || doc.DefaultContentType != "application/json" {
		t.Errorf("head = %q %v %q, want AsyncAPI 3.0.0 with a title, a version and JSON", doc.AsyncAPI, doc.Info, doc.DefaultContentType)
	}
	for name, server := range doc.Servers {
		checkServer(t, doc, name, server)
	}
	for name, channel := range doc.Channels {
		ws := channel.Bindings.WS
		if channel.Address != "/channel" || ws.Method != http.MethodGet || ws.BindingVersion != "0.1.0" {
			t.Errorf("channel %s = %s %s, binding %q, want GET /channel, 0.1.0", name, ws.Method, channel.Address, ws.BindingVersion)
		}
		for what, schema := range map[string]map[string]any{"query": ws.Query, "headers": ws.Headers} {
			if properties, _ := schema["properties"].(map[string]any); schema["type"] != "object" || len(properties) == 0 {
				t.Errorf("channel %s: %s = %v, want an object with properties", name, what, schema)
			}
		}
	}
	for name, operation := range doc.Operations {
		checkOperation(t, doc, name, operation)
	}
	if len(doc.Servers) == 0 || len(doc.Channels) != 2 || len(doc.Operations) == 0 {
		t.Errorf("%d servers, %d channels, %d operations, want some, one a dialect, some", len(doc.Servers), len(doc.Channels), len(doc.Operations))
	}
}

var hostVariable = regexp.MustCompile(`\{(\w+)\}`)

func checkServer(t *testing.T, doc asyncAPI, name string, server asyncServer) {
	t.Helper()
	if server.Host == "" || (server.Protocol != "ws" && server.Protocol != "wss") {
		t.Errorf("server %s is %s://%s, want ws or wss and a host", name, server.Protocol, server.Host)
	}
	var variables []string
	for _, match := range hostVariable.FindAllStringSubmatch(server.Host, -1) {
		variables = append(variables, match[1])
		if server.Variables[match[1]]["default"] == "" {
			t.Errorf("server %s: variable %s has no default", name, match[1])
		}
	}
	if diff := cmp.Diff(variables, slices.Sorted(maps.Keys(server.Variables))); diff != "" {
		t.Errorf("server %s: variables (-in the host +described):\n%s", name, diff)
	}
	for _, scheme := range server.Security {
		if !strings.HasPrefix(scheme.Ref, "#/components/securitySchemes/") {
			t.Errorf("server %s: security refers to %s", name, scheme.Ref)
		}
	}
	if len(server.Security) != len(doc.Components.SecuritySchemes) {
		t.Errorf("server %s takes %d kinds of token of %d", name, len(server.Security), len(doc.Components.SecuritySchemes))
	}
}

func checkOperation(t *testing.T, doc asyncAPI, name string, operation asyncOperation) {
	t.Helper()
	channel, ok := strings.CutPrefix(operation.Channel.Ref, "#/channels/")
	if _, there := doc.Channels[channel]; !ok || !there {
		t.Errorf("operation %s is of channel %q, which is not there", name, operation.Channel.Ref)
	}
	if operation.Action != "send" && operation.Action != "receive" {
		t.Errorf("operation %s: action = %q, want send or receive", name, operation.Action)
	}
	if operation.Summary == "" || len(operation.Messages) == 0 {
		t.Errorf("operation %s has no summary or no messages", name)
	}
	if operation.Reply != nil {
		if operation.Reply.Channel != operation.Channel || len(operation.Reply.Messages) == 0 || operation.Action != "receive" {
			t.Errorf("operation %s: the reply is of another channel, empty, or to what we send", name)
		}
	}
	for _, message := range slices.Concat(operation.Messages, operation.replies()) {
		if path.Dir(message.Ref) != operation.Channel.Ref+"/messages" {
			t.Errorf("operation %s: %s is no message of its channel", name, message.Ref)
		}
	}
}

// Each channel has the messages that its operations name, and each message is in a channel.
func TestSocketDescriptionUsesItsMessages(t *testing.T) {
	doc := socketDescribed(t)
	used := map[string]bool{}
	for name, channel := range doc.Channels {
		want, got := map[string]bool{}, map[string]bool{}
		for key, message := range channel.Messages {
			want[key], used[key] = true, true
			if message.Ref != "#/components/messages/"+key {
				t.Errorf("channel %s: message %s refers to %s", name, key, message.Ref)
			}
		}
		for _, operation := range doc.Operations {
			if path.Base(operation.Channel.Ref) != name {
				continue
			}
			for _, message := range slices.Concat(operation.Messages, operation.replies()) {
				got[path.Base(message.Ref)] = true
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("messages of %s (-in the channel +in operations):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(doc.Components.Messages)), slices.Sorted(maps.Keys(used))); diff != "" {
		t.Errorf("messages (-described +in channels):\n%s", diff)
	}
}

// Both descriptions know the same parameters of the websocket.
func TestSocketDescriptionHasTheParameters(t *testing.T) {
	openapi, err := described()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, parameter := range openapi.Paths.Find("/channel").Get.Parameters {
		if parameter.Value.In == "query" {
			want = append(want, parameter.Value.Name)
		}
	}
	slices.Sort(want)
	for name, channel := range socketDescribed(t).Channels {
		properties, _ := channel.Bindings.WS.Query["properties"].(map[string]any)
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(properties))); diff != "" {
			t.Errorf("query of %s (-openapi.yaml +asyncapi.yaml):\n%s", name, diff)
		}
	}
}

func TestSocketDescriptionIsServed(t *testing.T) {
	for target, want := range map[string]struct {
		contentType string
		body        []byte
	}{
		"/asyncapi.yaml": {"application/yaml", httpapi.SocketDescription},
		"/" + frameFile:  {"application/schema+json", httpapi.FrameSchema},
	} {
		got := setup(t).get(target)
		if got.status != http.StatusOK || got.body != string(want.body) {
			t.Errorf("%s: answer = %d with %d bytes, want 200 with %d", target, got.status, len(got.body), len(want.body))
		}
		got.wantHeader("Content-Type", want.contentType)
	}
}
