package httpapi_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi/token"
)

// echoing is a gateway that sends each frame back until the client leaves.
func echoing(t *testing.T) upgrade {
	return func(w http.ResponseWriter, r *http.Request, claims token.Claims) error {
		upgrader := websocket.Upgrader{Subprotocols: []string{"chitchat.v1"}}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			return nil
		}
		defer conn.Close()
		if err := conn.WriteMessage(websocket.TextMessage, []byte(claims.User.Name+" in "+string(claims.Channel))); err != nil {
			return err
		}
		for {
			kind, text, err := conn.ReadMessage()
			if err != nil {
				return nil
			}
			if err := conn.WriteMessage(kind, text); err != nil {
				return err
			}
		}
	}
}

func readText(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	_, text, err := conn.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWebsocketIsLoggedWhenItOpens(t *testing.T) {
	a := setup(t)
	a.upgrade = echoing(t)
	address := strings.Replace(a.listen(), "http://", "ws://", 1) + "/channel"
	secret := a.token()
	places := map[string]struct {
		query  string
		header http.Header
	}{
		"query":       {"?token=" + secret, nil},
		"header":      {"", http.Header{"Authorization": {"Bearer " + secret}}},
		"subprotocol": {"", http.Header{"Sec-Websocket-Protocol": {"chitchat.v1, bearer." + secret}}},
	}
	opened := 0
	for name, place := range places {
		conn, response, err := websocket.DefaultDialer.Dial(address+place.query, place.header)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		opened++
		if got, want := readText(t, conn), "Ada in lobby"; got != want {
			t.Errorf("%s: first frame = %q, want %q", name, got, want)
		}
		// The connection lives on, and is in the log already.
		if got := strings.Count(a.log.String(), `"path":"/channel","status":101`); got != opened {
			t.Errorf("%s: %d websockets in the log, want %d: %s", name, got, opened, a.log)
		}
		if got := response.Header.Get("Sec-Websocket-Protocol"); strings.Contains(got, "bearer") {
			t.Errorf("%s: subprotocol of the answer = %q", name, got)
		}
		if err := conn.WriteMessage(websocket.TextMessage, []byte("hey")); err != nil {
			t.Fatal(err)
		}
		if got := readText(t, conn); got != "hey" {
			t.Errorf("%s: frame = %q, want hey", name, got)
		}
		conn.Close()
	}
	if strings.Contains(a.log.String(), secret) {
		t.Errorf("a token is in the log: %s", a.log)
	}
	wantMetric(t, a, `chitchat_http_requests_total{method="GET",route="/channel",status="101"} 3`)
}

func TestRefusedUpgradeIsAnError(t *testing.T) {
	tests := map[string]struct {
		err    error
		status int
		code   domain.Code
	}{
		"a refusal": {domain.Errorf(domain.CodeForbidden, "This page may not connect."), 403, domain.CodeForbidden},
		"too many":  {domain.Errorf(domain.CodeRateLimited, "Wait."), 429, domain.CodeRateLimited},
		"a fault":   {errors.New("dial: no such host"), 500, domain.CodeInternal},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := setup(t)
			a.upgrade = func(http.ResponseWriter, *http.Request, token.Claims) error { return tt.err }
			a.get("/channel").wantError(tt.status, tt.code)
		})
	}
}

func TestBadTokenIsRefusedBeforeTheUpgrade(t *testing.T) {
	a := setup(t)
	a.upgrade = func(http.ResponseWriter, *http.Request, token.Claims) error {
		t.Error("the gateway was asked")
		return nil
	}
	address := strings.Replace(a.listen(), "http://", "ws://", 1)
	_, response, err := websocket.DefaultDialer.Dial(address+"/channel?token=x", nil)
	if err == nil {
		t.Fatal("the websocket opened")
	}
	defer response.Body.Close()
	var body struct{ Code domain.Code }
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusUnauthorized || body.Code != domain.CodeUnauthorized {
		t.Errorf("answer = %d %s, want 401 unauthorized", response.StatusCode, body.Code)
	}
}

func TestWebsocketHasNoDeadline(t *testing.T) {
	a := setup(t)
	a.upgrade = func(_ http.ResponseWriter, r *http.Request, _ token.Claims) error {
		if deadline, ok := r.Context().Deadline(); ok {
			t.Errorf("the websocket's context ends at %v", deadline)
		}
		return nil
	}
	a.get("/channel")
}

func TestErrorAfterTheUpgradeWritesNothing(t *testing.T) {
	for name, end := range map[string]func() error{
		"error": func() error { return domain.Errorf(domain.CodeInternal, "Too late.") },
		"panic": func() error { panic("too late") },
	} {
		t.Run(name, func(t *testing.T) {
			a := setup(t)
			a.upgrade = func(w http.ResponseWriter, _ *http.Request, _ token.Claims) error {
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Errorf("hijack: %v", err)
					return nil
				}
				defer conn.Close()
				if _, err := io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nContent-Length: 0\r\n\r\n"); err != nil {
					t.Errorf("write: %v", err)
				}
				return end()
			}
			r, err := http.NewRequest(http.MethodGet, a.listen()+"/channel?token="+a.token(), nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			rest, err := io.ReadAll(response.Body)
			if err != nil || len(rest) != 0 {
				t.Errorf("after the upgrade came %q, %v", rest, err)
			}
			a.stop()
			if log := a.log.String(); strings.Contains(log, "hijacked") || !strings.Contains(log, "websocket ended") {
				t.Errorf("log = %s, want the end and nothing about a written answer", log)
			}
		})
	}
}
