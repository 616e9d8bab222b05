package check_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// readMetrics adds the metrics of a Go source to found, with their labels: each
// literal that is a metric's name, and of what is made by prometheus.New… with
// such a name the []string and the ConstLabels beside it.
func readMetrics(path string, found map[string][]string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if name := metricName(node); name != "" && found[name] == nil {
			found[name] = []string{}
		}
		call, ok := node.(*ast.CallExpr)
		if !ok || !makesMetric(call) {
			return true
		}
		name, labels := metricOf(call)
		if name != "" && len(labels) > 0 {
			found[name] = labels
		}
		return true
	})
	return nil
}

// makesMetric reports whether a call is one of prometheus.New….
func makesMetric(call *ast.CallExpr) bool {
	callee, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	of, ok := callee.X.(*ast.Ident)
	return ok && of.Name == "prometheus" && strings.HasPrefix(callee.Sel.Name, "New")
}

// metricOf returns the first metric's name in a call's arguments and the labels.
func metricOf(call *ast.CallExpr) (name string, labels []string) {
	for _, argument := range call.Args {
		ast.Inspect(argument, func(node ast.Node) bool {
			if name == "" {
				name = metricName(node)
			}
			list, ok := node.(*ast.CompositeLit)
			if !ok {
				return true
			}
			for _, element := range list.Elts {
				labels = append(labels, labelOf(list, element)...)
			}
			return true
		})
	}
	return name, labels
}

// labelOf returns the label that an element of []string{…} or of
// prometheus.Labels{…} is.
func labelOf(list *ast.CompositeLit, element ast.Expr) []string {
	switch kind := list.Type.(type) {
	case *ast.ArrayType:
		if of, ok := kind.Elt.(*ast.Ident); !ok || of.Name != "string" {
			return nil
		}
	case *ast.SelectorExpr:
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok || kind.Sel.Name != "Labels" {
			return nil
		}
		element = pair.Key
	}
	if text := literal(element); text != "" {
		return []string{text}
	}
	return nil
}

func metricName(node ast.Node) string {
	if text := literal(node); strings.HasPrefix(text, "chitchat_") {
		return text
	}
	return ""
}

// literal returns the text of a string literal, nothing of other nodes.
func literal(node ast.Node) string {
	basic, ok := node.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(basic.Value)
	if err != nil {
		return "" // the parser took it, so it is none
	}
	return text
}

func TestReadMetrics(t *testing.T) {
	source := `package p
var (
	a = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "chitchat_a_total", Help: "A."}, []string{"reason", "code"})
	b = prometheus.NewGauge(prometheus.GaugeOpts{Name: "chitchat_b", ConstLabels: prometheus.Labels{"version": v}})
	c = prometheus.NewDesc("chitchat_c", "C.", []string{"table"}, nil)
	d = gauge("chitchat_d", "D.")
)`
	path := filepath.Join(t.TempDir(), "p.go")
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	if err := readMetrics(path, got); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"chitchat_a_total": {"reason", "code"}, "chitchat_b": {"version"}, "chitchat_c": {"table"}, "chitchat_d": {},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("metrics = %v, want %v", got, want)
	}
}
