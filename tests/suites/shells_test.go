package suites

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// shells are those that job control is tried with, and how they are started so
// that they read no files of the user's and do not edit lines.
var shells = []struct {
	name  string
	argv  []string
	more  string // what is typed besides
	short bool   // run with -short, too
}{
	{"bash", []string{"bash", "--norc", "--noprofile", "--noediting", "-i"}, bashOnly, true},
	{"dash", []string{"dash", "-i"}, "", true},
	{"mksh", []string{"mksh", "-i", "+o", "emacs", "+o", "vi"}, "", false},
}

// jobControl is what the user types. A line after "> " is a command whose end
// is the next prompt, one after "! " is a job that stays in the foreground, and
// "^Z", "^C" and "^D" are keys that bring the prompt back.
const jobControl = `
> echo shell=$$
> sleep 99 &
> echo job=$!
> jobs -l
> ps -o pid=,ppid=,pgid=,stat=,comm= -p $!
> ps -o pid=,pgid=,comm= -p $$
! sleep 98
^Z
> jobs -l
> bg
> jobs -l
! fg %2
^C
> echo status=$?
> kill %1; sleep 0.3; wait %1; echo status=$?
> jobs -l
! cat
^Z
> kill -KILL %1; sleep 0.3
> jobs
> (sleep 0.1; exit 7) & wait $!; echo status=$?
> sleep 0.1 | cat; echo status=$?
! sleep 97 | cat
^Z
> jobs -l
! fg
^C
> echo status=$?
> cat & sleep 0.5
> jobs -l
! fg
^D
> trap 'echo trapped' USR1; kill -USR1 $$; kill -USR1 -$$; trap - USR1
> sh -c 'kill -STOP $$; echo resumed'
> jobs -l
> fg
> sh -c 'sleep 99 & sleep 99 & kill -TERM 0; wait'; echo status=$?
> sleep 99 & sleep 99 & kill -STOP $!; sleep 0.3
> jobs -l
> kill -CONT %2; sleep 0.3
> jobs -l
> kill %1 %2; sleep 0.3
> jobs
! sleep 99
^Z
> echo sub=$(kill -0 $$ && echo lives) parent=$(sh -c 'echo $PPID')
> exit
> kill -9 %1; sleep 0.3
> jobs; echo last=$$
`

// bashOnly are things that the smaller shells lack.
const bashOnly = `
> sleep 99 & sleep 0.2 & wait -n; echo status=$?
> kill %1; sleep 0.3; wait -n; echo status=$?
> bash --norc --noprofile --noediting -i
> PS1=$PS1; echo inner=$$ outer=$PPID
> suspend
> jobs -l
> fg
> echo inner=$$
> exit
> sleep 99 & disown; kill $!; sleep 0.3; echo $BASHPID
> coproc cat; echo co=$COPROC_PID; kill $COPROC_PID; sleep 0.3
> jobs
`

// prompt is one that no program prints. To mksh a user who is root without a
// # there is in danger.
const prompt = "READY# "

// TestShells types at shells with job control.
func TestShells(t *testing.T) {
	t.Parallel()
	for _, sh := range shells {
		t.Run(sh.name, func(t *testing.T) {
			if testing.Short() && !sh.short {
				t.Skip("left out by -short")
			}
			need(t, sh.argv[0], "ps")
			t.Parallel()
			found := inAllWays(t, func(t *testing.T, w way) string {
				dir := workspace(t, users()[0])
				c := command{
					way: w, user: users()[0], id: nextID(), argv: sh.argv, dir: dir, limit: 3 * time.Minute,
					env: []string{
						"HOME=" + dir, "ENV=/dev/null", "HISTFILE=" + filepath.Join(dir, "history"),
						"PS1=" + prompt, "TERM=dumb",
					},
				}
				r := onTerminal(t, &c, func(term *terminal) error { return converse(term, jobControl+sh.more) })
				if w != native && !strings.Contains(r.out, fmt.Sprintf("shell=%d\r", c.id)) {
					t.Errorf("%s: the shell is not process %d", w.name, c.id)
				}
				return normalise(r.out) + "\nexit status " + strconv.Itoa(r.code)
			})
			for _, w := range simulated {
				compareText(t, w, found[native], found[w])
			}
		})
	}
}

// answerTime bounds how long the shell takes for one line.
const answerTime = 15 * time.Second

// converse types a script. Then it leaves the shell.
func converse(term *terminal, script string) error {
	ready := func(times int) func() bool {
		return func() bool {
			text := term.text()
			return strings.Count(text, prompt) >= times && strings.HasSuffix(text, prompt)
		}
	}
	if err := term.await("the first prompt", answerTime, ready(1)); err != nil {
		return err
	}
	for line := range strings.Lines(script) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		prompts, group := strings.Count(term.text(), prompt), term.foreground()
		var err error
		switch kind, text, _ := strings.Cut(line, " "); kind {
		case ">":
			if err = term.press(text + "\n"); err == nil {
				err = term.await("the prompt after "+text, answerTime, ready(prompts+1))
			}
		case "!":
			if err = term.press(text + "\n"); err == nil {
				err = term.await(text+" in the foreground", answerTime, func() bool {
					now := term.foreground()
					return now != group && now > 0
				})
			}
		default:
			if err = term.press(string(line[1] - '@')); err == nil {
				err = term.await("the prompt after "+line, answerTime, ready(prompts+1))
			}
		}
		if err != nil {
			return err
		}
		// What the shell says about jobs depends on when it looks.
		time.Sleep(settling)
	}
	if err := term.press("exit 5\n"); err != nil {
		return err
	}
	return term.await("the end of the shell", answerTime, func() bool {
		select {
		case <-term.ended:
			return true
		default:
			return false
		}
	})
}

// settling is the time that processes have to do what a line made them do.
const settling = 150 * time.Millisecond

var idOnScreen = regexp.MustCompile(`\d{3,}`)

// normalise replaces every id by its role: the order in which it was first
// seen. All numbers of three digits or more are ids.
func normalise(screen string) string {
	roles := map[string]string{}
	text := idOnScreen.ReplaceAllStringFunc(screen, func(id string) string {
		if roles[id] == "" {
			roles[id] = fmt.Sprintf("<id %d>", len(roles)+1)
		}
		return roles[id]
	})
	var lines []string
	for line := range strings.Lines(text) {
		// Columns are as wide as the ids.
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}
