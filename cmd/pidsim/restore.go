package main

import (
	"fmt"
	"io/fs"
	"math"
	"os"

	"github.com/spf13/pflag"

	"github.com/pidsim/pidsim/kernel"
	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
	"github.com/pidsim/pidsim/tracer"
)

// restoreVerb runs a program under an identity from an image.
func restoreVerb() *verb {
	return &verb{
		name:  "restore",
		args:  "IMAGE [program]",
		short: "run a program under the identity in an image",
		long: `IMAGE is a file of pidsim checkpoint, a directory with a CRIU dump, or a DMTCP
checkpoint. The program gets the process id of its root process, and sees the
parent, process group and session that this had. Processes that it starts get
the ids of that one's children, in order of birth, and threads those of its
threads; so it goes on with theirs. It also gets the user, groups, capabilities, umask, scheduling and
limits that are in the image. With --emulate-creds it only sees user, groups
and capabilities; what it is allowed to do does not change.

Without a program it is the command that is in the image, in the directory
where that ran.

The flags of a run are allowed, and count more than the image.
`,
		flags: func() *pflag.FlagSet { return restoreFlags(new(restoreOptions)) },
		run:   runRestore,
	}
}

// restoreOptions is what the command line of pidsim restore says.
type restoreOptions struct {
	options
	process  int
	trust    bool
	ownCreds bool
	emulate  bool // credentials

	image string
}

// restoreFlags makes the flags of pidsim restore: those of a run without the
// id, which the image has, and some of its own.
func restoreFlags(o *restoreOptions) *pflag.FlagSet {
	fs := verbFlags("restore")
	fs.SetInterspersed(false)
	fs.Var(processID(&o.process, "a process id"), "process", "restore process `N` of the image, not its root")
	fs.BoolVar(&o.trust, "trust", false, "read an image that others could have written")
	fs.BoolVar(&o.ownCreds, "own-creds", false, "keep your own user, groups and capabilities")
	fs.BoolVar(&o.emulate, "emulate-creds", false, "show the program the user, groups and capabilities of the image, without having them")
	runFlags(&o.options).VisitAll(func(f *pflag.Flag) {
		if f.Name != "pid" && f.Name != "version" && f.Name != "help" {
			fs.AddFlag(f)
		}
	})
	return withHelp(fs)
}

// ended ends pidsim as the program that it ran.
type ended tracer.Status

func (e ended) Error() string { return fmt.Sprintf("exit status %d", shellStatus(tracer.Status(e))) }

// runRestore implements pidsim restore.
func runRestore(args []string) error {
	o, help, err := parseRestore(args)
	if err != nil || help {
		return err
	}
	img, err := openImage(o.image, o.trusted)
	if err != nil {
		return err
	}
	if err := o.prepare(img); err != nil {
		return err
	}
	st, err := o.run()
	if err != nil {
		return err
	}
	return ended(st)
}

// parseRestore reads the command line of pidsim restore. Flags may stand
// before and after the image.
func parseRestore(args []string) (o *restoreOptions, help bool, err error) {
	o = new(restoreOptions)
	fs := restoreFlags(o)
	words, help, err := parseVerb("restore", fs, args, math.MaxInt)
	if err != nil || help {
		return nil, help, err
	}
	if len(words) == 0 {
		return nil, false, failed("restore", "no image", "name one, as in pidsim restore IMAGE")
	}
	o.image = words[0]
	if o.program, help, err = parseVerb("restore", fs, words[1:], math.MaxInt); err != nil || help {
		return nil, help, err
	}
	if len(o.program) > 0 && o.program[0] == "" {
		return nil, false, &failure{`""`, "no program has an empty name", "name the program after the image", exitNotFound}
	}
	o.given = fs.Changed
	return o, false, nil
}

// trusted refuses a file or directory of the image in which somebody else
// could have put anything.
func (o *restoreOptions) trusted(path string, fi fs.FileInfo) error {
	if o.trust {
		return nil
	}
	why := untrusted(fi, os.Geteuid())
	if why == "" {
		return nil
	}
	return failed(word(path), why, "make sure that it is what you think and use --trust, or make a copy of your own")
}

// prepare takes over from the image what the command line does not say.
func (o *restoreOptions) prepare(img *image.Image) error {
	p, err := o.choose(img)
	if err != nil {
		return err
	}
	r := &restoration{process: p}
	if len(o.program) == 0 {
		if err := r.ownCommand(o.image); err != nil {
			return err
		}
		o.program = r.args
	}
	if err := o.present(img, p, r); err != nil {
		return err
	}
	if err := o.credentials(p.Credentials, r); err != nil {
		return err
	}
	o.restored = r
	return r.inherit()
}

// credentials decides how the program gets those of the image, which is nil if
// it has none: for real, in appearance, or not at all.
func (o *restoreOptions) credentials(want *image.Credentials, r *restoration) (err error) {
	switch {
	case o.emulate && o.ownCreds:
		return failed("--emulate-creds with --own-creds", "the program cannot see both", "leave one of them out")
	case o.emulate && want == nil:
		return failed("--emulate-creds", "there are no credentials in "+word(o.image), "leave the flag out")
	case o.emulate && o.mechanism() != nil:
		return failed("--emulate-creds with --backend "+o.backend, "the kernel tells the program its real user", "use --backend ptrace")
	case o.emulate:
		r.credentials = want
		r.change.noNewPrivs = want.NoNewPrivs != nil && *want.NoNewPrivs
		return nil
	case want == nil || o.ownCreds:
		return nil
	}
	if r.change, err = changeCredentials(want); err != nil {
		return err
	}
	if r.change.credential != nil && o.mechanism() != nil {
		return failed("--backend "+o.backend, "it cannot change the user or the groups", "use --backend ptrace, or keep your own with --own-creds")
	}
	return nil
}

// choose finds the process to restore.
func (o *restoreOptions) choose(img *image.Image) (*image.Process, error) {
	p := img.Root()
	if o.process != 0 {
		if p = img.Find(pidspace.VTGID(o.process)); p == nil {
			return nil, failed(fmt.Sprintf("--process %d", o.process), "no such process in "+word(o.image), "see pidsim inspect "+word(o.image))
		}
	}
	if p.State == image.Zombie {
		return nil, failed(fmt.Sprintf("process %d of %s", p.PID, word(o.image)), "it had ended already", "choose another with --process")
	}
	return p, nil
}

// mechanism is the kernel's own mechanism that the user asks for, or nil.
func (o *restoreOptions) mechanism() kernel.Mechanism {
	if o.backend == "auto" || o.backend == "ptrace" {
		return nil
	}
	return kernel.Find(o.backend)
}

// present sets the ids that the program and its descendants get: those that
// the process itself saw, in the innermost pid namespace.
func (o *restoreOptions) present(img *image.Image, p *image.Process, r *restoration) error {
	level := p.Levels() - 1
	ids, _ := p.At(level)
	o.pid = int(ids.PID)
	given := o.given
	if !given("pgid") && !given("sid") {
		r.leads = leads(p, ids, controllingTerminal{}.exists())
	}
	if m := o.mechanism(); m != nil {
		say("the program sees the " + r.leads.inherited() + " that it really has; to present what is in the image takes --backend ptrace")
		return nil
	}
	o.given = func(flag string) bool { // what the image says, the backend must honour
		switch flag {
		case "ppid", "pgid", "sid", "plan":
			return true
		}
		return given(flag)
	}
	for _, f := range []struct {
		flag  string
		value *int
		id    int
	}{{"ppid", &o.ppid, int(ids.PPID)}, {"pgid", &o.pgid, int(ids.PGID)}, {"sid", &o.sid, int(ids.SID)}} {
		if !given(f.flag) && !r.leads.really(f.flag) {
			*f.value = f.id
		}
	}
	if given("plan") {
		return nil
	}
	if f := family(img, p, level); len(f.Threads)+len(f.Children) > 0 {
		r.family = f
	}
	r.reserved = lost(img, p, level)
	return nil
}
