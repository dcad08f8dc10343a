//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tests/vm/internal/job"
)

var environment = []string{
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/go/bin",
	"HOME=/tmp",
	"USER=root",
	"LANG=C.UTF-8",
	"TERM=dumb",
}

// report runs command n and leaves its outcome in the share. Its output goes
// there as it is written, so that it is there even if the machine dies.
func report(share string, n int, c job.Command) error {
	output, err := os.Create(filepath.Join(share, job.OutputFile(n)))
	if err != nil {
		return err
	}
	begin := time.Now()
	outcome := run(c, output)
	outcome.Milliseconds = time.Since(begin).Milliseconds()
	if err := output.Close(); err != nil {
		return err
	}
	data, err := json.Marshal(outcome)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(share, job.OutcomeFile(n)), data, 0o644)
}

func run(c job.Command, output *os.File) job.Outcome {
	if err := os.Setenv("PATH", environment[0][len("PATH="):]); err != nil {
		return job.Outcome{Status: -1, Error: err.Error()}
	}
	path, err := exec.LookPath(c.Args[0])
	if err != nil {
		return job.Outcome{Status: -1, Error: err.Error()}
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return job.Outcome{Status: -1, Error: err.Error()}
	}
	defer null.Close()
	p, err := os.StartProcess(path, c.Args, &os.ProcAttr{
		Dir:   c.Dir,
		Env:   append(environment[:len(environment):len(environment)], c.Env...),
		Files: []*os.File{null, output, output},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return job.Outcome{Status: -1, Error: err.Error()}
	}
	return await(p.Pid, time.Duration(c.Seconds)*time.Second)
}

// await waits for a command, and for every orphan that comes to the first
// process meanwhile.
func await(pid int, limit time.Duration) job.Outcome {
	var late atomic.Bool
	timer := time.AfterFunc(limit, func() {
		late.Store(true)
		unix.Kill(-pid, unix.SIGKILL)
	})
	defer timer.Stop()
	for {
		var status unix.WaitStatus
		got, err := unix.Wait4(-1, &status, unix.WALL, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return job.Outcome{Status: -1, Error: "wait4: " + err.Error()}
		case got == pid && status.Signaled():
			return job.Outcome{Status: -1, Signal: int(status.Signal()), Late: late.Load()}
		case got == pid:
			return job.Outcome{Status: status.ExitStatus(), Late: late.Load()}
		}
	}
}
