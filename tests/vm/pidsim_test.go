package vm

import (
	"path/filepath"
	"strings"
	"testing"
)

// pidsim builds the command into the machine's directory.
func pidsim(t *testing.T, m *Machine) {
	t.Helper()
	if err := GoBuild(filepath.Join(m.Dir, "pidsim"), "./cmd/pidsim"); err != nil {
		t.Fatal(err)
	}
}

// outside prints the name of process 4242 as the rest of the system sees it
// while pidsim runs a shell under that pid.
const outside = `
	rm -f started seen
	./pidsim -pid 4242 sh -c "touch started; until test -e seen; do sleep 0.2; done" & ran=$!
	until test -e started; do sleep 0.2; done
	if test -e /proc/4242/comm; then cat /proc/4242/comm; else echo nobody; fi
	touch seen
	wait $ran`

// taken has pidsim run a program under the pid of another process.
const taken = `
	sleep 300 & taken=$!
	./pidsim -pid $taken sh -c "test \$\$ = $taken && echo emulated"
	echo "and then $?"
	./pidsim --backend setforkpid -pid $taken true
	echo "and then $?"
	kill $taken`

func in(m *Machine, script string) Command {
	return Shell("cd " + m.Dir + "\n" + script)
}

// backendCommands are about a kernel that has setforkpid.
func backendCommands(m *Machine) []Command {
	return []Command{
		in(m, `./pidsim --backend setforkpid -pid 4242 sh -c 'echo $$'`),
		in(m, `./pidsim --backend auto -pid 4242 sh -c 'echo $$'`),
		in(m, outside),
		in(m, `./pidsim --backend setforkpid -pid 4242 sh -c 'exit 7'; echo $?`),
		in(m, taken),
		in(m, `./pidsim check --feature setforkpid`),
	}
}

func checkBackend(t *testing.T, r []Result) {
	t.Helper()
	mustSay(t, r[0], "4242")
	mustSay(t, r[1], "4242")
	mustSay(t, r[2], "sh")
	mustSay(t, r[3], "7")
	for _, want := range []string{"emulating it instead", "emulated\nand then 0\n", "is in use by sleep", "and then 125\n"} {
		if !strings.Contains(r[4].Output, want) {
			t.Errorf("not said: %q: %v", want, r[4])
		}
	}
	mustPass(t, r[5])
}

// missingCommands are about a kernel that does not have it.
func missingCommands(m *Machine) []Command {
	return []Command{
		in(m, `./pidsim --backend setforkpid -pid 4242 true; echo $?`),
		in(m, `./pidsim --backend auto -pid 4242 sh -c 'echo $$'`),
		in(m, outside),
	}
}

func checkMissing(t *testing.T, r []Result) {
	t.Helper()
	if !strings.HasSuffix(r[0].Output, "\n125\n") {
		t.Errorf("want a reason and 125: %v", r[0])
	}
	mustSay(t, r[1], "4242")
	mustSay(t, r[2], "nobody")
}
