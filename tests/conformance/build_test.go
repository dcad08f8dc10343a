package conformance

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The ways to link a case. A script has none.
const (
	dynamic = "dynamic"
	static  = "static"
	i386    = "i386"
)

// linkFlags are what each way to link asks of the C compiler.
var linkFlags = map[string][]string{
	dynamic: nil,
	static:  {"-static"},
	i386:    {"-m32"},
}

// What is needed to run the tests where there is no compiler, or a slow one.
var (
	buildInto    = flag.String("build", "", "compile all programs into this `directory`, and test nothing")
	compiledInto = flag.String("programs", "", "`directory` that -build compiled the programs into; without it they are compiled when needed")
)

// dir holds everything that is built; any user can read it.
var dir string

// built remembers the outcome of each build, so that each is tried once.
var built sync.Map // output path to func() error

func TestMain(m *testing.M) {
	flag.Parse()
	if *buildInto != "" {
		if err := buildAll(*buildInto); err != nil {
			fmt.Fprintln(os.Stderr, "conformance:", err)
			os.Exit(1)
		}
		return
	}
	if sid, err := unix.Getsid(0); err == nil && sid == 0 {
		os.Exit(inSession())
	}
	os.Exit(inDirectory(m))
}

// buildAll compiles what TestBackends runs.
func buildAll(into string) error {
	if err := build("oracle/oracle.c", dynamic, filepath.Join(into, programFile("oracle", dynamic))); err != nil {
		return err
	}
	for _, p := range programs {
		if p.script() {
			continue
		}
		if err := build(p.path(), dynamic, filepath.Join(into, programFile(p.source(), dynamic))); err != nil {
			return err
		}
	}
	return nil
}

// inSession runs this test once more in a session of its own. The programs
// print facts about theirs, and one of an outer pid namespace has no number.
// They cannot have one each: without a parent in their session, their groups
// would be orphaned, and stop signals for a terminal's users ignored.
func inSession() int {
	again := exec.Command("/proc/self/exe", os.Args[1:]...)
	again.Stdin, again.Stdout, again.Stderr = os.Stdin, os.Stdout, os.Stderr
	again.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread() // for Pdeathsig
	err := again.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, "conformance: session of its own:", err)
		return 1
	}
	return again.ProcessState.ExitCode()
}

func inDirectory(m *testing.M) int {
	var err error
	if dir, err = os.MkdirTemp("", "conformance"); err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance: directory for programs:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	code := m.Run()
	if lost := endOutsiders(); lost != nil {
		fmt.Fprintln(os.Stderr, "conformance: the process outside the trees did not survive, of user:", lost)
		return 1
	}
	return code
}

// once runs build for an output file the first time it is asked for.
func once(output string, build func() error) error {
	f, _ := built.LoadOrStore(output, sync.OnceValue(build))
	return f.(func() error)()
}

// command runs a compiler and gives its words as the error.
func command(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// compile builds a C file and returns the program.
func compile(t *testing.T, source, link string) string {
	t.Helper()
	name := programFile(strings.TrimSuffix(filepath.Base(source), ".c"), link)
	if *compiledInto != "" {
		return filepath.Join(*compiledInto, name)
	}
	output := filepath.Join(dir, name)
	if err := once(output, func() error { return build(source, link, output) }); err != nil {
		t.Fatal(err)
	}
	return output
}

// programFile is the name of a compiled program.
func programFile(name, link string) string { return name + "." + link }

func build(source, link, output string) error {
	flags := []string{"-O1", "-g", "-Wall", "-Werror", "-pthread", "-o", output}
	return command("cc", append(append(flags, linkFlags[link]...), source)...)
}

// argv is the command line of a case.
func argv(t *testing.T, p program, link string) []string {
	t.Helper()
	if !p.script() {
		return []string{compile(t, p.path(), link)}
	}
	output := filepath.Join(dir, p.source())
	err := once(output, func() error {
		text, err := os.ReadFile(p.path())
		if err != nil {
			return err
		}
		return os.WriteFile(output, text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return []string{"/bin/bash", output}
}

func oracle(t *testing.T) string {
	t.Helper()
	return compile(t, "oracle/oracle.c", dynamic)
}

// pidsim builds the product, unless the environment variable PIDSIM names one
// that is to be tested.
func pidsim(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("PIDSIM"); path != "" {
		return path
	}
	output := filepath.Join(dir, "pidsim")
	err := once(output, func() error {
		return command("go", "build", "-o", output, "github.com/pidsim/pidsim/cmd/pidsim")
	})
	if err != nil {
		t.Fatalf("pidsim does not build, so there is nothing to compare with the native runs: %v", err)
	}
	return output
}

// can32 says whether this machine can build and run 32-bit programs.
var can32 = sync.OnceValue(func() bool {
	source, output := filepath.Join(dir, "can32.c"), filepath.Join(dir, "can32")
	if os.WriteFile(source, []byte("int main(void) { return 0; }\n"), 0o644) != nil {
		return false
	}
	return command("cc", "-m32", "-o", output, source) == nil && command(output) == nil
})
