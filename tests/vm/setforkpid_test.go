package vm

import (
	"flag"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	kernels = flag.String("kernels", "6.1", "versions of Linux to test with, separated by commas; there are patches for 6.1 and 6.12")

	// On a real processor it is 10,000.
	rounds = flag.Int("rounds", 300, "rounds of the selftest's crowd, for each of its threads")
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
	if err := Make("kernel/linux/selftest", "OUT="+m.Programs); err != nil {
		t.Fatal(err)
	}
	// On an emulated processor with the module, a round takes up to 150 ms.
	crowd := 10*time.Minute + time.Duration(*rounds)*400*time.Millisecond
	c := Program(filepath.Join(m.Programs, "setforkpid_selftest"),
		"-r", strconv.Itoa(*rounds), "-t", strconv.Itoa(int(crowd.Seconds())))
	c.Timeout = 5*time.Minute + crowd
	return c
}

// example builds the restart program and gives a script that uses it: a
// counter saves itself, and goes on later as the same process.
func example(t *testing.T, m *Machine) Command {
	t.Helper()
	if err := Make("kernel/linux/example", "OUT="+m.Programs); err != nil {
		t.Fatal(err)
	}
	return in(m, "$bin/counter image && $bin/restart image && $bin/restart image")
}

// wentOn judges what the example printed.
func wentOn(t *testing.T, r Result) {
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
	dir := filepath.Join(m.Programs, "module")
	if err := Make("kernel/linux/module", "KDIR="+m.Kernel.Headers, "OUT="+dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "setforkpid.ko")
}

// callWorks is about any kernel that has setforkpid.
func callWorks(t *testing.T, m *Machine, lines goTest) []step {
	t.Helper()
	return slices.Concat([]step{
		{"probe", Shell(probe), says(eInval)},
		{"selftest", selftest(t, m), judgeTAP},
		{"example", example(t, m), wentOn},
	}, withCall(t, m, lines))
}

// The patched kernel has the call, and refuses the module that would bring it.
func TestPatchedKernel(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		m := New(t, Patched(t, version))
		ko := module(t, m)
		take(t, m, callWorks(t, m, commandLine), []step{
			{"the module is refused", Program("insmod", ko), fails},
			{"and says why", Program("dmesg"), mentions("setforkpid: not loaded: this kernel has setforkpid() itself")},
			{"the call is left", Shell(probe), says(eInval)},
		})
	})
}

// The module gives a stock kernel the call, and takes it away again.
func TestModule(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		m := New(t, Stock(t, version))
		ko := module(t, m)
		take(t, m, []step{
			{"no call", Shell(probe), says(enoSys)},
			{"insmod", Program("insmod", ko), passes},
		}, callWorks(t, m, commandLineShort), []step{
			{"rmmod", Program("rmmod", "setforkpid"), passes},
			{"no call again", Shell(probe), says(enoSys)},
		}, withoutCall(m))
		m.ChangesCode = true
		take(t, m, []step{
			{"unload in use", unloadInUse(m, ko), passes},
			{"kprobes off", Shell("echo 0 >/proc/sys/kernel/ftrace_enabled; ! insmod " + ko), passes},
			{"and says why", Program("dmesg"), mentions("setforkpid: not loaded: probes in kernel_clone() do not work here")},
		})
	})
}

// unloadInUse loads and unloads the module while requests are pending, while
// processes are being born, and while a vfork that used a request is under way.
func unloadInUse(m *Machine, ko string) Command {
	return in(m, `
		$bin/setforkpid_selftest @churn 15 & churn=$!
		for i in $(seq 8); do
			insmod `+ko+` || exit 11
			sleep 1
			rmmod setforkpid || exit 12
		done
		wait $churn`)
}
