package script

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The test binary also plays the other parts of a job-control scene: the
// shell, which is a session leader with a terminal, and the program.

// roleVariable chooses the part.
const roleVariable = "PIDSIM_SCRIPT_ROLE"

// playRole plays the part that the environment asks for, if any.
func playRole() {
	role := os.Getenv(roleVariable)
	os.Unsetenv(roleVariable)
	switch role {
	case "":
		return
	case "shell":
		shell(os.Args[1:])
	case "program":
		program()
	case "reboot":
		reboot(os.Args[1])
	}
	os.Exit(0)
}

// reboot asks for a way to end the machine, or what there is in its place.
func reboot(how string) {
	cmd, err := strconv.ParseUint(how, 0, 32)
	if err == nil {
		err = unix.Reboot(int(cmd))
	}
	fmt.Println(err)
	os.Exit(3)
}

// shell runs one job in the foreground, as shells do. It writes what becomes
// of the job to descriptor 3, a line for each change, and takes commands from
// descriptor 4: "fg", "bg", "cont" (pidsim alone, in the background), "kill N"
// (pidsim alone), "group" (writes the foreground and the job's group).
func shell(job []string) {
	report, commands := os.NewFile(3, "report"), os.NewFile(4, "commands")
	unix.CloseOnExec(3)
	unix.CloseOnExec(4)
	cmd := exec.Command(job[0], job[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), roleVariable+"=program")
	cmd.SysProcAttr = &syscall.SysProcAttr{Foreground: true, Ctty: 0}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(report, err)
		return
	}
	signal.Ignore(unix.SIGTTOU) // to take the terminal back
	pid := cmd.Process.Pid
	go func() {
		for s := bufio.NewScanner(commands); s.Scan(); {
			obey(s.Text(), pid, report)
		}
	}()
	for {
		var st unix.WaitStatus
		_, err := unix.Wait4(pid, &st, unix.WUNTRACED|unix.WCONTINUED, nil)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			fmt.Fprintln(report, err)
			return
		case st.Stopped():
			foreground(unix.Getpgrp())
			fmt.Fprintln(report, "stopped", int(st.StopSignal()))
			continue
		case st.Continued():
			fmt.Fprintln(report, "continued")
			continue
		case st.Signaled():
			fmt.Fprintln(report, "signalled", int(st.Signal()))
		default:
			fmt.Fprintln(report, "exited", st.ExitStatus())
		}
		foreground(unix.Getpgrp())
		return
	}
}

// obey carries out a command to the shell.
func obey(command string, pid int, report *os.File) {
	verb, arg, _ := strings.Cut(command, " ")
	switch verb {
	case "fg":
		foreground(pid)
		_ = unix.Kill(-pid, unix.SIGCONT)
	case "bg":
		_ = unix.Kill(-pid, unix.SIGCONT)
	case "cont":
		_ = unix.Kill(pid, unix.SIGCONT)
	case "kill":
		n, _ := strconv.Atoi(arg)
		_ = unix.Kill(pid, syscall.Signal(n))
	case "group":
		group, _ := unix.IoctlGetInt(0, unix.TIOCGPGRP)
		of, _ := unix.Getpgid(pid)
		fmt.Fprintln(report, "foreground", group == pid, "group", of == pid)
	}
}

func foreground(group int) {
	_ = unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, group)
}

// program writes a line for every signal of job control that it gets, and
// exits with 3 at a SIGQUIT.
func program() {
	c := make(chan os.Signal, 16)
	signal.Notify(c, unix.SIGINT, unix.SIGQUIT, unix.SIGCONT, unix.SIGWINCH, unix.SIGUSR1)
	fmt.Println("process", os.Getpid(), "ready")
	for {
		select {
		case sig := <-c:
			fmt.Println("got", unix.SignalName(sig.(syscall.Signal)))
			if sig == unix.SIGQUIT {
				os.Exit(3)
			}
		case <-time.After(time.Minute):
			os.Exit(4)
		}
	}
}
