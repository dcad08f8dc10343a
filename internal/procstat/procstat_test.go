package procstat

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRead(t *testing.T) {
	dir := fmt.Sprintf("/proc/self/task/%d", os.Getpid())
	s, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	comm, err := os.ReadFile(dir + "/comm")
	if err != nil {
		t.Fatal(err)
	}
	sid, _ := unix.Getsid(0)
	threads, err := IDs("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	if s.Comm+"\n" != string(comm) || s.PPID != os.Getppid() || s.PGRP != unix.Getpgrp() || s.Session != sid || s.Threads < 1 || s.Start == 0 {
		t.Errorf("%+v", s)
	}
	if threads[0] != os.Getpid() {
		t.Errorf("threads %v", threads)
	}
	if all, err := IDs("/proc"); err != nil || !slices.Contains(all, os.Getpid()) {
		t.Errorf("processes %v, %v", all, err)
	}
	if _, err := Read("/proc/0"); err == nil {
		t.Error("process 0 was read")
	}
}

func TestParse(t *testing.T) {
	const rest = " 1 2 3 34816 -1 4194560 5 6 7 8 9 10 11 12 20 -5 6 0 777 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 99 2 0 0 0\n"
	got, err := parse([]byte("12 (a) (b) S" + rest))
	want := Stat{Comm: "a) (b", State: 'S', PPID: 1, PGRP: 2, Session: 3, TTY: 34816, Flags: 4194560, Nice: -5, Threads: 6, Start: 777, RTPriority: 99, Policy: 2}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, text := range []string{"", "12 S", "12 (a S 1 2", "12 )a( S" + rest, "12 (a) S 1 2", "12 (a) S x" + rest} {
		if s, err := parse([]byte(text)); err == nil {
			t.Errorf("%q: %+v", text, s)
		}
	}
}
