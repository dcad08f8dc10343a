// Package migration tells the story that pidsim is for: a program that knows its
// process id runs on a machine, and continues under that id on another, where it
// may be taken. Command counter is the program; it brings its own state along,
// and pidsim its identity:
//
//	pidsim checkpoint @job/counter.pid -o job.pidsim    # on the old machine
//	kill $(cat job/counter.pid)                         # it saves its state
//	pidsim restore job.pidsim counter job 20            # on the new one
//
// Here both are this machine. With machines of their own, on which the id is
// free, or taken, package tests/vm tells it again.
//
// The second story is that of the paper: the restart program of
// kernel/linux/example asks for the id by itself, with a system call that this
// kernel does not have, and is run under pidsim.
package migration
