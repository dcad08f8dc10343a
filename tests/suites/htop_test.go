package suites

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// TestHtop has htop, on a terminal, show a process, and kill it there.
func TestHtop(t *testing.T) {
	t.Parallel()
	need(t, "htop")
	for _, w := range append([]way{native}, simulated...) {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			u := users()[0]
			dir := workspace(t, u)
			const scene = `
				sh -c 'sleep 300 & echo $! >sleeper; wait $!; echo $? >ended' &
				until [ -s sleeper ]; do sleep 0.05; done
				echo "sleeper $(cat sleeper)"
				exec htop -C -d 3 -p $(cat sleeper)`
			c := &command{
				way: w, user: u, id: nextID(), dir: dir, limit: time.Minute,
				argv: []string{"sh", "-c", scene}, env: []string{"TERM=xterm", "HOME=" + dir},
			}
			r := onTerminal(t, c, func(term *terminal) error {
				sleeper := ""
				said := regexp.MustCompile(`sleeper (\d+)`)
				err := term.await("the scene", patience, func() bool {
					if m := said.FindStringSubmatch(term.text()); m != nil {
						sleeper = m[1]
					}
					return sleeper != ""
				})
				if err != nil {
					return err
				}
				if w == private && sleeper != fmt.Sprint(c.id+2) && sleeper != fmt.Sprint(c.id+3) {
					return fmt.Errorf("the sleeper is %s, and process %d has started it", sleeper, c.id)
				}
				// Between the id and the command are other columns and
				// sequences that move the cursor.
				shown := term.shows(`[^0-9]` + sleeper + `[^0-9][^\n\r]*sleep 300`)
				if err := term.await("the sleeper in htop", patience, shown); err != nil {
					return err
				}
				if err := term.press("k"); err != nil {
					return err
				}
				if err := term.await("the menu of signals", patience, term.shows(`SIGTERM`)); err != nil {
					return err
				}
				if err := term.press("\r"); err != nil {
					return err
				}
				if err := term.await("the sleeper's end", patience, func() bool {
					text, err := os.ReadFile(filepath.Join(dir, "ended"))
					return err == nil && string(text) == "143\n"
				}); err != nil {
					return err
				}
				return term.press("q")
			})
			if r.code != 0 {
				t.Errorf("%s: exit status %d; the screen:\n%s", w.name, r.code, tail(r.out))
			}
		})
	}
}

// shows tells whether the terminal has shown something.
func (term *terminal) shows(pattern string) func() bool {
	re := regexp.MustCompile(pattern)
	return func() bool { return re.MatchString(term.text()) }
}
