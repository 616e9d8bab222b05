//go:build topology

package topology_test

import (
	"context"
	"encoding/json"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/eventstore"
)

const (
	// restMessages are measured before anything happens.
	restMessages = 400
	// outageMessages must be acknowledged while a part is gone, to show that people go on chatting.
	outageMessages = 40
)

// step is a blow to the topology.
type step struct {
	name string
	do   func(c *chat, t *testing.T)
}

// TestChaos strikes one part after the other of one topology, while people chat, and wants every invariant to hold
// after each blow.
func TestChaos(t *testing.T) {
	s := newStack(t, program(t, raceProgram))
	defer func() {
		if t.Failed() {
			s.dump()
		}
	}()
	c := newChat(t, s)
	defer c.figures.write(t, "figures.txt")
	for _, one := range steps() {
		ok := t.Run(one.name, func(t *testing.T) {
			began := time.Now()
			c.figures.begin(one.name)
			c.r.forgetQuiet()
			one.do(c, t)
			c.check(t)
			c.figures.add(t, "longest time in which a reader was told nothing", c.r.longestQuiet())
			t.Logf("took %v", time.Since(began).Round(time.Millisecond))
		})
		if !ok {
			return // what follows would only tell of this
		}
	}
	c.leave()
	t.Run("end", c.end)
}

func steps() []step {
	all := []step{{"rest", (*chat).rest}}
	for i := range natsServers {
		all = append(all, step{fmt.Sprintf("kill nats%d", i+1), func(c *chat, t *testing.T) { c.killNATS(t, i) }})
	}
	return append(all,
		step{"kill the NATS server that leads", (*chat).killLeader},
		step{"kill gateway1", func(c *chat, t *testing.T) { c.killGateway(t, 0) }},
		step{"kill gateway2", func(c *chat, t *testing.T) { c.killGateway(t, 1) }},
		step{"kill api1", func(c *chat, t *testing.T) { c.killAPI(t, 0) }},
		step{"kill api2", func(c *chat, t *testing.T) { c.killAPI(t, 1) }},
		step{"kill the projector that leads", (*chat).killProjector},
		step{"kill the other projector, that leads now", (*chat).killProjector},
		step{"stop the projector that leads, and let it go on", (*chat).suspendProjector},
		step{"kill Postgres", (*chat).killPostgres},
		step{"the stream's leader steps down", (*chat).stepDown},
		step{"a follower is cut off from the other NATS servers", func(c *chat, t *testing.T) { c.partition(t, false) }},
		step{"the leader is cut off from everybody", func(c *chat, t *testing.T) { c.partition(t, true) }},
		step{"a gateway is cut off from NATS", (*chat).cutGateway},
		step{"rolling restart", (*chat).rollingRestart},
	)
}

// rest measures acknowledgments while nothing happens.
func (c *chat) rest(t *testing.T) {
	began := time.Now()
	took := c.waitTalk(t, restMessages)
	c.figures.add(t, "acknowledgments in rest", quantiles(latencies(c.r.acksSince(began))))
	c.figures.add(t, "messages acknowledged a second in rest", fmt.Sprintf("%.0f", restMessages/took.Seconds()))
	guest, leave := c.guest(t, c.stack.edge.server.URL, channels[0], false)
	leave()
	c.figures.add(t, "a clean close until the log shows the leave", c.waitGone(t, guest))
}

// waitGone waits until a client's user is in its channel no more, by the log.
func (c *chat) waitGone(t *testing.T, one *client) time.Duration {
	t.Helper()
	return eventually(t, presencePatience, one.user.Name+" is gone", func() bool {
		return !c.r.truth.present()[one.channel][one.user.ID]
	})
}

// killNATS kills a server and lets people chat without it for a while.
func (c *chat) killNATS(t *testing.T, server int) {
	part := "follower"
	if c.stack.nats.waitLeader(t) == server {
		part = "leader"
	}
	began := time.Now()
	c.stack.nats.servers[server].kill()
	c.waitTalk(t, outageMessages)
	c.figures.add(t, "longest time without acks, of a "+part, c.r.longestSilence(began))
	c.stack.nats.servers[server].start()
	c.figures.add(t, "until all replicas are current again", c.stack.nats.waitWhole(t))
}

func (c *chat) killLeader(t *testing.T) { c.killNATS(t, c.stack.nats.waitLeader(t)) }

// killGateway kills a gateway. Most of its people come back elsewhere, and nobody sees them go. Two don't: they are
// gone for everybody, as lost.
func (c *chat) killGateway(t *testing.T, i int) {
	victim := c.stack.gateways[i]
	ghosts := make([]*client, 2)
	for g := range ghosts {
		ghosts[g], _ = c.guest(t, "http://"+victim.address, channels[g], true)
	}
	began := time.Now()
	victim.kill()
	c.waitTalkers(t, began)
	c.waitAll(t)
	c.figures.add(t, "longest time until one of its people had a socket elsewhere", c.r.longestGap(began))
	c.figures.add(t, "longest time without acks", c.r.longestSilence(began))
	for _, ghost := range ghosts {
		c.waitGone(t, ghost)
		if lost := c.r.truth.lost(ghost.user.ID); lost != 1 {
			t.Errorf("I9: %s has %d leaves as lost, want 1", ghost.user.Name, lost)
		}
	}
	c.figures.add(t, "until those who don't come back are gone", time.Since(began))
	c.stack.restart(t, victim)
}

func (c *chat) killAPI(t *testing.T, i int) {
	c.stack.apis[i].kill()
	c.waitTalk(t, outageMessages)
	c.stack.restart(t, c.stack.apis[i])
}

// killProjector kills the one that leads. The other one takes over, and the tables go on.
func (c *chat) killProjector(t *testing.T) {
	leading, standby := c.stack.leadingProjector(t)
	began := time.Now()
	leading.kill()
	c.takeOver(t, standby, began, "is killed")
	c.stack.restart(t, leading)
}

// takeOver waits until the standby leads and the tables move.
func (c *chat) takeOver(t *testing.T, standby *server, began time.Time, what string) {
	t.Helper()
	eventually(t, healPatience, standby.upstream.name+" leads", func() bool { return c.stack.leads(standby) })
	c.figures.add(t, "the other projector leads after the one "+what, time.Since(began))
	end := c.r.truth.end()
	eventually(t, healPatience, "the tables move", func() bool { return c.stack.applied() >= end })
	c.figures.add(t, "the tables have what was in the log then", time.Since(began))
}

// suspendProjector stops the one that leads without its end: its connections stay open. The other one takes over; the
// first wakes in the middle of its work and must not do it a second time.
func (c *chat) suspendProjector(t *testing.T) {
	leading, standby := c.stack.leadingProjector(t)
	began := time.Now()
	leading.signal(syscall.SIGSTOP)
	defer leading.signal(syscall.SIGCONT)
	c.takeOver(t, standby, began, "is stopped")
	leading.signal(syscall.SIGCONT)
	c.stack.waitServer(t, leading)
	eventually(t, healPatience, "one projector leads", func() bool { return c.stack.leads(leading) != c.stack.leads(standby) })
}

// killPostgres kills Postgres. People go on chatting.
func (c *chat) killPostgres(t *testing.T) {
	began := time.Now()
	c.stack.postgres.kill()
	c.waitTalk(t, outageMessages)
	c.figures.add(t, "longest time without acks", c.r.longestSilence(began))
	c.stack.postgres.start()
	began = time.Now()
	end := c.r.truth.end()
	eventually(t, healPatience, "the tables move", func() bool { return c.stack.applied() >= end })
	c.figures.add(t, "the tables move after the start of Postgres", time.Since(began))
	for _, one := range c.stack.servers() {
		c.stack.waitServer(t, one)
	}
}

// stepDown makes the stream's leader give up its place.
func (c *chat) stepDown(t *testing.T) {
	c.stack.nats.waitLeader(t)
	conn := c.stack.nats.connect("chitchat", natsPassword)
	began := time.Now()
	reply, err := conn.Request(jetstream.DefaultAPIPrefix+"STREAM.LEADER.STEPDOWN."+eventstore.Stream, nil, askTimeout)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Success bool            `json:"success"`
		Error   json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil || !answer.Success {
		t.Fatalf("step down: %s, %v", reply.Data, err)
	}
	c.waitTalk(t, outageMessages)
	c.figures.add(t, "longest time without acks", c.r.longestSilence(began))
	c.stack.nats.waitWhole(t)
}

// partition cuts one NATS server off: the leader from everybody, or a follower from the other servers alone, whose
// clients stay with it. A gateway and the projector that leads are among its clients.
func (c *chat) partition(t *testing.T, leader bool) {
	server := c.stack.nats.waitLeader(t)
	if !leader {
		server = (server + 1) % natsServers
	}
	leading, _ := c.stack.leadingProjector(t)
	c.stack.nats.steer(t, c.fullest().upstream.name, server)
	c.stack.nats.steer(t, leading.upstream.name, server)
	c.waitTalkers(t, time.Now())
	began := time.Now()
	c.stack.nats.isolate(server, leader)
	defer c.stack.nats.mend()
	// Who was with the server that is cut off has to notice. Then all must chat again, in every channel.
	c.waitTalkers(t, began)
	c.figures.add(t, "longest time without acks", c.r.longestSilence(began))
	c.figures.add(t, "until everybody had an ack, with the server still cut off", time.Since(began))
	c.stack.nats.waitNoticed(t, server)
	end := c.r.truth.end()
	eventually(t, healPatience, "the tables move, with the server still cut off", func() bool { return c.stack.applied() >= end })
	c.figures.add(t, "until the tables had moved, with the server still cut off", time.Since(began))
	c.stack.nats.mend()
	c.figures.add(t, "until all replicas are current again", c.stack.nats.waitWhole(t))
	for _, one := range c.stack.servers() {
		c.stack.waitServer(t, one)
	}
}

// fullest returns the gateway with the most sockets.
func (c *chat) fullest() *server {
	if c.stack.gateways[0].active.Load() >= c.stack.gateways[1].active.Load() {
		return c.stack.gateways[0]
	}
	return c.stack.gateways[1]
}

// waitTalkers waits until every talker has an ack of a message that was sent after a time.
func (c *chat) waitTalkers(t *testing.T, since time.Time) {
	t.Helper()
	eventually(t, healPatience, "every talker has an ack of a message sent since", func() bool {
		users := make(map[string]bool)
		for _, a := range c.r.acksSince(since) {
			if a.at.Add(-a.latency).After(since) {
				users[a.key.user] = true
			}
		}
		return len(users) >= len(c.people)
	})
}

// cutGateway cuts a gateway off from all NATS servers. It must close its sockets before its people are taken for lost,
// and they go on elsewhere.
func (c *chat) cutGateway(t *testing.T) {
	victim := c.fullest()
	c.figures.add(t, "sockets of the gateway that is cut off", victim.active.Load())
	began := time.Now()
	c.stack.nats.cutClient(victim.upstream.name)
	defer c.stack.nats.mendClient(victim.upstream.name)
	eventually(t, healPatience, "the gateway that is cut off has no sockets", func() bool {
		return victim.active.Load() == 0
	})
	c.figures.add(t, "until it has closed its sockets", time.Since(began))
	c.waitAll(t)
	c.waitTalkers(t, began)
	c.figures.add(t, "until all its people had an ack elsewhere", time.Since(began))
	c.figures.add(t, "longest time until one of them had a socket elsewhere", c.r.longestGap(began))
	c.stack.nats.mendClient(victim.upstream.name)
	mended := time.Now()
	c.stack.waitServer(t, victim)
	c.figures.add(t, "until it is ready, once it is no longer cut off", time.Since(mended))
}

// rollingRestart ends everything in order, one by one, and starts it again.
func (c *chat) rollingRestart(t *testing.T) {
	began := time.Now()
	for _, one := range c.stack.nats.servers {
		one.stop()
		one.start()
		c.stack.nats.waitWhole(t)
	}
	for _, one := range c.stack.servers() {
		one.stop()
		c.stack.restart(t, one)
		c.waitAll(t)
	}
	c.figures.add(t, "rolling restart of all", time.Since(began))
	c.figures.add(t, "longest time without acks", c.r.longestSilence(began))
}

// end looks at everything once more when all have left: the log is read anew from each place that keeps it, and the
// program's own commands say that all is well.
func (c *chat) end(t *testing.T) {
	c.wantPresence(t)
	c.waitTold(t)
	c.settle()
	end := c.r.truth.end()
	if err := c.r.compareTable(t.Context(), c.stack, 0, end); err != nil {
		t.Error(err)
	}
	c.compareSaid(t)
	c.rereadLog(t, end)
	if out, code := c.stack.command(t, "verify"); code != 0 {
		t.Errorf("chitchat verify ends with %d:\n%s", code, out)
	}
	out, code := c.stack.command(t, "status")
	if code != 0 {
		t.Errorf("chitchat status ends with %d:\n%s", code, out)
	}
	t.Logf("chitchat status:\n%s", out)
	duplicates, _ := c.r.truth.problems()
	c.r.mu.Lock()
	c.figures.add(t, "messages acknowledged", len(c.r.acks))
	c.figures.add(t, "answers unknown, resets of feeds", fmt.Sprint(c.r.unknown, ", ", c.r.resets))
	c.figures.add(t, "repetitions in the log, which no reader shows", duplicates)
	c.figures.add(t, "reads by min_seq", fmt.Sprintf("%d shown, %d refused (the slowest after %v), %d not answered",
		c.r.reads.shown, c.r.reads.refused, c.r.reads.slowest.Round(time.Millisecond), c.r.reads.unreachable))
	c.r.mu.Unlock()
	if c.r.reads.shown == 0 {
		t.Error("I6: no read by min_seq was ever answered")
	}
	c.report(t)
}

// compareSaid wants no text twice beyond the repetitions that all readers drop: those who speak plainly have no id of
// their own, and their server must not say a thing twice for them either (I2).
func (c *chat) compareSaid(t *testing.T) {
	t.Helper()
	rows, err := c.stack.pool.Query(t.Context(), `SELECT text, count(*) FROM chat.messages GROUP BY text HAVING count(*) > 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var n int
		if err := rows.Scan(&text, &n); err != nil {
			t.Fatal(err)
		}
		t.Errorf("I2: %q was said %d times", text, n)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// rereadLog reads the log once more with NATS's own consumer and wants what was followed.
func (c *chat) rereadLog(t *testing.T, end uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), healPatience)
	defer cancel()
	consumer, err := c.stack.nats.js.OrderedConsumer(ctx, eventstore.Stream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		t.Fatal(err)
	}
	defer messages.Stop()
	for seq := uint64(1); seq <= end; seq++ {
		message, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		meta, err := message.Metadata()
		if err != nil {
			t.Fatal(err)
		}
		event, err := domain.Decode(message.Data())
		if err != nil {
			t.Fatal(err)
		}
		record := eventstore.Decode(message.Subject(), meta.Sequence.Stream, meta.Timestamp, message.Data())
		if got, _ := c.r.truth.at(seq); meta.Sequence.Stream != seq || factOf(record) != got || event.Type() != got.kind {
			t.Fatalf("I1: the log has %+v at %d, and had %+v", factOf(record), meta.Sequence.Stream, got)
		}
	}
}
