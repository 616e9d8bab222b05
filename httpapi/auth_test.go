package httpapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi/token"
)

const (
	typeJSON = "application/json"
	typeForm = "application/x-www-form-urlencoded"
)

// post posts to /auth without a token.
func (a *api) post(contentType string, body io.Reader) answer {
	a.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/auth", body)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return a.do(r)
}

func multipartForm(t *testing.T, values map[string]string) (contentType string, body io.Reader) {
	t.Helper()
	var buf bytes.Buffer
	form := multipart.NewWriter(&buf)
	for name, value := range values {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), &buf
}

func TestSignIn(t *testing.T) {
	multipartType, multipartBody := multipartForm(t, map[string]string{"name": "John Snow", "email": "john.snow@gmail.com", "channel": "Lobby"})
	tests := map[string]struct {
		contentType string
		body        io.Reader
	}{
		"JSON":                 {typeJSON, strings.NewReader(`{"name":"John Snow","email":"john.snow@gmail.com","channel":"Lobby"}`)},
		"JSON with a charset":  {typeJSON + "; charset=utf-8", strings.NewReader(`{"name":" John Snow ","email":"john.snow@gmail.com","channel":"LOBBY","more":1}`)},
		"urlencoded":           {typeForm, strings.NewReader("name=John+Snow&email=john.snow%40gmail.com&channel=lobby")},
		"multipart, as a form": {multipartType, multipartBody},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := setup(t)
			got := a.post(tt.contentType, tt.body)
			if got.status != http.StatusCreated {
				t.Fatalf("status = %d: %s", got.status, got.body)
			}
			var body struct{ Token string }
			if err := json.Unmarshal([]byte(got.body), &body); err != nil {
				t.Fatal(err)
			}
			claims, err := a.authority.Verify(body.Token)
			if err != nil {
				t.Fatal(err)
			}
			want := token.Claims{
				User: domain.User{
					ID:     "97f960a48b419ff55a2abfba9d8de223",
					Name:   "John Snow",
					Avatar: "https://www.gravatar.com/avatar/532391d5a2bada12c5f1635e9cbd49cc?s=128",
				},
				Channel: "lobby",
				Expires: start.Add(72 * time.Hour),
			}
			if diff := cmp.Diff(want, claims); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
			got.wantHeader("Cache-Control", "no-store")
		})
	}
}

func TestSignInGolden(t *testing.T) {
	setup(t).post(typeJSON, strings.NewReader(`{"name":"Ada","email":"","channel":"lobby"}`)).wantGolden(http.StatusCreated, "auth-created")
}

func TestSignInRefuses(t *testing.T) {
	form := func(name, email, channel string) string {
		return url.Values{"name": {name}, "email": {email}, "channel": {channel}}.Encode()
	}
	tests := []struct {
		name, contentType, body string
		status                  int
		code                    domain.Code
	}{
		{"blank name", typeForm, form(" ", "", "lobby"), 422, domain.CodeInvalidName},
		{"no name", typeJSON, `{"channel":"lobby"}`, 422, domain.CodeInvalidName},
		{"name with U+0000", typeForm, form("A\x00", "", "lobby"), 422, domain.CodeInvalidName},
		{"name that is not UTF-8", typeForm, form("\xff", "", "lobby"), 422, domain.CodeInvalidName},
		{"email that is not one", typeForm, form("Ada", "ada", "lobby"), 422, domain.CodeInvalidEmail},
		{"blank channel", typeForm, form("Ada", "", ""), 422, domain.CodeInvalidChannel},
		{"wildcard channel", typeForm, form("Ada", "", ">"), 422, domain.CodeInvalidChannel},
		{"channel with a dot", typeForm, form("Ada", "", "a.b"), 422, domain.CodeInvalidChannel},
		{"channel with spaces", typeForm, form("Ada", "", " lobby"), 422, domain.CodeInvalidChannel},
		{"longest channel and one more", typeForm, form("Ada", "", strings.Repeat("x", 65)), 422, domain.CodeInvalidChannel},
		{"broken JSON", typeJSON, `{"name":`, 400, domain.CodeInvalidRequest},
		{"two JSON values", typeJSON, `{} {}`, 400, domain.CodeInvalidRequest},
		{"JSON of another shape", typeJSON, `{"name":7}`, 400, domain.CodeInvalidRequest},
		{"no body", typeJSON, ``, 400, domain.CodeInvalidRequest},
		{"broken form", typeForm, `name=%zz`, 400, domain.CodeInvalidRequest},
		{"multipart without a boundary", "multipart/form-data", `x`, 400, domain.CodeInvalidRequest},
		{"broken multipart", "multipart/form-data; boundary=x", `x`, 400, domain.CodeInvalidRequest},
		{"text", "text/plain", `name=Ada`, 415, "unsupported_media_type"},
		{"no Content-Type", "", `name=Ada`, 415, "unsupported_media_type"},
		{"large JSON", typeJSON, `{"name":"` + strings.Repeat("x", 64<<10) + `"}`, 413, domain.CodeTooLarge},
		{"large form", typeForm, "name=" + strings.Repeat("x", 64<<10), 413, domain.CodeTooLarge},
		{"large multipart", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n" + strings.Repeat("x", 64<<10) + "\r\n--x--\r\n", 413, domain.CodeTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			setup(t).post(tt.contentType, strings.NewReader(tt.body)).wantError(tt.status, tt.code)
		})
	}
}

func TestSignInTakesALargestBody(t *testing.T) {
	body := `{"name":"Ada","email":"","channel":"lobby","padding":"`
	body += strings.Repeat("x", 64<<10-len(body)-2) + `"}`
	if got := setup(t).post(typeJSON, strings.NewReader(body)); got.status != http.StatusCreated {
		t.Errorf("a body of %d bytes: %d %s", len(body), got.status, got.body)
	}
}

func TestSignInDoesNotReadTheQuery(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/auth?name=Ada&channel=lobby", strings.NewReader("email="))
	r.Header.Set("Content-Type", typeForm)
	setup(t).do(r).wantError(http.StatusUnprocessableEntity, domain.CodeInvalidName)
}

func TestSignInIsOffForOutsideTokens(t *testing.T) {
	a := setup(t)
	a.authority = &token.Authority{} // mints nothing, as that of a JWKS
	r := httptest.NewRequest(http.MethodPost, "/auth", strings.NewReader(`{"name":"Ada","email":"","channel":"lobby"}`))
	r.Header.Set("Content-Type", typeJSON)
	a.do(r).wantError(http.StatusForbidden, domain.CodeForbidden)
}

func TestWhoAmI(t *testing.T) {
	a := setup(t)
	a.get("/auth").wantGolden(http.StatusOK, "auth")
}

func TestTokenPlaces(t *testing.T) {
	a := setup(t)
	good := a.token()
	tests := []struct {
		name, target string
		header       http.Header
		want         int
	}{
		{"header", "/auth", http.Header{"Authorization": {"Bearer " + good}}, 200},
		{"header in lower case", "/auth", http.Header{"Authorization": {"bearer " + good}}, 200},
		{"query", "/auth?token=" + good, nil, 200},
		{"query beside another scheme", "/auth?token=" + good, http.Header{"Authorization": {"Basic eDp5"}}, 200},
		{"header before query", "/auth?token=" + good, http.Header{"Authorization": {"Bearer x"}}, 401},
		{"subprotocol of the websocket", "/channel", http.Header{"Sec-Websocket-Protocol": {"chitchat.v1, bearer." + good}}, 200},
		{"subprotocol elsewhere", "/auth", http.Header{"Sec-Websocket-Protocol": {"bearer." + good}}, 401},
		{"no scheme", "/auth", http.Header{"Authorization": {good}}, 401},
		{"cookie", "/auth", http.Header{"Cookie": {"token=" + good}}, 401},
		{"none", "/auth", nil, 401},
		{"empty", "/auth?token=", http.Header{"Authorization": {"Bearer"}}, 401},
		{"wrong", "/auth?token=" + good + "x", nil, 401},
		{"none for messages", "/messages", nil, 401},
		{"none for users", "/users", nil, 401},
		{"none for the websocket", "/channel", nil, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := setup(t)
			r := httptest.NewRequest(http.MethodGet, tt.target, nil)
			r.Header = tt.header.Clone()
			if r.Header == nil {
				r.Header = http.Header{}
			}
			recorder := httptest.NewRecorder()
			a.handler().ServeHTTP(recorder, r)
			if recorder.Code != tt.want {
				t.Errorf("status = %d, want %d: %s", recorder.Code, tt.want, recorder.Body)
			}
		})
	}
}

func TestUnauthorized(t *testing.T) {
	a := setup(t)
	got := a.do(httptest.NewRequest(http.MethodGet, "/auth", nil))
	got.wantGolden(http.StatusUnauthorized, "error-unauthorized")
	got.wantHeader("WWW-Authenticate", "Bearer")
}

// A body that is cut short is refused in words: its sender may only have
// stopped to send.
func TestSignInCutShort(t *testing.T) {
	a := setup(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(a.listen(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request := "POST /auth HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"name\""
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), `"code":"invalid_request"`) {
		t.Errorf("got %d %s, %v; want 400 invalid_request", response.StatusCode, body, err)
	}
}

func TestQueryThatCannotBeRead(t *testing.T) {
	a := setup(t)
	for _, query := range []string{"limit=%zz", "limit=1;before=2"} {
		r := httptest.NewRequest(http.MethodGet, "/messages", nil)
		r.URL.RawQuery = query
		r.Header.Set("Authorization", "Bearer "+a.token())
		recorder := httptest.NewRecorder()
		a.handler().ServeHTTP(recorder, r)
		if recorder.Code != http.StatusBadRequest {
			t.Errorf("?%s: status = %d, want 400", query, recorder.Code)
		}
	}
}
