package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi/token"
)

const (
	// sessionRandom and sessionTag are the bytes of a session id's two parts:
	// 72 random bits, and 72 bits of proof of whose it is.
	sessionRandom = 9
	sessionTag    = 9
	// joinTries is how often a join whose outcome is not known is tried again
	// before the socket is closed.
	joinTries = 3
	// maxJoins bounds the joins under way, so that messages don't wait behind
	// those of everybody who comes back at once; joinWait is how long one waits
	// for its turn. At a thousand joins a second it serves 30,000 sockets.
	maxJoins = 64
	joinWait = 30 * time.Second
	// leaveRetryFirst and leaveRetryMost bound the wait between two tries to
	// append a leave.
	leaveRetryFirst = 100 * time.Millisecond
	leaveRetryMost  = 5 * time.Second
)

// newSession returns a new session id. It carries a proof that it was made for
// the user and channel, which every gateway can check without asking anybody.
func newSession(key []byte, claims token.Claims) string {
	raw := make([]byte, sessionRandom)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	name := base64.RawURLEncoding.EncodeToString(raw)
	return name + "." + sessionProof(key, name, claims)
}

// sessionBelongs reports whether the session was made for the claims' user and
// channel.
func sessionBelongs(key []byte, session string, claims token.Claims) bool {
	name, proof, found := strings.Cut(session, ".")
	return found && hmac.Equal([]byte(proof), []byte(sessionProof(key, name, claims)))
}

func sessionProof(key []byte, name string, claims token.Claims) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%q %q %q", name, claims.User.ID, claims.Channel)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:sessionTag])
}

// sessions are the sessions whose sockets this process holds or has lost a
// moment ago. Each is in the log as a join, and is ended by a leave.
type sessions struct {
	log    Log
	term   string
	grace  time.Duration
	logger *slog.Logger

	mu     sync.Mutex
	all    map[sessionKey]*session
	frozen bool // the process ends: nobody leaves, who resumes elsewhere stays
	next   uint64
	ended  chan struct{}
	wg     sync.WaitGroup // of goroutines that append joins and leaves
	joins  chan struct{}  // capacity maxJoins: one for each join under way
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

	appending sync.Mutex
	joined    bool // in the log with our term; guarded by appending
	gone      bool // no longer in sessions.all; guarded by appending

	// guarded by sessions.mu
	sockets int
	timer   *time.Timer // runs while sockets is 0
}

func newSessions(log Log, term string, grace time.Duration, logger *slog.Logger) *sessions {
	return &sessions{
		log: log, term: term, grace: grace, logger: logger,
		all:   make(map[sessionKey]*session),
		ended: make(chan struct{}),
		joins: make(chan struct{}, maxJoins),
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
		return x.joined || s.join(x)
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

// join appends the session's join. must hold x.appending
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
	key := s.appendKey("join", x)
	for range joinTries {
		_, err := s.log.Append(context.Background(), x.key.channel, key, event)
		if err == nil {
			x.joined = true
			return true
		}
		s.logger.Warn("append join", "user", x.user.ID, "channel", x.key.channel, "cause", err)
	}
	return false
}

// appendKey returns a key for one append, the same for its repetitions.
func (s *sessions) appendKey(what string, x *session) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	return fmt.Sprintf("%s/%s/%s/%d", what, s.term, x.key.id, s.next)
}

// detach takes a socket off its session. When it was the last, the session
// leaves at once if the client said so, and after the grace period otherwise.
func (s *sessions) detach(c *conn, left bool) {
	x := c.held
	s.mu.Lock()
	x.sockets--
	if x.sockets > 0 || s.frozen || s.all[x.key] != x {
		s.mu.Unlock()
		return
	}
	if !left {
		x.timer = time.AfterFunc(s.grace, func() { s.depart(x) })
	}
	s.mu.Unlock()
	if left {
		s.depart(x)
	}
}

// depart ends the session unless the process ends.
func (s *sessions) depart(x *session) {
	s.mu.Lock()
	if s.frozen {
		s.mu.Unlock()
		return
	}
	s.wg.Add(1)
	s.mu.Unlock()
	defer s.wg.Done()
	s.leave(x)
}

// leave ends the session unless a socket took it up meanwhile.
func (s *sessions) leave(x *session) {
	x.appending.Lock()
	defer x.appending.Unlock()
	s.mu.Lock()
	over := x.sockets == 0 && !x.gone
	s.mu.Unlock()
	if !over {
		return
	}
	if x.joined && !s.appendLeave(x) {
		return // the process ends; the next run sweeps the session
	}
	x.gone = true
	s.mu.Lock()
	if s.all[x.key] == x {
		delete(s.all, x.key)
	}
	s.mu.Unlock()
}

// appendLeave appends the leave and tries until it is in the log or the process
// ends. must hold x.appending
func (s *sessions) appendLeave(x *session) bool {
	event := &domain.SessionLeft{
		Header:  domain.Header{From: x.user, SentAt: time.Now().UTC()},
		Session: x.key.id,
		Term:    s.term,
		Reason:  domain.ReasonClosed,
	}
	key := s.appendKey("leave", x)
	for wait := leaveRetryFirst; ; wait = min(2*wait, leaveRetryMost) {
		_, err := s.log.Append(context.Background(), x.key.channel, key, event)
		if err == nil {
			return true
		}
		s.logger.Warn("append leave", "user", x.user.ID, "channel", x.key.channel, "cause", err)
		select {
		case <-time.After(wait):
		case <-s.ended:
			return false
		}
	}
}

// changed is told of each join and leave in the log, and mends what others did
// to our sessions: one that went on at another gateway is no longer ours to
// end, and one that was ended while its socket lives joins again.
func (s *sessions) changed(e entry) {
	switch event := e.event.(type) {
	case *domain.SessionJoined:
		if event.Term != s.term {
			s.moved(sessionKey{e.channel, event.Session})
		}
	case *domain.SessionLeft:
		ours := event.Term == s.term && event.Reason == domain.ReasonClosed
		if e.ended && !ours {
			s.rejoin(sessionKey{e.channel, event.Session})
		}
	}
}

func (s *sessions) moved(key sessionKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.all[key]
	if x == nil || x.sockets > 0 {
		return
	}
	if x.timer != nil {
		x.timer.Stop()
	}
	delete(s.all, key)
}

func (s *sessions) rejoin(key sessionKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.all[key]
	if x == nil || x.sockets == 0 || s.frozen {
		return
	}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		x.appending.Lock()
		defer x.appending.Unlock()
		if !x.gone {
			x.joined = s.join(x)
		}
	}()
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

// stop freezes and waits for the appends that are under way.
func (s *sessions) stop() {
	s.freeze()
	s.mu.Lock()
	select {
	case <-s.ended:
	default:
		close(s.ended)
	}
	s.mu.Unlock()
	s.wg.Wait()
}
