package gateway

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// controlRate and controlBurst bound the control frames of a socket: a
	// client has reason for one every few seconds.
	controlRate, controlBurst = 5, 50
	// commandRate and commandBurst bound the commands of a socket that are not
	// messages, and those that are refused.
	commandRate, commandBurst = 20, 100
	// typingInterval is how often a socket's typing is passed on.
	typingInterval = time.Second
)

// connLimits are a socket's own limits. They are for its reader alone.
type connLimits struct {
	controls *rate.Limiter
	commands *rate.Limiter
	typed    time.Time
}

func (l *connLimits) control() bool { return allow(&l.controls, controlRate, controlBurst) }

func (l *connLimits) command() bool { return allow(&l.commands, commandRate, commandBurst) }

// allow takes one of a limiter that is made when it is first asked, since most
// sockets are idle.
func allow(l **rate.Limiter, limit rate.Limit, burst int) bool {
	if *l == nil {
		*l = rate.NewLimiter(limit, burst)
	}
	return (*l).Allow()
}

// typing reports whether the socket's typing is passed on now.
func (l *connLimits) typing(now time.Time) bool {
	if now.Sub(l.typed) < typingInterval {
		return false
	}
	l.typed = now
	return true
}

// limiters bound how many messages a user sends, over all sockets of theirs at
// this gateway.
type limiters struct {
	rate rate.Limit

	mu  sync.Mutex
	all map[string]*limiter
}

type limiter struct {
	*rate.Limiter
	sockets int
}

func newLimiters(perSecond float64) *limiters {
	return &limiters{rate: rate.Limit(perSecond), all: make(map[string]*limiter)}
}

// acquire counts a socket of the user.
func (l *limiters) acquire(user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x := l.all[user]
	if x == nil {
		x = &limiter{Limiter: rate.NewLimiter(l.rate, max(int(2*l.rate), 1))}
		l.all[user] = x
	}
	x.sockets++
}

// release takes a socket off the user. Their limit stays until it is full
// again: who has used it up can't get a new one by connecting again.
func (l *limiters) release(user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all[user].sockets--
}

// forgetFull forgets the users without a socket whose limit is full.
func (l *limiters) forgetFull() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for user, x := range l.all {
		if x.sockets == 0 && (l.rate == 0 || x.Tokens() >= float64(x.Burst())) {
			delete(l.all, user)
		}
	}
}

// wait takes one message of the user's allowance and returns 0, or returns how
// long they must wait for it.
func (l *limiters) wait(user string) time.Duration {
	if l.rate == 0 {
		return 0
	}
	l.mu.Lock()
	x := l.all[user]
	l.mu.Unlock()
	reservation := x.Reserve()
	delay := reservation.Delay()
	if delay > 0 {
		reservation.Cancel()
	}
	return delay
}
