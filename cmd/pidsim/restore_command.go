package main

import (
	"os"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/kernel"
	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
	"github.com/pidsim/pidsim/tracer"
)

// restoration is what an image adds to a run. A nil one adds nothing.
type restoration struct {
	process *image.Process
	change  credentialChange
	// credentials are those that are only shown to the program, or nil.
	credentials *image.Credentials
	leads       leadership
	// family and reserved are the ids of what the program creates, and those
	// that nothing gets.
	family   *pidspace.Family
	reserved []pidspace.VTID

	// The image's own command; exe is empty if there is another program.
	exe, dir string
	args     []string
	env      []string // nil for pidsim's
}

// ownCommand takes the command from the image.
func (r *restoration) ownCommand(name string) error {
	const fix = "name the program to run, as in pidsim restore IMAGE -- program"
	p := r.process
	fail := func(why string) error { return failed("the command in "+word(name), why, fix) }
	switch {
	case slices.Contains(p.Unread, image.MemberExe) || slices.Contains(p.Unread, image.MemberCwd):
		return fail("it could not be read when the image was taken")
	case p.Exe == "" || len(p.Args) == 0:
		return fail("the image does not have it whole")
	case !strings.HasPrefix(string(p.Exe), "/") || strings.HasSuffix(string(p.Exe), " (deleted)"):
		return fail("its executable " + word(string(p.Exe)) + " did not exist any longer")
	case p.Root != "" && p.Root != "/":
		return fail("it ran in another root directory, " + word(string(p.Root)))
	}
	if p.Cwd != "" {
		if err := unix.Access(string(p.Cwd), unix.X_OK); err != nil {
			return fail("its directory " + word(string(p.Cwd)) + ": " + err.Error())
		}
	}
	r.exe, r.dir = string(p.Exe), string(p.Cwd)
	r.args = texts(p.Args)
	if p.Env != nil {
		r.env = texts(p.Env)
	}
	return nil
}

// texts converts a list.
func texts(list []image.Text) []string {
	s := make([]string, len(list))
	for i, t := range list {
		s[i] = string(t)
	}
	return s
}

// emulated completes the command of the ptrace backend.
func (r *restoration) emulated(c *tracer.Cmd) {
	if r == nil {
		return
	}
	c.Family, c.Reserved = r.family, r.reserved
	c.SysProcAttr, c.Credentials = r.change.attributes(), r.credentials
	if r.leads != leadsNothing {
		if c.SysProcAttr == nil {
			c.SysProcAttr = new(syscall.SysProcAttr)
		}
		c.SysProcAttr.Setsid, c.SysProcAttr.Setpgid = r.leads == leadsSession, r.leads == leadsGroup
	}
	if r.exe != "" {
		c.Path, c.Dir = r.exe, r.dir
		if r.env != nil {
			c.Env = environ(r.env, os.Getpid(), c.PID)
		}
	}
}

// real completes the command of one of the kernel's own mechanisms.
func (r *restoration) real(c *kernel.Cmd) {
	if r == nil {
		return
	}
	c.NewSession, c.NewGroup = r.leads == leadsSession, r.leads == leadsGroup
	if r.exe == "" {
		return
	}
	c.Path, c.Dir = r.exe, r.dir
	if r.env != nil {
		c.Env = environ(r.env, os.Getpid(), c.PID)
	}
}
