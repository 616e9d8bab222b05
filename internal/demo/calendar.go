package demo

import "time"

const day = 24 * time.Hour

// calendar says on which of the sample's days what happens; days are counted
// from 0.
type calendar struct {
	start, end time.Time
	first      time.Time // the begin of day 0, which start may be after
	days       int
	// full are the first and the last day that are in the sample whole.
	full [2]int

	crash    time.Time // a server dies
	alarm    time.Time // somebody is woken at night
	ended    int       // the last day of the channel that ends
	restarts []time.Time
	junk     [2]time.Time
	visits   [][]int // the people who visit on each day
}

// The parts of the sample, in percent, after which things happen.
const (
	alarmAfter = 35
	endedAfter = 58
	crashAfter = 68
	junkAfter  = 22
)

func newCalendar(start, end time.Time, folk []person) *calendar {
	c := &calendar{start: start, end: end, first: start.Truncate(day)}
	c.days = int((end.Sub(c.first) + day - 1) / day)
	c.full = [2]int{0, c.days - 1}
	if !start.Equal(c.first) {
		c.full = [2]int{1, c.days - 2}
	}
	c.alarm = c.at(c.workday(alarmAfter*c.days/100), 2*60+13)
	c.ended = c.lastWorkday(endedAfter * c.days / 100)
	c.crash = c.at(c.workday(crashAfter*c.days/100), 14*60+23).Add(10 * time.Second)
	c.junk[0] = c.at(c.workday(junkAfter*c.days/100), 6*60).Add(2 * time.Second)
	c.junk[1] = c.at(c.workday(junkAfter*c.days/100), 11*60+41)
	for d := range c.days {
		if c.begin(d).Weekday() == time.Tuesday {
			c.restarts = append(c.restarts, c.at(d, 16*60+10))
		}
	}
	c.invite(folk)
	return c
}

// invite spreads the visitors over the days.
func (c *calendar) invite(folk []person) {
	c.visits = make([][]int, c.days)
	visitors, seen := 0, 0
	for _, p := range folk {
		if p.visitor != notVisiting {
			visitors++
		}
	}
	for who, p := range folk {
		if p.visitor == notVisiting {
			continue
		}
		// The last third of the days is for coming back.
		came := c.workday(1 + seen*(c.days*2/3)/visitors)
		c.visits[came] = append(c.visits[came], who)
		again := came
		switch p.visitor {
		case comesBack:
			again = c.workday(came + 1 + seen%3)
		case comesLater:
			again = c.workday(came + 9)
		}
		if again > came {
			c.visits[again] = append(c.visits[again], who)
		}
		seen++
	}
}

func (c *calendar) begin(d int) time.Time { return c.first.Add(time.Duration(d) * day) }

// at returns a minute of a day.
func (c *calendar) at(d, minute int) time.Time { return minutes(c.begin(d), minute) }

// workday returns the first working day from d on that is in the sample whole,
// or else the last one before.
func (c *calendar) workday(d int) int {
	d = min(max(d, c.full[0]), c.full[1])
	for next := d; next <= c.full[1]; next++ {
		if c.works(next) {
			return next
		}
	}
	return c.lastWorkday(d)
}

// lastWorkday returns the last working day up to d that is in the sample whole.
func (c *calendar) lastWorkday(d int) int {
	for d > c.full[0] && !c.works(d) {
		d--
	}
	return d
}

func (c *calendar) works(d int) bool {
	weekday := c.begin(d).Weekday()
	return weekday != time.Saturday && weekday != time.Sunday
}

// pace is how much is said on a day of the week against a usual one, in percent.
var pace = [7]int{time.Sunday: 90, time.Monday: 104, time.Tuesday: 116, time.Wednesday: 110, time.Thursday: 100, time.Friday: 78, time.Saturday: 110}

// hours are how many of a thousand scenes of a working day begin in each hour.
var (
	workHours  = []int{0, 0, 0, 0, 0, 0, 2, 22, 72, 120, 142, 118, 42, 74, 128, 116, 86, 46, 18, 8, 22, 24, 12, 0}
	lunchHours = []int{0, 0, 0, 0, 0, 0, 0, 20, 60, 70, 100, 330, 90, 60, 60, 100, 60, 30, 20, 10, 45, 45, 20, 0}
	freeHours  = []int{0, 0, 0, 0, 0, 0, 0, 2, 10, 60, 120, 110, 60, 50, 70, 80, 90, 60, 50, 60, 90, 60, 20, 0}
)

// habit is how much is said in a channel.
type habit struct {
	scenes int // on a usual day
	hours  []int
}

// habits are those of [Channels], in their order.
var habits = []habit{
	{scenes: 47, hours: workHours},
	{scenes: 29, hours: workHours},
	{scenes: 29, hours: workHours},
	{scenes: 19, hours: workHours},
	{scenes: 17, hours: lunchHours},
	{scenes: 17, hours: lunchHours},
}
