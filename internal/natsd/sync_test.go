package natsd_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/faustman/chitchat/internal/natsd"
)

// systemServer runs a NATS server as an operator would, with a system account,
// and returns its address.
func systemServer(t *testing.T, sync string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "nats.conf")
	config := `server_name: n1, listen: "127.0.0.1:-1"
jetstream { store_dir: "` + t.TempDir() + `"` + sync + ` }
accounts { APP { jetstream: enabled, users: [{ user: app, password: app }] }, SYS { users: [{ user: sys, password: sys }] } }
system_account: SYS`
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	options, err := server.ProcessConfigFile(file)
	if err != nil {
		t.Fatal(err)
	}
	options.NoSigs, options.NoLog = true, true
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server is not ready")
	}
	return s.ClientURL()
}

func connectAs(t *testing.T, address, user string) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(address, nats.UserInfo(user, user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func TestAskSync(t *testing.T) {
	for _, test := range []struct {
		name, setting string
		want          natsd.ServerSync
	}{
		{"always", ", sync_interval: always", natsd.ServerSync{Server: "n1", Always: true, Interval: 2 * time.Minute}},
		{"the default", "", natsd.ServerSync{Server: "n1", Interval: 2 * time.Minute}},
		{"an interval", `, sync_interval: "10s"`, natsd.ServerSync{Server: "n1", Interval: 10 * time.Second}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := natsd.AskSync(t.Context(), connectAs(t, systemServer(t, test.setting), "sys"))
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				if got[i].ID == "" {
					t.Error("the server has no id")
				}
				got[i].ID = "" // another one in each run
			}
			if diff := cmp.Diff([]natsd.ServerSync{test.want}, got); diff != "" {
				t.Errorf("AskSync (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAskSyncAsAnybodyElse(t *testing.T) {
	_, err := natsd.AskSync(t.Context(), connectAs(t, systemServer(t, ""), "app"))
	if !errors.Is(err, natsd.ErrNoSystemAccount) {
		t.Errorf("AskSync = %v, want ErrNoSystemAccount", err)
	}
}
