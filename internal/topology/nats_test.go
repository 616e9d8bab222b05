//go:build topology

package topology_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faustman/chitchat/eventstore"
)

const (
	natsServers = 3
	// The passwords of a cluster that lives for minutes on the loopback interface.
	natsPassword   = "chitchat-in-a-test"
	systemPassword = "system-in-a-test"
	routePassword  = "cluster-in-a-test"
	// systemSuffix tells a client's links as the system's user from its others.
	systemSuffix = " as sys"
	// healPatience bounds the time in which a cluster comes together again: an election takes up to ten seconds, and a
	// server that was cut off needs as long to notice, on a machine that is busy.
	healPatience = 90 * time.Second
	// askTimeout bounds a question to the cluster.
	askTimeout = 5 * time.Second
)

// natsServer is one server of the cluster.
type natsServer struct {
	*process
	name    string
	address string // for clients
	routes  string // for the other servers
	monitor string
}

// natsCluster is the cluster. Its servers know each other by links, and everybody else by links of their own.
type natsCluster struct {
	t       testing.TB
	servers [natsServers]*natsServer
	routes  [natsServers][natsServers]*link // from, to
	clients map[string][natsServers]*link   // of each client's name
	js      jetstream.JetStream
}

// newNATSCluster starts the cluster with the configuration that is shipped.
func newNATSCluster(t testing.TB, config string) *natsCluster {
	t.Helper()
	c := &natsCluster{t: t, clients: make(map[string][natsServers]*link)}
	for i := range c.servers {
		c.servers[i] = &natsServer{
			name: fmt.Sprintf("nats%d", i+1), address: freeAddress(t), routes: freeAddress(t), monitor: freeAddress(t),
		}
	}
	for from := range c.servers {
		for to, server := range c.servers {
			if from != to {
				c.routes[from][to] = newLink(t, server.routes)
			}
		}
	}
	for i, server := range c.servers {
		server.process = newProcess(t, server.name, program(t, natsProgram),
			// Nobody listens where the server says that it is reached: what the others tell each other of it must not
			// lead past the links.
			[]string{"-c", config, "--cluster_advertise", "127.0.0.1:1"}, c.environment(i))
		server.start()
	}
	eventually(t, healPatience, "all NATS servers are healthy", c.healthy)
	c.js = c.observe()
	return c
}

// environment is what the configuration wants to know about a server.
func (c *natsCluster) environment(i int) []string {
	server := c.servers[i]
	env := []string{
		"NATS_SERVER_NAME=" + server.name,
		"NATS_LISTEN=" + server.address,
		"NATS_MONITOR=" + server.monitor,
		"NATS_CLUSTER_LISTEN=" + server.routes,
		"NATS_STORE_DIR=" + filepath.Join(c.t.TempDir(), server.name),
		"NATS_MAX_FILE_STORE=4GB",
		"NATS_PASSWORD=" + natsPassword,
		"NATS_SYSTEM_PASSWORD=" + systemPassword,
		"NATS_CLUSTER_PASSWORD=" + routePassword,
	}
	for to, other := range c.servers {
		address := other.routes
		if to != i {
			address = c.routes[i][to].address()
		}
		env = append(env, fmt.Sprintf("NATS_ROUTE_%d=nats-route://cluster:%s@%s", to+1, routePassword, address))
	}
	return env
}

// waitNoticed waits until a server that is cut off has said for some seconds that it is not well: a replica that is a
// moment behind says so, too.
func (c *natsCluster) waitNoticed(t testing.TB, server int) {
	t.Helper()
	const seconds = 3
	well := time.Now()
	eventually(t, healPatience, c.servers[server].name+" notices that it is cut off", func() bool {
		if c.servers[server].healthy() {
			well = time.Now()
		}
		return time.Since(well) > seconds*time.Second
	})
}

// url returns the addresses of all servers for a client, who has links of its own.
func (c *natsCluster) url(client, user, password string) string {
	links, found := c.clients[client]
	if !found {
		for i, server := range c.servers {
			links[i] = newLink(c.t, server.address)
		}
		c.clients[client] = links
	}
	addresses := ""
	for i, l := range links {
		if i > 0 {
			addresses += ","
		}
		u := url.URL{Scheme: "nats", User: url.UserPassword(user, password), Host: l.address()}
		addresses += u.String()
	}
	return addresses
}

// observe connects the test itself, past all links.
func (c *natsCluster) observe() jetstream.JetStream {
	conn := c.connect("chitchat", natsPassword)
	js, err := jetstream.New(conn)
	if err != nil {
		c.t.Fatal(err)
	}
	return js
}

// connect connects the test itself, past all links.
func (c *natsCluster) connect(user, password string) *nats.Conn {
	c.t.Helper()
	addresses := ""
	for i, server := range c.servers {
		if i > 0 {
			addresses += ","
		}
		addresses += "nats://" + server.address
	}
	conn, err := nats.Connect(addresses, nats.UserInfo(user, password), nats.Name("topology"), nats.ReconnectBufSize(-1),
		nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond), nats.PingInterval(time.Second))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(conn.Close)
	return conn
}

// healthy reports whether each server says that it and its part of all streams are well.
func (c *natsCluster) healthy() bool {
	for _, server := range c.servers {
		if !server.healthy() {
			return false
		}
	}
	return true
}

// healthy reports whether the server says that it and its part of all streams are well.
func (s *natsServer) healthy() bool {
	response, err := quickClient.Get("http://" + s.monitor + "/healthz")
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// whole reports whether all replicas of all streams are current.
func (c *natsCluster) whole() bool {
	ctx, cancel := context.WithTimeout(c.t.Context(), askTimeout)
	defer cancel()
	streams := c.js.ListStreams(ctx)
	for info := range streams.Info() {
		if info.Cluster == nil || info.Cluster.Leader == "" {
			return false
		}
		for _, replica := range info.Cluster.Replicas {
			if !replica.Current || replica.Offline {
				return false
			}
		}
	}
	return streams.Err() == nil && c.healthy()
}

// waitWhole waits until the loss of any one server can be borne again.
func (c *natsCluster) waitWhole(t testing.TB) time.Duration {
	t.Helper()
	return eventually(t, healPatience, "all replicas are current", c.whole)
}

// leader returns which server leads the stream of the log, -1 when none does.
func (c *natsCluster) leader() int {
	ctx, cancel := context.WithTimeout(c.t.Context(), askTimeout)
	defer cancel()
	stream, err := c.js.Stream(ctx, eventstore.Stream)
	if err != nil || stream.CachedInfo().Cluster == nil {
		return -1
	}
	for i, server := range c.servers {
		if server.name == stream.CachedInfo().Cluster.Leader {
			return i
		}
	}
	return -1
}

// waitLeader waits until a server leads the stream, and returns it.
func (c *natsCluster) waitLeader(t testing.TB) int {
	t.Helper()
	leader := -1
	eventually(t, healPatience, "the stream has a leader", func() bool {
		leader = c.leader()
		return leader >= 0
	})
	return leader
}

// steer makes a client use a server, by shutting its links to the others until it does.
func (c *natsCluster) steer(t testing.TB, client string, server int) {
	t.Helper()
	links := c.clients[client]
	for i, l := range links {
		if i != server {
			l.refuse()
		}
	}
	eventually(t, healPatience, client+" uses "+c.servers[server].name, links[server].used)
	c.mendClient(client)
}

// isolate cuts a server off from the other two, and from all clients when they are meant, too. The test's own
// connection stays.
func (c *natsCluster) isolate(server int, clients bool) {
	for other := range c.servers {
		if other != server {
			c.routes[server][other].cut()
			c.routes[other][server].cut()
		}
	}
	if clients {
		for _, links := range c.clients {
			links[server].cut()
		}
	}
}

// mend makes all links whole.
func (c *natsCluster) mend() {
	for from := range c.routes {
		for _, l := range c.routes[from] {
			if l != nil {
				l.mend()
			}
		}
	}
	for _, links := range c.clients {
		for _, l := range links {
			l.mend()
		}
	}
}

// cutClient cuts a client off from all servers.
func (c *natsCluster) cutClient(client string) {
	for _, name := range []string{client, client + systemSuffix} {
		for _, l := range c.linksOf(name) {
			l.cut()
		}
	}
}

func (c *natsCluster) mendClient(client string) {
	for _, name := range []string{client, client + systemSuffix} {
		for _, l := range c.linksOf(name) {
			l.mend()
		}
	}
}

// linksOf returns a client's links, none of one that has none.
func (c *natsCluster) linksOf(client string) []*link {
	links, found := c.clients[client]
	if !found {
		return nil
	}
	return links[:]
}
