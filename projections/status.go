package projections

import (
	"sync"
	"time"

	"github.com/faustman/chitchat/domain"
)

// Status is how a projector is doing.
type Status struct {
	// Leading says that this projector works, Standby that another one does and
	// this one waits to take over. Neither is known at the beginning and while
	// the database can't be asked.
	Leading, Standby bool
	// Generation is the read model that is written to; 0 before it is known.
	Generation int
	// Applied is the checkpoint, AppliedAt when its last event happened. Both
	// are zero until the checkpoint has been read.
	Applied   domain.Position
	AppliedAt time.Time
	// Log is the log's end as last seen, less than a second ago unless the log
	// can't be asked.
	Log domain.Position
	// Lag is how many entries of the log wait to be applied, and Behind is
	// since when some did, without a pause.
	Lag    uint64
	Behind time.Duration
	// Fault is why nothing is applied now, or nil. FaultSince is when it began;
	// zero when it is the reader of the log that waits.
	Fault      error
	FaultSince time.Time
	// Rebuild is how far the program's own generation has come, when the live
	// one is of another program; else nil.
	Rebuild *Progress
	// Position says that the checkpoint and the log do not belong together. It
	// stays, whatever the fault is later, until the opposite is proven.
	Position *PositionError
	// Quarantined counts the entries in quarantine that need a look, Duplicates
	// the repeated messages that were dropped; see [QuarantineCode].
	Quarantined, Duplicates uint64
	// Batches and Events count what this projector has applied since it began.
	Batches, Events uint64
}

// count takes over what is in quarantine.
func (s *Status) count(counts map[QuarantineCode]uint64) {
	s.Duplicates = counts[Duplicate]
	s.Quarantined = counts[Invalid] + counts[Refused]
}

// progress is the projector's state for those who ask.
type progress struct {
	mu          sync.Mutex
	status      Status
	behindSince time.Time // zero when all is applied
	reader      Reader    // nil while there is none
}

// Status returns how the projector is doing. It does not block.
func (p *Projector) Status() Status {
	p.progress.mu.Lock()
	defer p.progress.mu.Unlock()
	status := p.progress.status
	if since := p.progress.behindSince; !since.IsZero() {
		status.Behind = time.Since(since)
	}
	if reader := p.progress.reader; reader != nil && status.Fault == nil {
		status.Fault = reader.Fault()
	}
	return status
}

// follow makes the faults of the reader visible; nil ends that.
func (g *progress) follow(reader Reader) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reader = reader
}

// update changes the status and works out the lag.
func (g *progress) update(change func(*Status)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(&g.status)
	s := &g.status
	s.Lag = 0
	if s.Log.Epoch == s.Applied.Epoch && s.Log.Seq > s.Applied.Seq {
		s.Lag = s.Log.Seq - s.Applied.Seq
	}
	switch {
	case s.Lag == 0:
		g.behindSince = time.Time{}
	case g.behindSince.IsZero():
		g.behindSince = time.Now()
	}
}

// standBy notes that another projector works, and reports whether that is news.
// What this one knew of the tables is not kept up any more.
func (g *progress) standBy() (news bool) {
	g.update(func(s *Status) {
		news = !s.Standby
		s.Leading, s.Standby = false, true
		s.Applied, s.AppliedAt = domain.Position{}, time.Time{}
		s.Fault, s.FaultSince = nil, time.Time{}
	})
	return news
}

// setFault keeps err visible and reports whether it is news. A nil err ends the
// fault.
func (g *progress) setFault(err error) (news bool) {
	g.update(func(s *Status) {
		news = (err == nil) != (s.Fault == nil) || (err != nil && err.Error() != s.Fault.Error())
		if s.Fault == nil && err != nil {
			s.FaultSince = time.Now()
		}
		if s.Fault = err; err == nil {
			s.FaultSince = time.Time{}
		}
	})
	return news
}
