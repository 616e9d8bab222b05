// Package demo makes a sample of a log: some weeks in the chat of a small
// company that makes software for bicycle shops, so that whoever is new to
// chitchat has something to query and to look at. The people, the company and
// what they say are made up.
//
//	roster, calendar ──► stays of the day ──► scenes, cast from who is there ──► entries, by time
//
// The sample is a function of its [Options] alone: no I/O, no clock, no map is
// walked and no float is used, and the numbers come of PCG, which is specified.
// The same options give the same bytes on every machine, for ever. A test holds
// a hash of them; a change here that moves it is a change that users see.
//
// # What is in it
//
// Six channels, some forty people. There are working hours with a dip at noon,
// quiet nights and weekends. People speak only where one of their sessions is. Each
// has somebody they answer more than others (their neighbour in the roster),
// three read everything and say nothing. Visitors ask something and never come
// back, or come back within a week. The channel [Ended] ends when its project
// is done. One night somebody is woken by an alarm. Each week the two servers are
// restarted, and sessions go on at the other one. Once one of them crashes: some
// sessions move, others are lost. A few messages are there twice under one id,
// since their answer was lost with a server, and two entries are no events: the
// tables quarantine them. Nobody is there when the sample ends.
//
// What they say are scenes of a few lines, in texts/*.txt; scene.go says how
// they are written. All events keep the rules of package domain. The memory
// that a sample needs is that of one day.
//
// [New] fails when the options are out of bounds. A Sample may be used by many
// goroutines.
package demo
