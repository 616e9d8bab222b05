package main_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
	"github.com/faustman/chitchat/httpapi/lookup"
	"github.com/faustman/chitchat/internal/natstest"
	"github.com/faustman/chitchat/internal/pgtest"
)

const (
	sharedSecret = "JWT_SECRET=a secret of all the parts"
	noNotice     = "CHITCHAT_DRAIN_NOTICE=0s"
)

func TestRolesThatCanNotBe(t *testing.T) {
	nats, database := "--nats-url=nats://127.0.0.1:1", "--database-url=postgres://x@127.0.0.1:1/x"
	secret := "--jwt-secret=a secret of all the parts"
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"none that there is", []string{"--roles=sweeper"}, "there are gateway, api and projector"},
		{"empty", []string{"--roles="}, "--roles"},
		{"without NATS", []string{"--roles=gateway", secret}, "--nats-url"},
		{"an api without tables", []string{"--roles=api", nats, secret}, "--database-url"},
		{"a projector without tables", []string{"--roles=projector", nats}, "--database-url"},
		{"a gateway without the secret", []string{"--roles=gateway", nats}, "--jwt-secret"},
		{"an api without the secret", []string{"--roles=api,projector", nats, database}, "--jwt-secret"},
		{"replicas of the embedded log", []string{"--replicas=3"}, "--replicas"},
		{"replicas below none", []string{"--replicas=-1", nats}, "--replicas"},
		{"a certificate without its key", []string{nats, "--nats-cert=roles_test.go"}, "--nats-key"},
		{"a file that is not there", []string{nats, "--nats-ca=none.pem"}, "--nats-ca"},
		{"credentials for the embedded one", []string{"--nats-creds=roles_test.go"}, "--nats-url"},
		{"a system account of the embedded one", []string{"--nats-system-url=nats://127.0.0.1:1"}, "--nats-url"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, stderr, code := chitchatHere(t, append([]string{"serve", "--listen=127.0.0.1:0", "--data=" + dataDir(t)}, test.args...)...)
			if code != 2 || !strings.Contains(stderr, test.want) {
				t.Errorf("exit %d, %q, want 2 and a word of %s", code, stderr, test.want)
			}
		})
	}
}

func TestSettingsInFiles(t *testing.T) {
	file := func(content string) string {
		name := filepath.Join(t.TempDir(), "setting")
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	secret := file("a secret of all the parts\n")
	person := []string{"token", "--name=Ada", "--channel=lobby"}
	token, stderr, code := chitchatHere(t, append(person, "--jwt-secret-file="+secret)...)
	if code != 0 || !strings.HasPrefix(token, "eyJ") {
		t.Fatalf("token with the secret in a file: exit %d, %q, %q", code, token, stderr)
	}
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"both", []string{"--jwt-secret=a secret of all the parts", "--jwt-secret-file=" + secret}, "both given"},
		{"no file", []string{"--jwt-secret-file=/nonexistent"}, "--jwt-secret-file (JWT_SECRET_FILE)"},
		{"empty", []string{"--jwt-secret-file=" + file("\n")}, "is empty"},
		{"too short a secret", []string{"--jwt-secret-file=" + file("short")}, "--jwt-secret"},
		{"no URL in it", []string{"--nats-url-file=" + file("hunter2")}, "--nats-url (NATS_URL) is not a URL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, stderr, code := chitchatHere(t, append(person, test.args...)...)
			if code != 2 || !strings.Contains(stderr, test.want) || strings.Contains(stderr, "hunter2") {
				t.Errorf("exit %d, %q, want 2 and %q", code, stderr, test.want)
			}
		})
	}
}

// Parts of chitchat find each other in NATS and Postgres: what is said at a
// gateway, which has no database, is read at an api, and what the gateway asks
// is answered there.
func TestRolesMakeOneChat(t *testing.T) {
	t.Parallel()
	server := outsideNATS(t)
	nats := "NATS_URL=" + server.ClientURL()
	database := "DATABASE_URL=" + pgtest.NewServer(t).URL()
	part := func(role string, settings ...string) *process {
		return serve(t, dataDir(t), freeAddress(t), append(settings, "CHITCHAT_ROLES="+role, nats, noNotice)...)
	}
	projector := part("projector", database)
	api := part("api", database, sharedSecret)
	gateway := part("gateway", sharedSecret)

	token := api.signIn("Ada", "lobby")
	ws, err := gateway.connect(token)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	const old = "an-id-that-says-nothing-of-its-age"
	first, err := send(ws, old, "Hello!", false)
	if err != nil || first.Type != "ack" {
		t.Fatalf("send = %+v, %v, want an ack", first, err)
	}
	history := api.history(token, first.Seq)
	if len(history) != 1 || history[0].Text != "Hello!" {
		t.Errorf("history = %+v, want the message", history)
	}

	ada, err := domain.NewUser("Ada", "")
	if err != nil {
		t.Fatal(err)
	}
	// What a gateway asks whose memory does not reach back so far.
	log, err := eventstore.Open(t.Context(), natstest.Connect(t, server), eventstore.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	seq, found, err := lookup.NewClient(log).FindMessage(ctx, ada.ID, old)
	if err != nil || !found || seq != first.Seq {
		t.Errorf("FindMessage = %d, %v, %v, want %d", seq, found, err, first.Seq)
	}

	for _, wrong := range []struct {
		at   *process
		path string
	}{{gateway, "/messages"}, {gateway, "/"}, {api, "/channel"}, {projector, "/users"}} {
		if status, body := get(wrong.at, wrong.path, token); status != 404 {
			t.Errorf("%s of another part = %d %s, want 404", wrong.path, status, body)
		}
	}
}

// The database alone is gone: people go on chatting, and an api says so.
func TestGatewayNeedsNATSAlone(t *testing.T) {
	t.Parallel()
	server, _ := outsideLog(t)
	nats := "NATS_URL=" + server.ClientURL()
	api := start(t, dataDir(t), freeAddress(t), "CHITCHAT_ROLES=api", nats, noNotice, sharedSecret, "DATABASE_URL=postgres://x@127.0.0.1:1/x")
	gateway := serve(t, dataDir(t), freeAddress(t), "CHITCHAT_ROLES=gateway", nats, noNotice, sharedSecret)
	eventually(t, "the api says that it has no Postgres", func() bool {
		status, body := get(api, "/readyz", "")
		return status == 503 && strings.Contains(string(body), "Postgres can't be reached")
	})
	ws, err := gateway.connect(api.signIn("Ada", "lobby"))
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if answer, err := send(ws, "id-1", "Hello!", false); err != nil || answer.Type != "ack" {
		t.Errorf("send = %+v, %v, want an ack", answer, err)
	}
}

// A projector sees whether the log is the one of its tables. It tells those who
// see only the log, and they store nothing on another timeline of it.
func TestGatewayHeedsTheProjector(t *testing.T) {
	t.Parallel()
	server, _ := outsideLog(t)
	conn := natstest.Connect(t, server)
	log, err := eventstore.Open(t.Context(), conn, eventstore.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	nats := "NATS_URL=" + server.ClientURL()
	gateway := serve(t, dataDir(t), freeAddress(t), "CHITCHAT_ROLES=gateway", nats, noNotice, sharedSecret)
	token, _, _ := chitchatHere(t, "token", "--name=Ada", "--channel=lobby", "--jwt-secret="+strings.TrimPrefix(sharedSecret, "JWT_SECRET="))
	ws, err := gateway.connect(strings.TrimSpace(token))
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	tell := func(epoch, reason string) {
		t.Helper()
		if err := log.Tell([]byte(`{"epoch":"` + epoch + `","reason":"` + reason + `","forked":true}`)); err != nil {
			t.Fatal(err)
		}
	}
	tell("anotherepoch", "not of this log")
	tell(log.Epoch(), "the log has lost its end")
	eventually(t, "the gateway is not ready", func() bool {
		status, body := get(gateway, "/readyz", "")
		return status == 503 && strings.Contains(string(body), "the log has lost its end")
	})
	if answer, err := send(ws, "id-1", "Hello!", false); err != nil || answer.Code != "unavailable" {
		t.Errorf("send = %+v, %v, want unavailable", answer, err)
	}

	// The projector that works tells that all is well with its own tables.
	serve(t, dataDir(t), freeAddress(t), "CHITCHAT_ROLES=projector", nats, "DATABASE_URL="+pgtest.NewServer(t).URL())
	eventually(t, "the gateway is ready", func() bool {
		status, _ := get(gateway, "/readyz", "")
		return status == 200
	})
	if answer, err := send(ws, "id-1", "Hello!", false); err != nil || answer.Type != "ack" {
		t.Errorf("send = %+v, %v, want an ack", answer, err)
	}
}

func TestSystemAccountOfAnotherNATS(t *testing.T) {
	t.Parallel()
	server, other := outsideNATS(t), outsideNATS(t)
	_, stderr, code := chitchatHere(t, "serve", "--roles=gateway", "--listen=127.0.0.1:0", "--jwt-secret=a secret of all the parts",
		"--nats-url="+server.ClientURL(), "--nats-system-url="+other.ClientURL())
	if code != 1 || !strings.Contains(stderr, "--nats-system-url") {
		t.Errorf("exit %d, %q, want 1 and a word of --nats-system-url", code, stderr)
	}
}
