package main

import "github.com/pidsim/pidsim/pidspace/image"

// leadership is what a program is made to lead for real.
type leadership uint8

const (
	leadsNothing leadership = iota
	leadsGroup
	// leadsSession is a session without a terminal, and a group.
	leadsSession
)

// leads tells what a process led that a program in its place can lead as well.
// One that had a terminal is to have the caller's, with the job control that is
// going on there: it stays in the caller's group, and only sees its own. So does
// one that led a group, when the caller has a terminal: in a group of its own it
// could not read from that.
func leads(p *image.Process, ids image.IDs, terminal bool) leadership {
	switch {
	case p.Terminal != nil:
		return leadsNothing
	case int32(ids.SID) == int32(ids.PID):
		return leadsSession
	case int32(ids.PGID) == int32(ids.PID) && !terminal:
		return leadsGroup
	}
	return leadsNothing
}

// really tells whether the program has for real what a flag would present.
func (l leadership) really(flag string) bool {
	return flag == "sid" && l == leadsSession || flag == "pgid" && l != leadsNothing
}

// inherited names what the program has from the caller.
func (l leadership) inherited() string {
	switch l {
	case leadsSession:
		return "parent"
	case leadsGroup:
		return "parent and session"
	}
	return "parent, group and session"
}

// apart is the controlling terminal of a pidsim whose program is in another
// process group, which the terminal's signals do not reach.
type apart struct{ controllingTerminal }

func (apart) foreground() bool { return false }
