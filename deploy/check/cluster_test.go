package check_test

import (
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	members = 3
	// formTimeout bounds the wait for a cluster to form; it takes a second.
	formTimeout = 30 * time.Second
	// lookInterval is how often a condition is looked at.
	lookInterval = 20 * time.Millisecond
)

// TestCluster starts the three servers of nats.conf on loopback, by the
// environment alone, and waits until they are one JetStream cluster.
func TestCluster(t *testing.T) {
	ports := freePorts(t, members)
	t.Setenv("NATS_PASSWORD", "k1")
	t.Setenv("NATS_SYSTEM_PASSWORD", "k2")
	t.Setenv("NATS_CLUSTER_PASSWORD", "k3")
	t.Setenv("NATS_MAX_FILE_STORE", "10MB")
	t.Setenv("NATS_LISTEN", "127.0.0.1:-1")
	t.Setenv("NATS_MONITOR", "127.0.0.1:-1")
	for i, port := range ports {
		t.Setenv(fmt.Sprintf("NATS_ROUTE_%d", i+1), fmt.Sprintf("nats-route://cluster:k3@127.0.0.1:%d", port))
	}
	var servers []*server.Server
	for i, port := range ports {
		t.Setenv("NATS_SERVER_NAME", fmt.Sprintf("nats-%d", i+1))
		t.Setenv("NATS_CLUSTER_LISTEN", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		t.Setenv("NATS_STORE_DIR", t.TempDir())
		servers = append(servers, startNATS(t))
	}
	eventually(t, "one leader of three servers", func() bool { return leads(servers) == 1 })
	for _, s := range servers {
		for account, want := range map[string]bool{"CHITCHAT": true, "SYS": false} {
			a, err := s.LookupAccount(account)
			if err != nil {
				t.Fatal(err)
			}
			if got := a.JetStreamEnabled(); got != want {
				t.Errorf("%s: JetStream of %s = %t, want %t", s.Name(), account, got, want)
			}
		}
	}
}

// leads counts the servers that lead a whole cluster.
func leads(servers []*server.Server) int {
	count := 0
	for _, s := range servers {
		if s.JetStreamIsLeader() && len(s.JetStreamClusterPeers()) == members {
			count++
		}
	}
	return count
}

func startNATS(t *testing.T) *server.Server {
	t.Helper()
	options, err := server.ProcessConfigFile(repository + "/deploy/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	options.NoSigs, options.NoLog = true, true // else it takes the test's signals
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s
}

// freePorts returns ports that were free a moment ago.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline, tick := time.After(formTimeout), time.NewTicker(lookInterval)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %v for %s", formTimeout, what)
		}
	}
}
