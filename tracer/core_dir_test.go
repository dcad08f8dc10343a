package tracer

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/pidsim/pidsim/pidspace"
)

// coreOf is a core file of a process.
func coreOf(pid int) []byte {
	info := make([]byte, 136)
	putLE32(info[24:], uint32(pid))
	notes := note(prpsinfo, info)
	b := make([]byte, 64+56, 64+56+len(notes))
	copy(b, "\x7fELF\x02")
	le := binary.LittleEndian
	le.PutUint16(b[16:], elfCore)
	le.PutUint64(b[32:], 64)
	le.PutUint16(b[56:], 1)
	le.PutUint32(b[64:], elfNote)
	le.PutUint64(b[64+8:], uint64(len(b)))
	le.PutUint64(b[64+32:], uint64(len(notes)))
	return append(b, notes...)
}

// TestCoreOfOthers: a supervisor with more rights than its program touches only
// what is the program's.
func TestCoreOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("root is needed, to run a program as another user")
	}
	const nobody, virtual = 65534, 4242
	for _, c := range []struct {
		name, pattern string
		// prepare puts files into the folder where core is the core file;
		// kept is the one whose text must stay.
		prepare func(t *testing.T, core, renamed string, text []byte)
		want    string // the error
		kept    bool
	}{
		{"its own", "core.%p", func(t *testing.T, core, _ string, text []byte) {
			write(t, core, text, nobody)
		}, "", false},
		{"an earlier core", "core.%p", func(t *testing.T, core, renamed string, text []byte) {
			write(t, core, text, nobody)
			write(t, renamed, []byte("victim"), nobody)
		}, "", false},
		{"a file of another in the way", "core.%p", func(t *testing.T, core, renamed string, text []byte) {
			write(t, core, text, nobody)
			write(t, renamed, []byte("victim"), 0)
		}, "its name keeps the real id: core.4242 is another file", true},
		{"a symbolic link in the way", "core.%p", func(t *testing.T, core, renamed string, text []byte) {
			write(t, core, text, nobody)
			try(t, os.Symlink("elsewhere", renamed))
		}, "its name keeps the real id: core.4242 is another file", false},
		{"a core file of another", "core.%p", func(t *testing.T, core, _ string, text []byte) {
			write(t, core, text, 0)
		}, errNoCore.Error(), false},
		{"a file with two names", "%e.%p", func(t *testing.T, core, _ string, text []byte) {
			write(t, core, text, nobody)
			try(t, os.Link(core, core+".link"))
		}, errNoCore.Error(), false},
		{"a link to a core file", "core.%p", func(t *testing.T, core, _ string, text []byte) {
			write(t, core+".file", text, nobody)
			try(t, os.Symlink(filepath.Base(core)+".file", core))
		}, errNoCore.Error(), false},
		{"the newest of many", "%e.%p", func(t *testing.T, core, _ string, text []byte) {
			for i := range 2 * maxCores {
				old := filepath.Join(filepath.Dir(core), strconv.Itoa(i)+filepath.Ext(core))
				write(t, old, []byte("old"), nobody)
				try(t, os.Chtimes(old, time.Time{}, time.Unix(1e9, 0)))
			}
			write(t, core, text, nobody)
		}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			try(t, os.Chmod(dir, 0o777|os.ModeSticky))
			program := exec.Command("sleep", "1000")
			program.Dir = "/"
			program.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
			try(t, program.Start())
			defer func() {
				_ = program.Process.Kill()
				_ = program.Wait()
			}()
			pid := program.Process.Pid
			s, err := newSupervisor(Command(virtual, "true"))
			try(t, err)
			_, err = s.space.Root(pidspace.RTGID(pid))
			try(t, err)
			core := filepath.Join(dir, "core."+strconv.Itoa(pid))
			renamed := filepath.Join(dir, "core."+strconv.Itoa(virtual))
			c.prepare(t, core, renamed, coreOf(pid))
			err = s.rewriteCore(&task{tid: pid, proc: &process{pid: pid}}, dir+"/"+c.pattern)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("error %q, want %q", got, c.want)
			}
			text, err := os.ReadFile(renamed)
			switch {
			case c.kept && string(text) != "victim":
				t.Errorf("the file in the way is %q (%v)", text, err)
			case c.want == "" && string(text) != string(coreOf(virtual)):
				t.Errorf("the core file is %q (%v)", text, err)
			}
			if c.want == errNoCore.Error() {
				if text, err := os.ReadFile(core); string(text) != string(coreOf(pid)) {
					t.Errorf("the file has become %q (%v)", text, err)
				}
			}
		})
	}
}

func write(t *testing.T, name string, text []byte, owner int) {
	t.Helper()
	try(t, os.WriteFile(name, text, 0o600))
	try(t, os.Chown(name, owner, owner))
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
