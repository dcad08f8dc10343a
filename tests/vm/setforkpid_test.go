package vm

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	kernels = flag.String("kernels", "6.1", "versions of Linux to test with, separated by commas; there are patches for 6.1 and 6.12")

	// On a real processor it is 10,000.
	rounds = flag.String("rounds", "300", "rounds of the selftest's crowd, for each of its threads")
)

// eachVersion runs a test for every version asked for.
func eachVersion(t *testing.T, test func(t *testing.T, version string)) {
	for _, version := range strings.Split(*kernels, ",") {
		t.Run(version, func(t *testing.T) { test(t, version) })
	}
}

// The error numbers that tell whether there is a setforkpid.
const (
	enoSys = "38"
	eInval = "22"
)

// probe prints the error number of setforkpid(-1).
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
	c := Program(filepath.Join(m.Dir, "setforkpid_selftest"), "-r", *rounds)
	c.Timeout = 15 * time.Minute
	return c
}

// example builds the restart program and gives a script that uses it: a
// counter saves itself, and goes on later as the same process.
func example(t *testing.T, m *Machine) Command {
	t.Helper()
	if err := Make("kernel/linux/example", "OUT="+m.Dir); err != nil {
		t.Fatal(err)
	}
	return Shell("cd " + m.Dir + " && ./counter image && ./restart image && ./restart image")
}

// checkExample judges what the example printed.
func checkExample(t *testing.T, r Result) {
	t.Helper()
	pid, _, found := strings.Cut(strings.TrimPrefix(r.Output, "process "), " ")
	want := ""
	for _, count := range strings.Fields("1 2 3 4 5 6 7 8 9") {
		want += "process " + pid + " counts " + count + "\n"
	}
	if !found || !r.OK() || r.Output != want {
		t.Errorf("want %q: %v", want, r)
	}
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

// mustLog wants a line in what dmesg printed.
func mustLog(t *testing.T, dmesg Result, want string) {
	t.Helper()
	if !strings.Contains(dmesg.Output, want) {
		t.Errorf("the kernel's log does not say %q but ends:\n%s", want, tail(dmesg.Output, 10))
	}
}

// The patched kernel has the call, and refuses the module that would bring it.
func TestPatchedKernel(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		m := New(t, Patched(t, version))
		pidsim(t, m)
		ko := module(t, m)
		r := m.Run(append(backendCommands(m),
			Shell(probe),
			selftest(t, m),
			example(t, m),
			Program("insmod", ko),
			Program("dmesg"),
			Shell(probe),
		)...)
		n := len(backendCommands(m))
		t.Run("pidsim", func(t *testing.T) { checkBackend(t, r[:n]) })
		r = r[n:]
		mustSay(t, r[0], eInval)
		t.Run("selftest", func(t *testing.T) { judgeTAP(t, r[1]) })
		checkExample(t, r[2])
		if r[3].OK() {
			t.Error("the module was loaded into a kernel that has setforkpid")
		}
		mustLog(t, r[4], "setforkpid: not loaded: this kernel has setforkpid() itself")
		mustSay(t, r[5], eInval)
	})
}

// The module gives a stock kernel the call, and takes it away again.
func TestModule(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		m := New(t, Stock(t, version))
		pidsim(t, m)
		ko := module(t, m)

		with := append([]Command{
			Program("insmod", ko),
			Shell(probe),
			selftest(t, m),
			example(t, m),
		}, backendCommands(m)...)
		without := append([]Command{
			Program("rmmod", "setforkpid"),
			Shell(probe),
		}, missingCommands(m)...)
		r := m.Run(slices.Concat([]Command{Shell(probe)}, with, without, []Command{
			unloadInUse(m, ko),
			Shell("echo 0 >/proc/sys/kernel/ftrace_enabled; ! insmod " + ko),
			Program("dmesg"),
		})...)

		mustSay(t, r[0], enoSys)
		r = r[1:]
		mustPass(t, r[0])
		mustSay(t, r[1], eInval)
		t.Run("selftest", func(t *testing.T) { judgeTAP(t, r[2]) })
		checkExample(t, r[3])
		t.Run("pidsim", func(t *testing.T) { checkBackend(t, r[4:len(with)]) })
		r = r[len(with):]
		mustPass(t, r[0])
		mustSay(t, r[1], enoSys)
		t.Run("pidsim without", func(t *testing.T) { checkMissing(t, r[2:len(without)]) })
		r = r[len(without):]
		mustPass(t, r[:2]...)
		t.Log(r[0].Output)
		mustLog(t, r[2], "setforkpid: not loaded: probes in kernel_clone() do not work here")
	})
}

// unloadInUse loads and unloads the module while requests are pending, while
// processes are being born, and while a vfork that used a request is under way.
func unloadInUse(m *Machine, ko string) Command {
	return Shell(`
		cd ` + m.Dir + `
		./setforkpid_selftest @churn 15 & churn=$!
		for i in $(seq 8); do
			insmod ` + ko + ` || exit 11
			sleep 1
			rmmod setforkpid || exit 12
		done
		wait $churn`)
}
