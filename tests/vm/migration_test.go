package vm

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The story of package tests/migration, on machines of their own: the counter
// runs as process 4242 of a stock kernel, where it saves its state and pidsim its
// identity. Both go on to a machine on which that id is taken, and to one where
// it is free and a kernel with setforkpid gives it.

// departing is what happens on the old machine.
const departing = `
	set -e
	here=$PWD
	cd /tmp && mkdir job
	$bin/pidsim --backend set-tid -pid 4242 setsid $bin/counter /tmp/job 20 & ran=$!
	until test -e job/log && test $(wc -l <job/log) -ge 3; do sleep 0.1; done
	$bin/pidsim checkpoint @job/counter.pid -o job/job.pidsim
	kill $(cat job/counter.pid)
	wait $ran
	cp -r job $here`

// arriving begins what happens on the new one.
const arriving = `
	here=$PWD
	cp -r job /tmp && cd /tmp`

// taking has somebody else be process 4242.
const taking = arriving + `
	$bin/pidsim --backend set-tid -pid 4242 sleep 600 & holder=$!
	until test "$(cat /proc/4242/comm)" = sleep; do sleep 0.1; done 2>/dev/null
	$bin/pidsim restore job/job.pidsim $bin/counter /tmp/job 20
	echo "restored: $?; 4242 is really $(cat /proc/4242/comm)"
	kill 4242
	wait $holder
	cp job/log $here/`

// giving has the kernel give the id.
const giving = arriving + `
	test -e /proc/4242 && echo "4242 is taken"
	$bin/pidsim restore --backend setforkpid job/job.pidsim $bin/counter /tmp/job 20 & ran=$!
	until test "$(cat /proc/4242/comm)" = counter; do sleep 0.1; done 2>/dev/null
	real=$(cat /proc/4242/comm)
	wait $ran
	echo "restored: $?; 4242 is really $real"
	cp job/log $here/`

// restarting is the restart program on a kernel without setforkpid.
const restarting = `
	$bin/example/counter image || exit
	$bin/pidsim -pid 999 $bin/example/restart image && $bin/pidsim -pid 999 $bin/example/restart image`

// traveller makes a machine with the programs of the story.
func traveller(t *testing.T, k Kernel) *Machine {
	t.Helper()
	m := New(t, k)
	pidsim(t, m)
	if err := GoBuild(filepath.Join(m.Programs, "counter"), "./tests/migration/counter"); err != nil {
		t.Fatal(err)
	}
	return m
}

// bring takes the job along to another machine.
func bring(t *testing.T, from, to *Machine) {
	t.Helper()
	if err := os.CopyFS(filepath.Join(to.Dir, "job"), os.DirFS(filepath.Join(from.Dir, "job"))); err != nil {
		t.Fatal(err)
	}
}

// wentOnAs4242 judges what the counter has written on both machines.
func wentOnAs4242(m *Machine) func(*testing.T, Result) {
	return func(t *testing.T, r Result) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(m.Dir, "log"))
		if err != nil {
			t.Fatalf("%v: %v", err, r)
		}
		n := 0
		for line := range strings.Lines(string(text)) {
			n++
			if want := fmt.Sprintf("process 4242 counts %d\n", n); line != want {
				t.Fatalf("it wrote %q, want %q: %v", line, want, r)
			}
		}
		if before := 3; n < before+20 {
			t.Errorf("it counted to %d: %v", n, r)
		}
	}
}

func both(judges ...func(*testing.T, Result)) func(*testing.T, Result) {
	return func(t *testing.T, r Result) {
		t.Helper()
		for _, judge := range judges {
			judge(t, r)
		}
	}
}

func TestMigration(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		stock := Stock(t, version)
		old := traveller(t, stock)
		take(t, old, []step{{"departs", in(old, departing), passes}})
		if t.Failed() {
			return
		}
		t.Run("taken", func(t *testing.T) {
			m := traveller(t, stock)
			bring(t, old, m)
			if err := Make("kernel/linux/example", "OUT="+filepath.Join(m.Programs, "example")); err != nil {
				t.Fatal(err)
			}
			take(t, m, []step{
				{"arrives", in(m, taking), both(mentions("restored: 0; 4242 is really sleep\n"), wentOnAs4242(m))},
				{"restart program", in(m, restarting), wentOn},
			})
		})
		t.Run("free", func(t *testing.T) {
			m := traveller(t, Patched(t, version))
			bring(t, old, m)
			take(t, m, []step{{"arrives", in(m, giving), both(mentions("restored: 0; 4242 is really counter\n"), wentOnAs4242(m))}})
		})
	})
}
