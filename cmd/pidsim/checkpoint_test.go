package main

import (
	"errors"
	"testing"

	"github.com/pidsim/pidsim/checkpoint"
)

func TestCheckpointFailure(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&checkpoint.Error{PID: 7, Err: checkpoint.ErrGone, Fix: "see ps"}, "process 7: no such process; see ps"},
		{&checkpoint.Error{PID: 7, Err: checkpoint.ErrTraced, Detail: "process 8"}, "process 7: it is traced by another process (process 8)"},
		{errors.New("broken"), "checkpoint: broken"},
	} {
		if got := checkpointFailure(tt.err).Error(); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

// TestCheckpointUsage has the command lines that read nothing.
func TestCheckpointUsage(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "checkpoint: no process id; name a process, as in pidsim checkpoint 4242"},
		{[]string{"x"}, "checkpoint x: not a process id; give a decimal number from 1 to 4194303"},
		{[]string{"0"}, "checkpoint 0: not a process id; give a decimal number from 1 to 4194303"},
		{[]string{"1", "2"}, "checkpoint: 2: one word too many; see pidsim help checkpoint"},
		{[]string{"@/no/such"}, "checkpoint @/no/such: cannot read the pid file: no such file or directory; check that the program that should write it has run"},
		{[]string{"4194303"}, "process 4194303: no such process; see ps for the processes there are"},
		{[]string{"1", "--nosuch"}, "checkpoint: --nosuch: unknown flag; see pidsim help checkpoint"},
	} {
		if err := runCheckpoint(tt.args); err == nil || asFailure(err).Error() != tt.want {
			t.Errorf("%q: %v, want %s", tt.args, err, tt.want)
		}
	}
}
