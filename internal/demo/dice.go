package demo

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"time"
)

// thousand is the whole of a chance.
const thousand = 1000

// dice are the sample's chance. Only the generator's numbers are used and none
// of rand.Rand's methods, whose way from them to a result nobody specifies.
type dice struct{ source rand.PCG }

func newDice(seed, stream uint64) *dice {
	d := new(dice)
	d.source.Seed(seed, stream)
	return d
}

// below returns one of 0 to n-1; n is at least 1.
func (d *dice) below(n int) int {
	high, _ := bits.Mul64(d.source.Uint64(), uint64(n))
	return int(high)
}

// between returns one of low to high, both included.
func (d *dice) between(low, high int) int { return low + d.below(high-low+1) }

// chance reports true in so many of a thousand times.
func (d *dice) chance(perThousand int) bool { return d.below(thousand) < perThousand }

// span returns a duration from low to high.
func (d *dice) span(low, high time.Duration) time.Duration {
	return time.Duration(d.between(int(low/time.Microsecond), int(high/time.Microsecond)))*time.Microsecond +
		time.Duration(d.below(int(time.Microsecond)))
}

// decks deal the indices of lists in a random order, and each once before any
// comes again: people don't say the same twice in a row.
type decks struct {
	dice *dice
	left map[string][]int // by list; never walked
	last map[string]int
}

// deal returns an index of the named list of n.
func (d *decks) deal(name string, n int) int {
	left := d.left[name]
	if len(left) == 0 {
		for i := range n {
			left = append(left, i)
		}
		for i := n - 1; i > 0; i-- {
			j := d.dice.below(i + 1)
			left[i], left[j] = left[j], left[i]
		}
		if left[n-1] == d.last[name] {
			left[0], left[n-1] = left[n-1], left[0]
		}
	}
	dealt := left[len(left)-1]
	d.left[name], d.last[name] = left[:len(left)-1], dealt
	return dealt
}

// weighted returns an index of weights, each as often as its weight says, and
// -1 when all are 0.
func (d *dice) weighted(weights []int) int {
	total := 0
	for _, weight := range weights {
		total += weight
	}
	if total == 0 {
		return -1
	}
	at := d.below(total)
	for i, weight := range weights {
		if at < weight {
			return i
		}
		at -= weight
	}
	return -1
}

// uuid returns a UUID of version 7, as clients and gateways make them.
func (d *dice) uuid(at time.Time) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(at.UnixMilli())<<16|d.source.Uint64()>>52|7<<12)
	binary.BigEndian.PutUint64(raw[8:], d.source.Uint64()>>2|1<<63)
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}

// session returns a session id of the form that gateways make. It proves
// nothing, so that no client can go on with it.
func (d *dice) session() string {
	var raw [24]byte
	for i := 0; i < len(raw); i += 8 {
		binary.BigEndian.PutUint64(raw[i:], d.source.Uint64())
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode(raw[:9]) + "." + encode(raw[9:18])
}
