package check

import (
	"fmt"
	"strings"

	bootstrap "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
	"sigs.k8s.io/yaml"

	// Each extension that envoy.yaml uses, so that its @type is known.
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/stream/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/buffer/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/formatter/req_without_query/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/resource_monitors/downstream_connections/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/resource_monitors/fixed_heap/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/retry/host/previous_hosts/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
)

// readBootstrap reads Envoy's configuration as strictly as Envoy does: an
// unknown field or type is an error.
func readBootstrap(text string) (*bootstrap.Bootstrap, error) {
	if strings.Contains(text, "<<:") {
		return nil, fmt.Errorf("a merge key (<<), which Envoy does not know")
	}
	raw, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		return nil, err
	}
	var config bootstrap.Bootstrap
	if err := protojson.Unmarshal(raw, &config); err != nil {
		return nil, err
	}
	return &config, nil
}

// walk calls visit for a message and all that is in it, through every Any.
func walk(message protoreflect.Message, visit func(proto.Message)) error {
	if packed, ok := message.Interface().(*anypb.Any); ok {
		inner, err := packed.UnmarshalNew()
		if err != nil {
			return err
		}
		return walk(inner.ProtoReflect(), visit)
	}
	visit(message.Interface())
	var failed error
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		failed = walkField(field, value, visit)
		return failed == nil
	})
	return failed
}

func walkField(field protoreflect.FieldDescriptor, value protoreflect.Value, visit func(proto.Message)) error {
	switch {
	case field.IsMap():
		if field.MapValue().Message() == nil {
			return nil
		}
		var failed error
		value.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
			failed = walk(v.Message(), visit)
			return failed == nil
		})
		return failed
	case field.Message() == nil:
		return nil
	case field.IsList():
		for i := range value.List().Len() {
			if err := walk(value.List().Get(i).Message(), visit); err != nil {
				return err
			}
		}
		return nil
	default:
		return walk(value.Message(), visit)
	}
}

// validate checks every message by the rules of Envoy's API; ValidateAll does
// not look into what an Any holds.
func validate(p *problems, config *bootstrap.Bootstrap) {
	err := walk(config.ProtoReflect(), func(message proto.Message) {
		if rules, ok := message.(interface{ ValidateAll() error }); ok {
			if err := rules.ValidateAll(); err != nil {
				p.addf("%v", err)
			}
		}
	})
	if err != nil {
		p.addf("%v", err)
	}
}

// find returns the messages of one type in another.
func find[T proto.Message](in proto.Message) []T {
	var found []T
	// A type that is not known was reported by validate.
	_ = walk(in.ProtoReflect(), func(message proto.Message) {
		if one, ok := message.(T); ok {
			found = append(found, one)
		}
	})
	return found
}

// firstRoute returns the route that a request takes, nil when there is none.
func firstRoute(config *route.RouteConfiguration, method, path string) *route.Route {
	for _, host := range config.GetVirtualHosts() {
		for _, r := range host.GetRoutes() {
			if matchesPath(r.GetMatch(), path) && matchesMethod(r.GetMatch(), method) {
				return r
			}
		}
	}
	return nil
}

func matchesPath(m *route.RouteMatch, path string) bool {
	switch m.GetPathSpecifier().(type) {
	case *route.RouteMatch_Path:
		return m.GetPath() == path
	case *route.RouteMatch_Prefix:
		return strings.HasPrefix(path, m.GetPrefix())
	default:
		return false // no other kind is used
	}
}

// matchesMethod reports whether the conditions on :method hold; there are no
// others, and each is one word or several with | between.
func matchesMethod(m *route.RouteMatch, method string) bool {
	for _, header := range m.GetHeaders() {
		match := header.GetStringMatch()
		words := match.GetExact() + match.GetSafeRegex().GetRegex()
		if header.GetName() != ":method" || !strings.Contains("|"+words+"|", "|"+method+"|") {
			return false
		}
	}
	return true
}
