package httpapi_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestDocsShowTheDescription(t *testing.T) {
	got := setup(t).get("/docs")
	if got.status != http.StatusOK {
		t.Fatalf("status = %d: %s", got.status, got.body)
	}
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			if id := `id="` + operation.OperationID + `"`; !strings.Contains(got.body, id) || !strings.Contains(got.body, operation.Summary) {
				t.Errorf("the page lacks %s %s", method, path)
			}
		}
	}
	for name := range doc.Components.Schemas {
		if !strings.Contains(got.body, `id="schema-`+name+`"`) {
			t.Errorf("the page lacks %s", name)
		}
	}
	for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(got.body, -1) {
		if !strings.Contains(got.body, `id="`+link[1]+`"`) {
			t.Errorf("the page links to #%s, which it lacks", link[1])
		}
	}
}

func TestDocsNeedNothingButThemselves(t *testing.T) {
	got := setup(t).get("/docs")
	for _, part := range []string{"<script", "<link", "<img", "style=", "http://", "url(", "@import", "__CSP_NONCE__", "ZgotmplZ", "&lt;no value&gt;"} {
		if strings.Contains(got.body, part) {
			t.Errorf("the page has %s", part)
		}
	}
	nonce := regexp.MustCompile(`<style nonce="([A-Z2-7]{26})">`).FindStringSubmatch(got.body)
	if len(nonce) != 2 || !strings.Contains(got.header.Get("Content-Security-Policy"), "'nonce-"+nonce[1]+"'") {
		t.Errorf("the page's style has not the nonce of its policy")
	}
}
