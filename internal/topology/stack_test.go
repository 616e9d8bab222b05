//go:build topology

package topology_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/faustman/chitchat/eventstore"
)

const (
	// leaveGrace is how long a lost session may take to come back: the product's default.
	leaveGrace = 10 * time.Second
	// startPatience bounds a start of the program with the race detector on a machine that is busy with the others.
	startPatience = 90 * time.Second
	jwtSecret     = "a secret of a topology test"
)

// server is one process of the program, in a role.
type server struct {
	*process
	*upstream
	role string
}

// String returns the server's name in the topology.
func (s *server) String() string { return s.upstream.name }

// stack is the whole topology.
type stack struct {
	t          testing.TB
	nats       *natsCluster
	postgres   *postgres
	pool       *pgxpool.Pool
	log        *eventstore.Log
	gateways   []*server
	apis       []*server
	projectors []*server
	edge       *edge
	binary     string
}

// newStack starts everything and waits until all of it is ready.
func newStack(t testing.TB, binary string) *stack {
	t.Helper()
	s := &stack{t: t, binary: binary, postgres: newPostgres(t)}
	s.nats = newNATSCluster(t, filepath.Join("..", "..", "deploy", "nats.conf"))
	for _, role := range []struct {
		name string
		list *[]*server
	}{{"projector", &s.projectors}, {"gateway", &s.gateways}, {"api", &s.apis}} {
		for i := range 2 {
			one := s.newServer(role.name, fmt.Sprint(role.name, i+1))
			one.start()
			*role.list = append(*role.list, one)
		}
	}
	s.waitReady()
	s.edge = newEdge(t, upstreams(s.gateways), upstreams(s.apis))
	eventually(t, startPatience, "the edge sees all servers", func() bool {
		return len(ranked(s.edge.gateways)) == 2 && len(ranked(s.edge.apis)) == 2
	})
	var err error
	if s.pool, err = pgxpool.New(t.Context(), s.postgres.url()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.pool.Close)
	if s.log, err = eventstore.Open(t.Context(), s.nats.connect("chitchat", natsPassword), eventstore.Options{Existing: true}); err != nil {
		t.Fatal(err)
	}
	return s
}

// newServer describes a process of the program. It is told no more than its role needs.
func (s *stack) newServer(role, name string) *server {
	u := &upstream{name: name, address: freeAddress(s.t)}
	env := []string{
		"CHITCHAT_LISTEN=" + u.address,
		"CHITCHAT_DATA=" + filepath.Join(s.t.TempDir(), "unused"),
		"NATS_URL=" + s.nats.url(name, "chitchat", natsPassword),
		"NATS_SYSTEM_URL=" + s.nats.url(name+systemSuffix, "sys", systemPassword),
	}
	if role != "projector" {
		env = append(env, "JWT_SECRET="+jwtSecret)
	}
	if role != "gateway" {
		env = append(env, "DATABASE_URL="+s.postgres.url())
	}
	return &server{process: newProcess(s.t, name, s.binary, []string{"serve", "--roles", role}, env), upstream: u, role: role}
}

func upstreams(servers []*server) []*upstream {
	var list []*upstream
	for _, one := range servers {
		list = append(list, one.upstream)
	}
	return list
}

// servers returns all processes of the program.
func (s *stack) servers() []*server {
	var all []*server
	for _, list := range [][]*server{s.gateways, s.apis, s.projectors} {
		all = append(all, list...)
	}
	return all
}

// processes returns all processes.
func (s *stack) processes() []*process {
	var all []*process
	for _, one := range s.nats.servers {
		all = append(all, one.process)
	}
	for _, one := range s.servers() {
		all = append(all, one.process)
	}
	return all
}

// isReady reports whether the server says so. A standby projector is ready when it stands by.
func (s *stack) isReady(one *server) bool {
	status, _ := one.readiness(s.t.Context())
	return status == http.StatusOK
}

// waitReady waits until all servers are ready.
func (s *stack) waitReady() {
	s.t.Helper()
	for _, one := range s.servers() {
		s.waitServer(s.t, one)
	}
}

func (s *stack) waitServer(t testing.TB, one *server) {
	t.Helper()
	defer func() {
		if t.Failed() {
			status, body := one.readiness(context.WithoutCancel(t.Context()))
			t.Logf("%v says: %d %s\n%s", one, status, body, one.tail())
		}
	}()
	eventually(t, startPatience, one.upstream.name+" is ready", func() bool {
		if one.hasEnded() {
			t.Fatalf("%s has ended:\n%s", one.upstream.name, one.tail())
		}
		return s.isReady(one)
	})
}

// restart starts a server that has ended and waits until it is ready.
func (s *stack) restart(t testing.TB, one *server) {
	t.Helper()
	one.start()
	s.waitServer(t, one)
}

// metric returns the sum of a metric of a server over its labels, and whether it is there.
func (s *stack) metric(one *server, name string) (float64, bool) {
	response, err := quickClient.Get("http://" + one.address + "/metrics")
	if err != nil {
		return 0, false
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, false
	}
	sum, found := 0.0, false
	for _, match := range regexp.MustCompile(`(?m)^`+name+`(?:\{[^}]*\})? (\S+)$`).FindAllStringSubmatch(string(body), -1) {
		if value, err := strconv.ParseFloat(match[1], 64); err == nil {
			sum, found = sum+value, true
		}
	}
	return sum, found
}

// leads reports whether a projector says that it is the one that works.
func (s *stack) leads(one *server) bool {
	value, _ := s.metric(one, "chitchat_projector_leading")
	return value == 1
}

// leadingProjector waits until exactly one projector leads, and returns it and the other.
func (s *stack) leadingProjector(t testing.TB) (leading, standby *server) {
	t.Helper()
	eventually(t, healPatience, "one projector leads", func() bool {
		first, second := s.leads(s.projectors[0]), s.leads(s.projectors[1])
		leading, standby = s.projectors[0], s.projectors[1]
		if second {
			leading, standby = standby, leading
		}
		return first != second
	})
	return leading, standby
}

// applied returns the sequence that the tables have, 0 when Postgres can't be asked.
func (s *stack) applied() uint64 {
	ctx, cancel := context.WithTimeout(s.t.Context(), askTimeout)
	defer cancel()
	var seq uint64
	if err := s.pool.QueryRow(ctx, `SELECT applied_seq FROM chat.freshness`).Scan(&seq); err != nil {
		return 0
	}
	return seq
}

// command runs a command of the program against the same engines.
func (s *stack) command(t testing.TB, args ...string) (output string, code int) {
	t.Helper()
	return run(t, s.binary, []string{
		"NATS_URL=" + strings.Split(s.nats.url("commands", "chitchat", natsPassword), ",")[0],
		"DATABASE_URL=" + s.postgres.url(),
		"CHITCHAT_DATA=" + filepath.Join(t.TempDir(), "unused"),
	}, args...)
}

// faults returns what no process should have done.
func (s *stack) faults() []string {
	var all []string
	for _, p := range s.processes() {
		all = append(all, p.faults()...)
	}
	return all
}

// dump shows what every process wrote last.
func (s *stack) dump() {
	for _, p := range s.processes() {
		s.t.Logf("---- %s (%s)\n%s", p.name, p.file, p.tail())
	}
}
