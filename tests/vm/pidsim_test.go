package vm

import (
	"path/filepath"
	"testing"
)

// pidsim builds the command for the machine.
func pidsim(t *testing.T, m *Machine) {
	t.Helper()
	if err := GoBuild(filepath.Join(m.Programs, "pidsim"), "./cmd/pidsim"); err != nil {
		t.Fatal(err)
	}
}

// outside prints the name of process 4242 as the rest of the system sees it
// while pidsim runs a shell under that pid.
const outside = `
	rm -f started seen
	$bin/pidsim -pid 4242 sh -c "touch started; until test -e seen; do sleep 0.2; done" & ran=$!
	until test -e started; do sleep 0.2; done
	if test -e /proc/4242/comm; then cat /proc/4242/comm; else echo nobody; fi
	touch seen
	wait $ran`

// taken has pidsim run a program under the pid of another process.
const taken = `
	sleep 300 & taken=$!
	$bin/pidsim -pid $taken sh -c "test \$\$ = $taken && echo emulated"
	echo "and then $?"
	$bin/pidsim --backend setforkpid -pid $taken true
	echo "and then $?"
	kill $taken`

// in is a script that runs in the machine's directory, with the programs in
// $bin.
func in(m *Machine, script string) Command {
	c := Shell(script)
	c.Dir, c.Env = m.Dir, []string{"bin=" + m.Programs}
	return c
}

// withCall are about pidsim on a kernel that has setforkpid; lines are the tests
// of the command line that it is to have.
func withCall(t *testing.T, m *Machine, lines goTest) []step {
	t.Helper()
	pidsim(t, m)
	return []step{
		{"backend setforkpid", in(m, `$bin/pidsim --backend setforkpid -pid 4242 sh -c 'echo $$'`), says("4242")},
		{"backend auto", in(m, `$bin/pidsim --backend auto -pid 4242 sh -c 'echo $$'`), says("4242")},
		{"seen from outside", in(m, outside), says("sh")},
		{"exit status", in(m, `$bin/pidsim --backend setforkpid -pid 4242 sh -c 'exit 7'; echo $?`), says("7")},
		{"taken", in(m, taken), mentions("emulating it instead", "emulated\nand then 0\n", "is in use by sleep", "and then 125\n")},
		{"check", in(m, `$bin/pidsim check --feature setforkpid`), passes},
		conformance.step(t, m, "conformance"),
		lines.step(t, m, "command line"),
	}
}

// withoutCall are about one that does not have it.
func withoutCall(m *Machine) []step {
	return []step{
		{"no backend setforkpid", in(m, `$bin/pidsim --backend setforkpid -pid 4242 true; echo and then $?`),
			mentions("setforkpid", "\nand then 125\n")},
		{"backend auto without", in(m, `$bin/pidsim --backend auto -pid 4242 sh -c 'echo $$'`), says("4242")},
		{"not seen from outside", in(m, outside), says("nobody")},
	}
}
