package suites

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// procScene makes a small tree and says the id of each of its processes; then
// it has everybody's tools look at it. $1 is a directory, with a program that
// sleeps under the name $2. What needs a tool that is missing is left out.
const procScene = `
cd "$1"; prog=$2
exec 2>/dev/null # what the shell says of jobs that end
ids() { echo "ids $*"; }
tool() { echo "tool $1"; shift; "$@" 2>&1; echo "status $?"; }
have() { command -v $1 >/dev/null; }
settle() { sleep 0.3; }

ids root $$
./$prog 300 & one=$!
./$prog 301 & two=$!
sh -c "./$prog 302 & echo \$! >inner; wait" & shell=$!
flock held ./$prog 303 & flock=$!
settle
inner=$(cat inner)
ids one $one two $two shell $shell inner $inner flock $flock
ids holder $(cat /proc/$flock/task/$flock/children)
holder=$(cat /proc/$flock/task/$flock/children)
list=$$,$one,$two,$shell,$inner

tool 'ps -ef' sh -c 'ps -ef | awk "{ print \$2, \$3, \$8 }"'
tool 'ps -o' ps -o pid,ppid,pgid,sid,tpgid,lwp,comm -p $list
tool 'ps --ppid' ps -o pid= --ppid $$
tool 'ps -H' ps -H -o pid=,comm= -p $list
tool 'top' sh -c "top -b -n2 -d0.2 -p $list | awk '\$1 ~ /^[0-9]+\$/ { print \$1, \$NF }' | sort"
tool 'pgrep' pgrep -x $prog
tool 'pgrep -P' pgrep -P $shell
tool 'pgrep -s 0' sh -c "pgrep -s 0 -x $prog"
tool 'pgrep -o' pgrep -o -P $$ -x $prog
tool 'pidof' sh -c "pidof $prog | tr ' ' '\\n' | sort -n"
tool 'pwdx' sh -c "pwdx $one | sed s:$1:DIR:"
have pstree && tool 'pstree' pstree -p $shell
have pstree && tool 'pstree -s' sh -c "pstree -lps $inner | grep -o 'sh([0-9]*)---$prog.*'"
have fuser && tool 'fuser' fuser held
have fuser && tool 'fuser -v' fuser -v held
have lsof && tool 'lsof -t' lsof -t held
have lsof && tool 'lsof -p' sh -c "lsof -w -a -d cwd,txt -p $one -F pRf"
have lslocks && tool 'lslocks' sh -c "lslocks -n -u -o COMMAND,PID,TYPE,M,PATH | grep held"
have ipcmk && {
	ipcmk -M 4096 >made & wait $!; ids maker $!
	shm=$(tr -dc 0-9 <made)
	tool 'ipcs -p' sh -c "ipcs -m -p | awk '\$1 == $shm { print \$3, \$4 }'"
	ipcrm -m $shm
}
tool 'pkill' pkill -x -P $shell $prog
wait $shell
have killall && tool 'killall' killall $prog
wait $one $two; echo "last $?"
tool 'nobody left' pgrep -x $prog
tool 'gone' ps -p $one -o pid=
kill $flock $holder 2>/dev/null
wait
`

// procTools are the packages' programs that the scene cannot do without.
var procTools = []string{"ps", "top", "pgrep", "pidof", "pwdx", "flock", "awk"}

// TestProcTools compares what the tools that read /proc say with a native run,
// id by id.
func TestProcTools(t *testing.T) {
	t.Parallel()
	need(t, procTools...)
	for _, tool := range []string{"pstree", "fuser", "killall", "lsof", "lslocks", "ipcmk"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Logf("%s is not installed, so it is not compared", tool)
		}
	}
	for _, u := range users() {
		t.Run(u.name, func(t *testing.T) {
			t.Parallel()
			want := procFindings(t, native, u)
			for _, w := range simulated {
				got := procFindings(t, w, u)
				compare(t, "procps", w, want, got)
			}
		})
	}
}

// procFindings runs the scene and gives the output of each tool, with ids
// replaced by the names of processes.
func procFindings(t *testing.T, w way, u user) findings {
	t.Helper()
	dir := workspace(t, u)
	prog := fmt.Sprintf("zz%d%s", os.Getpid()%1000, w.name[:1]+u.name[:1]) // at most 15 characters
	sleep, err := exec.LookPath("sleep")
	check(t, err)
	text, err := os.ReadFile(sleep)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, prog), text, 0o755))
	c := command{way: w, user: u, argv: []string{"dash", "-c", procScene, "dash", dir, prog}, dir: dir, limit: time.Minute}
	r := c.run(t)
	ids := namesOf(r.out)
	if len(ids) < 6 {
		t.Fatalf("%s: the scene did not come about:\n%s", w.name, tail(r.out))
	}
	if w == private {
		privateIsExact(t, r.out, ids)
	}
	found := findings{}
	for _, part := range strings.Split(r.out, "tool ")[1:] {
		tool, said, _ := strings.Cut(part, "\n")
		said = strings.ReplaceAll(said, prog, "PROG")
		said = strings.ReplaceAll(said, dir, "DIR")
		found[tool] = named(said, ids)
	}
	return found
}

var idsLine = regexp.MustCompile(`(?m)^ids (.*)$`)

// namesOf are the names of processes by their ids.
func namesOf(out string) map[string]string {
	names := map[string]string{}
	for _, line := range idsLine.FindAllStringSubmatch(out, -1) {
		f := strings.Fields(line[1])
		for i := 0; i+1 < len(f); i += 2 {
			names[f[i+1]] = f[i]
		}
	}
	return names
}

var anyNumber = regexp.MustCompile(`-?\d+`)

// named replaces ids by names, and other numbers by a mark: they are those of
// processes outside, or of the tools themselves. Lines about nobody known are
// left out, and since the order is that of ids, the others are sorted.
func named(said string, ids map[string]string) string {
	var lines []string
	status := ""
	for line := range strings.Lines(said) {
		line = strings.Join(strings.Fields(line), " ")
		switch {
		case strings.HasPrefix(line, "ids "):
			continue
		case strings.HasPrefix(line, "status "):
			status = line
			continue
		}
		known := !anyNumber.MatchString(line)
		line = anyNumber.ReplaceAllStringFunc(line, func(n string) string {
			if name := ids[n]; name != "" {
				known = true
				return name
			}
			return "#"
		})
		if known {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return strings.Join(append(lines, status), "\n")
}

// privateIsExact holds ps -ef in a private space against what the scene has
// started: nothing is missing and nobody else is there but pidsim, ps itself
// and what ps is piped to.
func privateIsExact(t *testing.T, out string, ids map[string]string) {
	t.Helper()
	_, list, _ := strings.Cut(out, "tool ps -ef\n")
	list, _, _ = strings.Cut(list, "status ")
	var others []string
	seen := map[string]bool{}
	for line := range strings.Lines(list) {
		f := strings.Fields(line)
		if len(f) != 3 || f[0] == "PID" {
			continue
		}
		if name := ids[f[0]]; name != "" {
			seen[name] = true
		} else {
			others = append(others, f[2])
		}
	}
	for _, name := range ids {
		if !seen[name] && name != "maker" {
			t.Errorf("ps -ef does not show %s:\n%s", name, list)
		}
	}
	slices.Sort(others)
	for i, o := range others {
		others[i] = filepath.Base(o)
	}
	slices.Sort(others)
	if want := []string{"awk", "pidsim", "ps", "sh"}; !slices.Equal(others, want) {
		t.Errorf("ps -ef shows %v besides the tree, want %v:\n%s", others, want, list)
	}
}
