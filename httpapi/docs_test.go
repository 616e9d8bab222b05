package httpapi_test

import (
	"fmt"
	"html"
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
	got.showsTheSocket()
	for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(got.body, -1) {
		if !strings.Contains(got.body, `id="`+link[1]+`"`) {
			t.Errorf("the page links to #%s, which it lacks", link[1])
		}
	}
}

// showsTheSocket wants each operation, frame and close code of the websocket on the page.
func (got answer) showsTheSocket() {
	got.t.Helper()
	doc := socketDescribed(got.t)
	want := map[string]string{}
	for id, channel := range doc.Channels {
		want["dialect-"+id] = channel.Summary
	}
	for id, operation := range doc.Operations {
		want["operation-"+id] = operation.Summary
	}
	for id, message := range doc.Components.Messages {
		want["frame-"+id] = "<code>" + message.Name + "</code>"
	}
	defs, _, _ := frameDefs(got.t)
	for name := range defs {
		if name != "ServerFrame" && name != "ClientCommand" {
			want["schema-"+name] = ""
		}
	}
	body := html.UnescapeString(got.body)
	for id, text := range want {
		if strings.Count(body, `id="`+id+`"`) != 1 || !strings.Contains(body, text) {
			got.t.Errorf("the page lacks %s, has it twice or lacks %q", id, text)
		}
	}
	for _, code := range doc.CloseCodes {
		if row := fmt.Sprintf("<td><code>%d</code></td><td>%s</td><td>%s</td>", code.Code, code.When, code.Do); !strings.Contains(got.body, row) {
			got.t.Errorf("the page lacks %s", row)
		}
	}
}

func TestDocsShowExamplesAsTheyAreSent(t *testing.T) {
	body := html.UnescapeString(setup(t).get("/docs").body)
	for _, want := range []string{
		`<pre>{"type":"send","id":"0190a6f2-7b1c-7c3e-9d5a-1f2e3d4c5b6a","text":"Hello!","retry":true}</pre>`,
		`<pre>{"type":"presence","seq":4815,"prev":4801,"joined":[{"id":"97f960a48b419ff55a2abfba9d8de223",`,
		`<pre>Hello!</pre>`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
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
