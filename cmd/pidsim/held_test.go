package main

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

func TestHeldBy(t *testing.T) {
	tests := map[string]bool{
		"State:\tT (stopped)\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n":      true,
		"State:\tt (tracing stop)\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000002\n": true,
		"State:\tt (tracing stop)\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000020000\n": false,
		"State:\tt (tracing stop)\nSigPnd:\t0000000000020000\nShdPnd:\t0000000000000000\n": false,
		"State:\tt (tracing stop)\nSigPnd:\t0000000000000100\nShdPnd:\t0000000000000000\n": false,
		"State:\tZ (zombie)\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n":       false,
		"State:\tR (running)\n": false,
		"SigPnd:\tx\n":          false,
		"":                      false,
	}
	for status, want := range tests {
		if got := heldBy(status); got != want {
			t.Errorf("heldBy(%q) = %v, want %v", status, got, want)
		}
	}
}

func TestHeld(t *testing.T) {
	if held(os.Getpid()) {
		t.Error("this process is said to be stopped")
	}
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if held(pid) {
			t.Error("a process that has ended is said to be stopped")
		}
	}()
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Wait4(pid, nil, unix.WUNTRACED, nil); err != nil {
		t.Fatal(err)
	}
	if !held(pid) {
		t.Error("a stopped process is not said to be")
	}
}
