package gateway

import "sort"

const (
	// chunkFirst and chunkMost bound a chunk of a room's log, in bytes. A
	// quiet room costs one small chunk; in a busy one a socket that is behind
	// gets up to a whole chunk in one write.
	chunkFirst = 2 << 10
	chunkMost  = 64 << 10
	// keepBytes is how much of its past a room's log keeps in memory, in bytes.
	// It bounds how far a slow socket may be behind, and what a resume is
	// served from without asking the log.
	keepBytes = 1 << 20
)

// frameLog is the shared log of a room's encoded frames in one dialect. A
// connection is a cursor into it: an offset in bytes since the room began.
// Bytes once published are never changed, so that a writer may use them
// without the room's lock.
type frameLog struct {
	chunks []chunk
	marks  []mark
	kept   int   // bytes in chunks
	end    int64 // offset behind the last frame
	count  int64 // frames since the room began
	// floor is the sequence behind which every event has its frame here.
	floor uint64
	// last is the sequence of the last frame, the prev of the next one.
	last uint64
}

// chunk is a run of whole frames that begins at offset base.
type chunk struct {
	base int64
	data []byte
	// count is how many frames there were since the room began, these included.
	count int64
}

// mark says where the frame of a sequence begins.
type mark struct {
	seq    uint64
	offset int64
}

// newFrameLog returns an empty log whose first frame will have last as its
// prev and which serves positions from floor on.
func newFrameLog(floor, last uint64) *frameLog {
	return &frameLog{floor: floor, last: last}
}

// append adds the payload as one text frame that brings the reader to seq.
func (l *frameLog) append(seq uint64, payload []byte) {
	need := maxHeader + len(payload)
	if n := len(l.chunks); n == 0 || cap(l.chunks[n-1].data)-len(l.chunks[n-1].data) < need {
		l.grow(need)
	}
	current := &l.chunks[len(l.chunks)-1]
	before := len(current.data)
	current.data = appendText(current.data, payload)
	l.marks = append(l.marks, mark{seq: seq, offset: l.end})
	l.end += int64(len(current.data) - before)
	l.count++
	current.count = l.count
	l.last = seq
	l.kept += len(current.data) - before
	l.trim()
}

func (l *frameLog) grow(need int) {
	size := chunkFirst
	if n := len(l.chunks); n > 0 {
		size = min(2*cap(l.chunks[n-1].data), chunkMost)
	}
	l.chunks = append(l.chunks, chunk{base: l.end, data: make([]byte, 0, max(size, need))})
}

// trim drops the oldest chunks beyond keepBytes, never the newest.
func (l *frameLog) trim() {
	drop := 0
	for l.kept > keepBytes && drop < len(l.chunks)-1 {
		l.kept -= len(l.chunks[drop].data)
		drop++
	}
	if drop == 0 {
		return
	}
	l.chunks = append(l.chunks[:0:0], l.chunks[drop:]...)
	first := sort.Search(len(l.marks), func(i int) bool { return l.marks[i].offset >= l.chunks[0].base })
	l.floor = l.marks[first-1].seq
	l.marks = append(l.marks[:0:0], l.marks[first:]...)
}

// read returns the frames from the offset to the end of their chunk, empty
// when there is nothing new, and how many frames there were since the room
// began up to there. It reports false when the offset is no longer kept: the
// socket was too slow.
func (l *frameLog) read(offset int64) (frames []byte, count int64, kept bool) {
	if offset == l.end {
		return nil, l.count, true
	}
	if len(l.chunks) == 0 || offset < l.chunks[0].base {
		return nil, 0, false
	}
	i := sort.Search(len(l.chunks), func(i int) bool { return l.chunks[i].base > offset }) - 1
	return l.chunks[i].data[offset-l.chunks[i].base:], l.chunks[i].count, true
}

// countBefore returns how many frames there were since the room began before a
// kept offset.
func (l *frameLog) countBefore(offset int64) int64 {
	after := sort.Search(len(l.marks), func(i int) bool { return l.marks[i].offset >= offset })
	return l.count - int64(len(l.marks)-after)
}

// seqOf returns the sequence of the frame that made it so many frames since the
// room began, and, when that one is no longer kept, one that was before it.
func (l *frameLog) seqOf(count int64) uint64 {
	i := len(l.marks) - 1 - int(l.count-count)
	if i < 0 || i >= len(l.marks) {
		return l.floor
	}
	return l.marks[i].seq
}

// offsetAfter returns where the frames behind the sequence begin. It reports
// false when the log doesn't reach back that far.
func (l *frameLog) offsetAfter(seq uint64) (int64, bool) {
	if seq < l.floor {
		return 0, false
	}
	i := sort.Search(len(l.marks), func(i int) bool { return l.marks[i].seq > seq })
	if i > 0 && l.marks[i-1].seq == seq && (i == 1 && l.floor == seq || i > 1 && l.marks[i-2].seq == seq) {
		i-- // a summary that came behind a message; twice does no harm
	}
	if i == len(l.marks) {
		return l.end, true
	}
	return l.marks[i].offset, true
}
