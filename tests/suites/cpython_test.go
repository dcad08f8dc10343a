package suites

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// python is Debian's, whose tests are in a package of their own.
const python = "/usr/bin/python3"

// cpythonFiles are the files of CPython's tests that deal with processes,
// signals and terminals.
var cpythonFiles = []cpythonFile{
	{name: "test_signal", limit: 4 * time.Minute},
	{name: "test_subprocess", limit: 5 * time.Minute},
	{name: "test_posix", limit: time.Minute, short: true},
	{name: "test_fork1", limit: time.Minute},
	{name: "test_wait3", limit: time.Minute},
	{name: "test_wait4", limit: time.Minute, short: true},
	{name: "test_threadsignals", limit: time.Minute},
	{name: "test_pty", limit: time.Minute, short: true},
	{name: "test_os", limit: time.Minute},
	{name: "test_asyncio.test_subprocess", limit: 2 * time.Minute},
	{name: "test_asyncio.test_unix_events", limit: time.Minute},
	{
		name: "test_socket", limit: 5 * time.Minute, match: []string{"*SCM*", "*Unix*", "*SocketPair*", "Sendmsg*", "Recvmsg*"},
		// In a virtual machine that cannot reach itself it waits for ever.
		ignore: "ThreadedVSOCKSocketStreamTest",
	},
	{name: "test_multiprocessing_fork", limit: 5 * time.Minute, match: parenthood},
	{name: "test_multiprocessing_spawn", limit: 6 * time.Minute, match: parenthood},
	{name: "test_multiprocessing_forkserver", limit: 6 * time.Minute, match: parenthood},
	{name: "test_multiprocessing_main_handling", limit: 3 * time.Minute, long: true},
	{name: "test_concurrent_futures", limit: 6 * time.Minute, long: true},
}

// A cpythonFile is one file of tests.
type cpythonFile struct {
	name  string
	limit time.Duration
	short bool // run with -short, too
	long  bool // run only with -long
	// match are the tests that are run without -long; none are all.
	match []string
	// ignore are tests to leave out.
	ignore string
}

// parenthood are the tests of multiprocessing that look at ids, parents and
// signals.
var parenthood = []string{
	"WithProcessesTestProcess", "WithProcessesTestSubclassingProcess", "_TestParentProcess", "TestResourceTracker",
	"TestStartMethod", "TestNoForkBomb", "TestForkAwareThreadLock", "TestPoolNotLeakOnFailure", "WithProcessesTestPool",
}

// TestCPython runs CPython's own tests.
func TestCPython(t *testing.T) {
	t.Parallel()
	need(t, python)
	for _, f := range cpythonFiles {
		t.Run(f.name, func(t *testing.T) {
			if testing.Short() && !f.short {
				t.Skip("left out by -short")
			}
			if err := exec.Command(python, "-c", "import test."+f.name).Run(); err != nil {
				t.Skip("CPython's tests are not installed (libpython3-testsuite)")
			}
			if f.long && !*long {
				t.Skip("only with -long")
			}
			t.Parallel()
			judgeCPython(t, f)
		})
	}
}

// judgeCPython runs one file in all ways at once: most of these tests sleep.
func judgeCPython(t *testing.T, file cpythonFile) {
	found := inAllWays(t, func(t *testing.T, w way) findings { return runCPython(t, w, file) })
	for _, w := range simulated {
		compare(t, "cpython "+file.name, w, found[native], found[w])
	}
}

func runCPython(t *testing.T, w way, file cpythonFile) findings {
	dir := workspace(t, users()[0])
	report := filepath.Join(dir, "report.xml")
	c := command{
		way: w, user: users()[0], dir: dir, limit: file.limit,
		argv: []string{python, "-m", "test", "-v", "--junit-xml", report, file.name},
		env:  []string{"TMPDIR=" + dir, "HOME=" + dir},
	}
	if file.ignore != "" {
		c.argv = append(c.argv, "-i", file.ignore)
	}
	if !*long {
		for _, m := range file.match {
			c.argv = append(c.argv, "-m", m)
		}
	}
	if file.name == "test_pty" {
		// It looks closer at a standard input that is a terminal.
		master, slave := openPTY(t)
		defer master.Close()
		defer slave.Close()
		c.stdin = slave
	}
	r := c.run(t)
	f, err := cpythonFindings(report)
	if err != nil {
		t.Errorf("the test runner wrote no report: %v", err)
	}
	if f["exit"] = "PASS"; r.code != 0 {
		f["exit"] = "FAIL"
	}
	if err != nil || r.code != 0 {
		t.Logf("%s: the end of the output:\n%s", w.name, tail(r.out))
	}
	return f
}

// A junitReport is what CPython's test runner writes, as far as it matters.
type junitReport struct {
	Suites []struct {
		Cases []struct {
			Name    string    `xml:"name,attr"`
			Result  string    `xml:"result,attr"`
			Failure *struct{} `xml:"failure"`
			Error   *struct{} `xml:"error"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// cpythonFindings takes the results of the tests from a report.
func cpythonFindings(report string) (findings, error) {
	f := findings{}
	text, err := os.ReadFile(report)
	if err != nil {
		return f, err
	}
	var parsed junitReport
	if err := xml.Unmarshal(text, &parsed); err != nil {
		return f, err
	}
	for _, s := range parsed.Suites {
		for _, c := range s.Cases {
			switch {
			case c.Failure != nil, c.Error != nil:
				f[c.Name] = "FAIL"
			case c.Skipped != nil || c.Result == "skipped":
				f[c.Name] = "SKIP"
			default:
				f[c.Name] = "PASS"
			}
		}
	}
	return f, nil
}
