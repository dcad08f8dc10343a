package vm

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rounds of the selftest's crowd for each of its threads, on an emulated
// processor. On a real one it is 10,000.
const rounds = "300"

// absent is a script that fails where there is a setforkpid. It exits with the
// error number of the call.
const probe = `python3 -c '
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(391, -1)
print(ctypes.get_errno())'`

// selftest builds the kernel selftest into the machine's directory.
func selftest(t *testing.T, m *Machine) Command {
	t.Helper()
	if err := Make("kernel/linux/selftest", "OUT="+m.Dir); err != nil {
		t.Fatal(err)
	}
	c := Program(filepath.Join(m.Dir, "setforkpid_selftest"), "-r", rounds)
	c.Timeout = 8 * time.Minute
	return c
}

// module builds the kernel module for the machine's kernel.
func module(t *testing.T, m *Machine) string {
	t.Helper()
	dir := filepath.Join(m.Dir, "module")
	if err := Make("kernel/linux/module", "KDIR="+m.Kernel.Headers, "OUT="+dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "setforkpid.ko")
}

func mustPass(t *testing.T, results ...Result) {
	t.Helper()
	for _, r := range results {
		if !r.OK() {
			t.Error(r)
		}
	}
}

func mustSay(t *testing.T, r Result, want string) {
	t.Helper()
	if !r.OK() || strings.TrimSpace(r.Output) != want {
		t.Errorf("want %q: %v", want, r)
	}
}

const (
	enoSys = "38"
	eInval = "22"
)

// The module gives a stock kernel the call, and takes it away again.
func TestModule(t *testing.T) {
	m := New(t, Stock(t))
	ko := module(t, m)
	r := m.Run(
		Shell(probe),
		Program("insmod", ko),
		Shell(probe),
		selftest(t, m),
		Program("rmmod", "setforkpid"),
		Shell(probe),
	)
	mustSay(t, r[0], enoSys)
	mustPass(t, r[1])
	mustSay(t, r[2], eInval)
	t.Run("selftest", func(t *testing.T) { judgeTAP(t, r[3]) })
	mustPass(t, r[4])
	mustSay(t, r[5], enoSys)
}

// The module can go at any moment: while requests are pending, while processes
// are being born, while a vfork that used a request is under way.
func TestUnloadInUse(t *testing.T) {
	m := New(t, Stock(t))
	ko := module(t, m)
	selftest(t, m)
	r := m.Run(Shell(`
		cd ` + m.Dir + `
		./setforkpid_selftest @churn 25 & churn=$!
		for i in $(seq 12); do
			insmod ` + ko + ` || exit 11
			sleep 1
			rmmod setforkpid || exit 12
		done
		wait $churn`))
	mustPass(t, r[0])
	t.Log(r[0].Output)
}

// A kernel that has the call itself refuses the module and says why.
func TestModuleRefusesPatchedKernel(t *testing.T) {
	m := New(t, Patched(t))
	ko := module(t, m)
	r := m.Run(Shell("insmod "+ko), Program("dmesg"), Shell(probe))
	if r[0].OK() {
		t.Error("the module was loaded into a kernel that has setforkpid")
	}
	if want := "setforkpid: not loaded: this kernel has setforkpid() itself"; !strings.Contains(r[1].Output, want) {
		t.Errorf("the kernel's log does not say %q", want)
	}
	mustSay(t, r[2], eInval)
}

func TestPatchedKernel(t *testing.T) {
	m := New(t, Patched(t))
	r := m.Run(selftest(t, m))
	judgeTAP(t, r[0])
}
