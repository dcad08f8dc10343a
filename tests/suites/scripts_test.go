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
	}
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			if testing.Short() && !s.short {
				t.Skip("left out by -short")
			}
			need(t, s.needs...)
			if s.name == "postgres" {
				needPostgres(t, s.user)
			}
			t.Parallel()
			if s.user.name == "" {
				s.user = users()[0]
			}
			found := inAllWays(t, func(t *testing.T, w way) string { return s.run(t, w) })
			for _, w := range simulated {
				compareText(t, w, found[native], found[w])
			}
		})
	}
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
	return strings.ReplaceAll(facts, dir, "<dir>") + "exit status " + strconv.Itoa(r.code)
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
