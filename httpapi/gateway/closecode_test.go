package gateway_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"go.yaml.in/yaml/v3"

	"github.com/faustman/chitchat/httpapi"
)

// library are the close codes that the gateway sends by the names of the library and not of the table.
var library = map[string]int{"websocket.CloseProtocolError": websocket.CloseProtocolError}

// asyncapi.yaml tells the codes of the table in httpapi/errors.go, and no others but what the library adds.
func TestDescriptionHasTheCloseCodes(t *testing.T) {
	t.Parallel()
	codes := tableOfCloseCodes(t)
	for name := range sentCloseCodes(t) {
		if _, known := codes[name]; known {
			continue
		}
		code, known := library[name]
		if !known {
			t.Errorf("the gateway closes with %s, which is neither in the table nor known here", name)
		}
		codes[name] = code
	}
	var description struct {
		CloseCodes []struct{ Code int } `yaml:"x-close-codes"`
	}
	if err := yaml.Unmarshal(httpapi.SocketDescription, &description); err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, described := range description.CloseCodes {
		got = append(got, described.Code)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Values(codes)), got); diff != "" {
		t.Errorf("close codes (-in the code +in asyncapi.yaml):\n%s", diff)
	}
}

// tableOfCloseCodes reads the constants httpapi.Close… out of their file.
func tableOfCloseCodes(t *testing.T) map[string]int {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../errors.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]int{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Close") {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			t.Fatalf("%s is not a number", spec.Names[0].Name)
		}
		if codes["httpapi."+spec.Names[0].Name], err = strconv.Atoi(literal.Value); err != nil {
			t.Fatal(err)
		}
		return true
	})
	if len(codes) == 0 {
		t.Fatal("the table has no close codes")
	}
	return codes
}

// sentCloseCodes returns the names of the codes with which the gateway's source closes a socket.
func sentCloseCodes(t *testing.T) map[string]bool {
	t.Helper()
	paths, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string]bool{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if name, ok := closesWith(node); ok {
				sent[name] = true
			}
			return true
		})
	}
	if len(sent) < 5 {
		t.Fatalf("found only %v: are sockets closed by another function now?", sent)
	}
	return sent
}

// closesWith returns the code of a call like c.close(httpapi.CloseTooLong, …).
func closesWith(node ast.Node) (string, bool) {
	call, ok := node.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return "", false
	}
	function, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || (function.Sel.Name != "close" && function.Sel.Name != "closeLocked") {
		return "", false
	}
	code, ok := call.Args[0].(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	return code.X.(*ast.Ident).Name + "." + code.Sel.Name, true
}
