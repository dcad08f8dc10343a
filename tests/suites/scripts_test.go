package suites

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A script of testdata is run by sh in an empty directory; it prints facts.
type script struct {
	name  string
	needs []string // programs
	user  user
	env   []string
	limit time.Duration
	short bool // run with -short, too
	// prepare fills the directory.
	prepare func(t *testing.T, dir string)
	// build makes what all ways share, in the directory $BUILT.
	build func(t *testing.T, dir string)
}

// TestScripts runs programs that are made of many processes, or that tell
// others what their ids are.
func TestScripts(t *testing.T) {
	t.Parallel()
	ordinary := users()[len(users())-1]
	scripts := []script{
		{name: "make", needs: []string{"make", "gcc"}, limit: 2 * time.Minute, prepare: writeProject},
		{name: "git", needs: []string{"git"}, limit: time.Minute, short: true},
		{name: "tmux", needs: []string{"tmux", "ps"}, limit: time.Minute, short: true},
		{name: "redis", needs: []string{"redis-server", "redis-cli", "ps"}, limit: time.Minute, short: true},
		{
			name: "postgres", needs: []string{"ps"}, user: ordinary, limit: 2 * time.Minute,
			env: []string{"BIN=" + postgresBin()},
		},
		{name: "nginx", needs: []string{"nginx", "curl", "pgrep"}, user: ordinary, limit: time.Minute, short: true},
		{name: "node", needs: []string{"node", "ps"}, limit: time.Minute},
		{name: "java", needs: []string{"java", "pgrep"}, limit: 2 * time.Minute, build: compileJava},
		{name: "multiprocessing", needs: []string{"python3"}, limit: time.Minute},
		{name: "agents", needs: []string{"ssh-agent", "gpg-agent", "gpg", "ps"}, user: ordinary, limit: time.Minute},
		{
			name: "dbus", needs: []string{"dbus-daemon", "gdbus", "busctl", "systemd-notify", "python3"},
			user: ordinary, limit: time.Minute, short: true,
		},
		{name: "gops", needs: []string{"go"}, limit: 2 * time.Minute, build: buildGops},
		{name: "bwrap", needs: []string{"bwrap", "unshare", "pgrep"}, limit: time.Minute},
		{name: "fuse", needs: []string{"squashfuse", "mksquashfs", "python3"}, limit: time.Minute},
	}
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			if testing.Short() && !s.short {
				t.Skip("left out by -short")
			}
			need(t, s.needs...)
			if s.name == "fuse" {
				needFUSE(t)
			}
			if s.name == "postgres" {
				needPostgres(t, s.user)
			}
			t.Parallel()
			if s.user.name == "" {
				s.user = users()[0]
			}
			if s.build != nil {
				built := workspace(t, users()[0])
				s.build(t, built)
				s.env = append(s.env, "BUILT="+built)
			}
			found := inAllWays(t, func(t *testing.T, w way) string { return s.run(t, w) })
			for _, w := range simulated {
				compareText(t, w, found[native], found[w])
			}
		})
	}
}

// needFUSE skips where file systems cannot be mounted.
func needFUSE(t *testing.T) {
	t.Helper()
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil || os.Geteuid() != 0 {
		t.Skipf("needs root and /dev/fuse: %v", err)
	}
	_ = f.Close()
}

// run gives what the script prints, without its id.
func (s *script) run(t *testing.T, w way) string {
	dir := workspace(t, s.user)
	if s.prepare != nil {
		s.prepare(t, dir)
	}
	here, err := filepath.Abs("testdata")
	check(t, err)
	text, err := os.ReadFile(filepath.Join(here, s.name+".sh"))
	check(t, err)
	lib := filepath.Join(dir, ".lib.sh")
	libText, err := os.ReadFile(filepath.Join(here, "lib.sh"))
	check(t, err)
	check(t, os.WriteFile(lib, libText, 0o644))
	c := command{
		way: w, user: s.user, id: nextID(), dir: dir, limit: s.limit,
		argv: []string{"sh", "-c", string(text), s.name + ".sh"},
		env: append([]string{
			"LIB=" + lib, "HOME=" + dir, "TMPDIR=" + dir, "TERM=dumb", "MAKEFLAGS=", "MAKELEVEL=", "TMUX=",
		}, s.env...),
	}
	r := c.run(t)
	rootLine, facts, _ := strings.Cut(r.out, "\n")
	if w != native && rootLine != "root: "+strconv.Itoa(c.id) {
		t.Errorf("%s: the script says %q and should be %d", w.name, rootLine, c.id)
	}
	if strings.Contains(facts, "in vain: ") {
		t.Errorf("%s: the script waited for what did not come:\n%s", w.name, tail(facts))
	}
	if strings.Contains(facts, "' and '") {
		t.Errorf("%s: two ways to learn one id disagree:\n%s", w.name, facts)
	}
	return strings.ReplaceAll(facts, dir, "<dir>") + "exit status " + strconv.Itoa(r.code)
}

// compileJava compiles Processes.java, once for all ways, with the compiler that
// every Java machine of Debian brings.
func compileJava(t *testing.T, dir string) {
	const compiler = "jdk.compiler/com.sun.tools.javac.Main"
	source, err := filepath.Abs("testdata/Processes.java")
	check(t, err)
	out, err := exec.Command("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-m", compiler, "-d", dir, source).CombinedOutput()
	if err != nil {
		t.Fatalf("compile Processes.java: %v\n%s", err, out)
	}
}

// buildGops builds the agent and gops itself.
func buildGops(t *testing.T, dir string) {
	for name, pkg := range map[string]string{"agent": ".", "gops": "github.com/google/gops"} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(dir, name), pkg)
		cmd.Dir = "testdata/gops"
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go build %s: %v\n%s", pkg, err, out)
		}
	}
}

// postgresBin is where Debian puts the programs of the newest PostgreSQL that
// is installed, empty if there is none.
func postgresBin() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(found) == 0 {
		return ""
	}
	slices.Sort(found)
	return found[len(found)-1]
}

// needPostgres skips the test if PostgreSQL is not there or refuses to run.
func needPostgres(t *testing.T, u user) {
	t.Helper()
	need(t, "psql")
	if postgresBin() == "" {
		t.Skip("PostgreSQL's server is not installed")
	}
	if u.id == 0 {
		t.Skip("PostgreSQL does not run as root")
	}
	if err := exec.Command(filepath.Join(postgresBin(), "postgres"), "--version").Run(); err != nil {
		t.Skipf("postgres --version: %v", err)
	}
}
