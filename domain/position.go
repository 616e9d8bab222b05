package domain

import (
	"strconv"
	"strings"
)

// Position is a place in a log. Sequences of different epochs have nothing to
// do with each other: the epoch changes when the log is another log.
type Position struct {
	Epoch string
	Seq   uint64
}

// maxEpochBytes bounds an epoch's name, in bytes; ours have 12.
const maxEpochBytes = 32

// String returns "<epoch>:<seq>", the form that clients carry around.
func (p Position) String() string {
	return p.Epoch + ":" + strconv.FormatUint(p.Seq, 10)
}

// ParsePosition reads the form that String writes, and no other spelling of
// it. The error is an [*Error] with [CodeInvalidPosition].
func ParsePosition(s string) (Position, error) {
	epoch, digits, found := strings.Cut(s, ":")
	seq, err := strconv.ParseUint(digits, 10, 63)
	if !found || err != nil || !validEpoch(epoch) || strconv.FormatUint(seq, 10) != digits {
		return Position{}, Errorf(CodeInvalidPosition,
			"A position is <epoch>:<seq>, as GET /messages returns it. Read the history again to get one.")
	}
	return Position{Epoch: epoch, Seq: seq}, nil
}

func validEpoch(epoch string) bool {
	if epoch == "" || len(epoch) > maxEpochBytes {
		return false
	}
	for i := range len(epoch) {
		c := epoch[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
