package demo

import (
	"time"

	"github.com/faustman/chitchat/domain"
)

// servers is how many the company runs.
const servers = 2

// stay is one session's time in a channel.
type stay struct {
	who      int
	channel  domain.Channel
	from, to time.Time
	server   int
	lost     bool // it ended because its server died
}

// run is the time of a server between two of its starts, which its term names.
type run struct {
	from time.Time
	term string
}

// runs are each server's, in order.
type runs [servers][]run

// newRuns makes the servers' runs: at each restart the second one follows the
// first, and the crash is of the first alone.
func newRuns(d *dice, c *calendar) runs {
	var all runs
	add := func(server int, from time.Time) {
		all[server] = append(all[server], run{from, d.uuid(from)})
	}
	crashed := false
	for server := range servers {
		add(server, c.start)
	}
	for _, at := range c.restarts {
		if !crashed && c.crash.Before(at) {
			add(0, c.crash.Add(startsAgain))
			crashed = true
		}
		for server := range servers {
			add(server, at.Add(time.Duration(server)*apart))
		}
	}
	if !crashed {
		add(0, c.crash.Add(startsAgain))
	}
	return all
}

const (
	// startsAgain is how long a server that crashed is away.
	startsAgain = 40 * time.Second
	// apart is the time from one server's restart to the next one's.
	apart = 90 * time.Second
)

// term returns that of a server at a time.
func (r runs) term(server int, at time.Time) string {
	list := r[server]
	for i := len(list) - 1; i > 0; i-- {
		if !at.Before(list[i].from) {
			return list[i].term
		}
	}
	return list[0].term
}

// staysOf makes the stays of one day, d.
func (g *generator) staysOf(d int) {
	g.stays = g.stays[:0]
	for who := range g.people {
		p := &g.people[who]
		switch {
		case p.visitor != notVisiting:
		case !g.works(d):
			g.weekend(who, d)
		case g.chance(940): // else a day off
			g.workday(who, d)
		}
	}
	for _, who := range g.visits[d] {
		from := g.at(d, 9*60+20).Add(g.span(0, 6*time.Hour))
		g.stay(who, g.people[who].channels[0], from, from.Add(g.span(25*time.Minute, 70*time.Minute)))
	}
	if g.alarm.Truncate(day).Equal(g.begin(d)) {
		for _, who := range onCall {
			from := g.alarm.Add(g.span(time.Minute, 5*time.Minute))
			g.stay(who, "engineering", from, from.Add(g.span(40*time.Minute, 55*time.Minute)))
		}
	}
}

// onCall are those of the roster whom an alarm wakes.
var onCall = []int{0, 1, 6}

func (g *generator) workday(who, d int) {
	p := &g.people[who]
	from := g.at(d, p.shift.from).Add(g.span(-20*time.Minute, 20*time.Minute))
	to := g.at(d, p.shift.to).Add(g.span(-25*time.Minute, 30*time.Minute))
	lunch := g.at(d, 11*60+50).Add(g.span(0, 35*time.Minute))
	back := lunch.Add(g.span(35*time.Minute, 65*time.Minute))
	away := from.Before(lunch) && g.chance(650)
	evening := g.at(d, 20*60).Add(g.span(0, 80*time.Minute))
	again := p.evenings && g.chance(330)
	for _, channel := range p.channels {
		if channel == Ended && d > g.ended {
			continue
		}
		if away {
			g.stay(who, channel, from, lunch)
			g.stay(who, channel, back, to)
		} else {
			g.stay(who, channel, from, to)
		}
		if g.chance(45) { // a telephone, beside the computer
			at := from.Add(g.span(time.Hour, 4*time.Hour))
			g.stay(who, channel, at, at.Add(g.span(5*time.Minute, 50*time.Minute)))
		}
		if again {
			g.stay(who, channel, evening, evening.Add(g.span(20*time.Minute, 110*time.Minute)))
		}
	}
}

// weekend makes the stays of somebody who looks in at what the others do.
func (g *generator) weekend(who, d int) {
	p := &g.people[who]
	if !g.chance(420) {
		return
	}
	from := g.at(d, 9*60).Add(g.span(0, 11*time.Hour))
	to := from.Add(g.span(30*time.Minute, 200*time.Minute))
	for _, channel := range p.channels {
		if channel != Ended && channel != "engineering" {
			g.stay(who, channel, from, to)
		}
	}
}

// stay adds a stay of one session, cut to the sample; each channel's begins a
// moment after the one before, and the crash may end it.
func (g *generator) stay(who int, channel domain.Channel, from, to time.Time) {
	s := stay{
		who: who, channel: channel, server: g.below(servers),
		from: from.Add(g.span(0, 4*time.Second)), to: to.Add(g.span(0, 4*time.Second)),
	}
	if s.from.Before(g.start) {
		s.from = g.start.Add(g.span(0, time.Minute))
	}
	if last := g.end.Add(-g.span(time.Second, time.Minute)); s.to.After(last) {
		s.to = last
	}
	if midnight := s.from.Truncate(day).Add(day - time.Minute); s.to.After(midnight) {
		s.to = midnight.Add(g.span(0, 30*time.Second))
	}
	if s.to.Sub(s.from) < time.Minute {
		return
	}
	if s.server == 0 && s.from.Before(g.crash) && s.to.After(g.crash) && g.chance(400) {
		again := s
		s.to, s.lost = g.crash, true
		again.server, again.from = 1, g.crash.Add(g.span(time.Minute, 9*time.Minute))
		if again.to.Sub(again.from) >= time.Minute {
			g.stays = append(g.stays, again)
		}
	}
	g.stays = append(g.stays, s)
}

// lastSign is how long before the crash the server last showed that it was
// alive, and noticed is how long after it the others saw that it no longer was.
const (
	lastSign = 3 * time.Second
	noticed  = 46 * time.Second
)

// addStay adds a stay's events: it joins, goes on at the other server when its
// own ends, and leaves.
func (g *generator) addStay(s stay) {
	header := domain.Header{From: g.people[s.who].user, SentAt: s.from}
	session, server, at := g.session(), s.server, s.from
	join := func() {
		header.SentAt = at
		g.add(s.channel, &domain.SessionJoined{Header: header, Session: session, Term: g.runs.term(server, at)}, g.wait())
	}
	join()
	for _, end := range g.ends(s) {
		moved := end.at.Add(g.span(time.Second, 7*time.Second))
		if end.server == server && end.at.After(at) && moved.Before(s.to) {
			server, at = 1-server, moved
			join()
		}
	}
	leave := &domain.SessionLeft{Header: header, Session: session, Term: g.runs.term(server, at), Reason: domain.ReasonClosed}
	leave.SentAt = s.to
	wait := g.wait()
	if s.lost {
		leave.Reason, leave.SentAt = domain.ReasonLost, s.to.Add(-lastSign)
		if leave.SentAt.Before(s.from) {
			leave.SentAt = s.from
		}
		wait = s.to.Sub(leave.SentAt) + noticed + g.span(0, 2*time.Second)
	}
	g.add(s.channel, leave, wait)
}

// serverEnd is when a server ends while a stay lasts.
type serverEnd struct {
	server int
	at     time.Time
}

// ends returns the ends of servers during a stay, in order. One that was lost
// was at the server that crashed, and had not moved.
func (g *generator) ends(s stay) []serverEnd {
	var ends []serverEnd
	for _, at := range g.restarts {
		for server := range servers {
			if end := at.Add(time.Duration(server) * apart); end.After(s.from) && end.Before(s.to) {
				ends = append(ends, serverEnd{server, end})
			}
		}
	}
	if !s.lost && g.crash.After(s.from) && g.crash.Before(s.to) {
		ends = append(ends, serverEnd{0, g.crash})
	}
	return ends
}
