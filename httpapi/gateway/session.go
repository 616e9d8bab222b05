package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/faustman/chitchat/domain"
)

const (
	// joinTries is how often a join is tried before the socket is closed.
	joinTries = 3
	// maxJoins bounds the joins under way, so that messages don't wait behind
	// those of everybody who comes back at once; joinWait is how long one waits
	// for its turn. At a thousand joins a second it serves 30,000 sockets.
	maxJoins = 64
	joinWait = 30 * time.Second
	// retryFirst and retryMost bound the pause between two tries of an append.
	retryFirst = 100 * time.Millisecond
	retryMost  = 5 * time.Second
)

// sessions are the sessions whose sockets this process holds or has lost a
// moment ago. Each is in the log as a join, and is ended by a leave.
type sessions struct {
	log    Log
	term   string
	grace  time.Duration
	logger *slog.Logger
	// catchUp waits until all is known that is in the log now.
	catchUp func(ctx context.Context) error
	joins   chan struct{} // capacity maxJoins: one for each join under way
	ended   chan struct{} // closed when nothing is tried again

	mu     sync.Mutex
	all    map[sessionKey]*session
	frozen bool // the process ends: nobody leaves, who resumes elsewhere stays
	next   uint64
	wg     sync.WaitGroup // of goroutines that append joins and leaves
}

type sessionKey struct {
	channel domain.Channel
	id      string
}

// session is one session of this process. Its lock is held while its join or
// leave is appended, so that the two can't overtake each other.
type session struct {
	key  sessionKey
	user domain.User
	// elsewhere says that the last join in the log is of another gateway's
	// term: the stay is that one's to end.
	elsewhere atomic.Bool
	// doubtful says that the gateway was cut off from the log since: the stay may
	// be another gateway's without our knowing.
	doubtful atomic.Bool

	appending sync.Mutex
	joined    bool // our join is in the log; guarded by appending
	begun     bool // our join may be in the log; guarded by appending
	gone      bool // no longer in sessions.all; guarded by appending

	// guarded by sessions.mu
	sockets int
	timer   *time.Timer // runs while sockets is 0
}

func newSessions(log Log, term string, grace time.Duration, logger *slog.Logger) *sessions {
	return &sessions{
		log: log, term: term, grace: grace, logger: logger,
		joins: make(chan struct{}, maxJoins),
		ended: make(chan struct{}),
		all:   make(map[sessionKey]*session),
	}
}

// attach counts the socket to its session and makes sure that the session is
// in the log. It reports false when that could not be had.
func (s *sessions) attach(c *conn) bool {
	key := sessionKey{c.room.channel, c.session}
	for {
		x := s.hold(key, c.user)
		c.held = x
		x.appending.Lock()
		if x.gone { // its leave was on the way: begin it anew
			x.appending.Unlock()
			s.letGo(x)
			continue
		}
		defer x.appending.Unlock()
		return (x.joined && !x.elsewhere.Load()) || s.join(x)
	}
}

func (s *sessions) hold(key sessionKey, user domain.User) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.all[key]
	if x == nil {
		x = &session{key: key, user: user}
		s.all[key] = x
	}
	x.sockets++
	if x.timer != nil {
		x.timer.Stop()
		x.timer = nil
	}
	return x
}

func (s *sessions) letGo(x *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.sockets--
	if s.all[x.key] == x && x.sockets == 0 {
		delete(s.all, x.key)
	}
}

// join appends the session's join, with a few tries. must hold x.appending
func (s *sessions) join(x *session) bool {
	turn := time.NewTimer(joinWait)
	defer turn.Stop()
	select {
	case s.joins <- struct{}{}:
		defer func() { <-s.joins }()
	case <-turn.C:
		return false
	case <-s.ended:
		return false
	}
	event := &domain.SessionJoined{
		Header:  domain.Header{From: x.user, SentAt: time.Now().UTC()},
		Session: x.key.id,
		Term:    s.term,
	}
	// Whatever comes of it, from here on a leave of ours may be needed.
	x.begun, x.joined = true, false
	x.elsewhere.Store(false)
	x.joined = s.append(x, "join", event, joinTries)
	return x.joined
}

// append appends the session's event until it is in the log, so many tries are
// made, or nothing is tried again. All tries have one key and are one event.
func (s *sessions) append(x *session, what string, event domain.Event, tries int) bool {
	key := s.appendKey(what, x)
	wait := retryFirst
	for try := 1; ; try++ {
		_, err := s.log.Append(context.Background(), x.key.channel, key, event)
		if err == nil {
			return true
		}
		s.logger.Warn("append "+what, "user", x.user.ID, "channel", x.key.channel, "try", try, "cause", err)
		if try == tries {
			return false
		}
		select {
		case <-time.After(wait):
		case <-s.ended:
			return false
		}
		wait = min(2*wait, retryMost)
	}
}

func (s *sessions) appendKey(what string, x *session) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	return fmt.Sprintf("%s/%s/%s/%d", what, s.term, x.key.id, s.next)
}

// detach takes a socket off its session. When it was the last, the session
// leaves at once if the client said so, and after the grace period otherwise.
// It does not wait for either.
func (s *sessions) detach(c *conn, left bool) {
	x := c.held
	s.mu.Lock()
	defer s.mu.Unlock()
	x.sockets--
	if x.sockets > 0 || s.frozen || s.all[x.key] != x {
		return
	}
	if left {
		s.wg.Go(func() { s.leave(x) })
		return
	}
	x.timer = time.AfterFunc(s.grace, func() {
		s.mu.Lock()
		if s.frozen {
			s.mu.Unlock()
			return
		}
		s.wg.Add(1)
		s.mu.Unlock()
		defer s.wg.Done()
		s.leave(x)
	})
}

// leave ends the session unless a socket took it up meanwhile.
func (s *sessions) leave(x *session) {
	x.appending.Lock()
	defer x.appending.Unlock()
	if x.doubtful.Load() && !s.resolve(x) {
		return // the process ends
	}
	s.mu.Lock()
	over := x.sockets == 0 && !x.gone
	s.mu.Unlock()
	if !over {
		return
	}
	if x.begun && !x.elsewhere.Load() && !s.appendLeave(x) {
		return // the process ends; the next run sweeps the session
	}
	x.gone = true
	s.mu.Lock()
	if s.all[x.key] == x {
		delete(s.all, x.key)
	}
	s.mu.Unlock()
}

// doubt notes that the gateway is cut off from the log, where its sessions may
// go on at other gateways meanwhile.
func (s *sessions) doubt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.all {
		x.doubtful.Store(true)
	}
}

// resolve waits until it is known whose the stay is. It reports false when the
// process ends. must hold x.appending
func (s *sessions) resolve(x *session) bool {
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		ctx, cancel := context.WithTimeout(context.Background(), catchUpWait)
		err := s.catchUp(ctx)
		cancel()
		if err == nil {
			x.doubtful.Store(false)
			return true
		}
		select {
		case <-time.After(wait):
		case <-s.ended:
			return false
		}
	}
}

// appendLeave appends the leave and tries until it is in the log or the process
// ends. must hold x.appending
func (s *sessions) appendLeave(x *session) bool {
	const forever = 0
	return s.append(x, "leave", &domain.SessionLeft{
		Header:  domain.Header{From: x.user, SentAt: time.Now().UTC()},
		Session: x.key.id,
		Term:    s.term,
		Reason:  domain.ReasonClosed,
	}, forever)
}

// changed is told of each join and leave in the log, and mends what others did
// to our sessions: one that went on at another gateway is no longer ours to
// end, and one that was ended while its socket lives joins again.
func (s *sessions) changed(e entry) {
	switch event := e.event.(type) {
	case *domain.SessionJoined:
		s.moved(sessionKey{e.channel, event.Session}, event.Term != s.term)
	case *domain.SessionLeft:
		ours := event.Term == s.term && event.Reason == domain.ReasonClosed
		if e.ended && !ours {
			s.rejoin(sessionKey{e.channel, event.Session})
		}
	}
}

// moved notes whose the stay is since its last join.
func (s *sessions) moved(key sessionKey, elsewhere bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.all[key]
	if x == nil {
		return
	}
	x.elsewhere.Store(elsewhere)
	if elsewhere && x.sockets == 0 {
		s.forget(x)
	}
}

// forget drops a session without sockets that is not ours to end. must hold s.mu
func (s *sessions) forget(x *session) {
	x.elsewhere.Store(true)
	if x.timer != nil {
		x.timer.Stop()
	}
	delete(s.all, x.key)
}

// rejoin joins again while the session has sockets.
func (s *sessions) rejoin(key sessionKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.all[key]
	if x == nil || s.frozen {
		return
	}
	if x.sockets == 0 { // it is over: who comes back begins anew
		s.forget(x)
		return
	}
	s.wg.Go(func() {
		x.appending.Lock()
		defer x.appending.Unlock()
		for s.wanted(x) && !s.join(x) {
			s.logger.Warn("a session could not join again and goes on trying", "user", x.user.ID, "channel", key.channel)
		}
	})
}

// wanted reports whether the session still has sockets here. must hold
// x.appending
func (s *sessions) wanted(x *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !x.gone && x.sockets > 0 && !s.frozen
}

// freeze keeps every session as it is from now on.
func (s *sessions) freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = true
	for _, x := range s.all {
		if x.timer != nil {
			x.timer.Stop()
		}
	}
}

// giveUp makes that nothing is tried again.
func (s *sessions) giveUp() {
	s.freeze()
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.ended:
	default:
		close(s.ended)
	}
}

// stop gives up and waits for the appends that are under way.
func (s *sessions) stop() {
	s.giveUp()
	s.wg.Wait()
}
