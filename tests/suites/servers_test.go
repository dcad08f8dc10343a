package suites

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A server is a command that runs until it is told to stop.
type server struct {
	t       *testing.T
	command *command
	cmd     *exec.Cmd
	out     bytes.Buffer
	cancel  context.CancelFunc
}

// serve starts a server, which ends with the test at the latest.
func serve(t *testing.T, c *command) *server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), c.limit)
	s := &server{t: t, command: c, cmd: c.prepare(ctx), cancel: cancel}
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	check(t, s.cmd.Start())
	t.Cleanup(func() {
		cancel()
		if s.cmd.ProcessState == nil {
			_ = s.cmd.Wait()
		}
	})
	return s
}

// signal sends a signal to what was started: pidsim, or natively the program.
func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	started := descendants(s.cmd.Process.Pid)
	if len(started) == 0 {
		s.t.Fatalf("%s: the server has ended", s.command.argv[0])
	}
	check(s.t, unix.Kill(started[0], sig))
}

// wait waits for the server to end by itself.
func (s *server) wait() {
	s.t.Helper()
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("%s: %v; it said:\n%s", s.command.argv[0], err, tail(s.out.String()))
	}
}

// ask runs a client, from outside, until it gets an answer.
func (s *server) ask(argv ...string) string {
	s.t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var out []byte
		if out, err = exec.Command(argv[0], argv[1:]...).Output(); err == nil {
			return strings.TrimSpace(string(out))
		}
	}
	s.t.Fatalf("%s: %v", strings.Join(argv, " "), err)
	return ""
}

// TestRedisRoot runs a redis server as the process with a chosen id, and asks
// it from outside.
func TestRedisRoot(t *testing.T) {
	t.Parallel()
	need(t, "redis-server", "redis-cli")
	for _, w := range simulated {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			u := users()[0]
			dir := workspace(t, u)
			socket := filepath.Join(dir, "socket")
			c := &command{
				way: w, user: u, id: nextID(), dir: dir, limit: time.Minute,
				argv: []string{
					"redis-server", "--port", "0", "--unixsocket", socket, "--dir", dir,
					"--pidfile", filepath.Join(dir, "pid"), "--save", "",
				},
			}
			s := serve(t, c)
			info := s.ask("redis-cli", "-s", socket, "info", "server")
			if want := fmt.Sprintf("process_id:%d\r\n", c.id); !strings.Contains(info, want) {
				t.Errorf("INFO has no %q:\n%s", want, info)
			}
			expectFile(t, filepath.Join(dir, "pid"), fmt.Sprintf("%d\n", c.id))
			s.signal(syscall.SIGTERM)
			s.wait()
			if log := s.out.String(); !regexp.MustCompile(fmt.Sprintf(`(?m)^%d:M .*bye bye`, c.id)).MatchString(log) {
				t.Errorf("process %d does not say goodbye:\n%s", c.id, tail(log))
			}
		})
	}
}

// TestPostgresRoot starts a PostgreSQL server after a crash under the id that
// it had: it takes the lock file for its own. Under any other id it would
// refuse if that process existed.
func TestPostgresRoot(t *testing.T) {
	t.Parallel()
	u := users()[len(users())-1]
	needPostgres(t, u)
	if testing.Short() {
		t.Skip("left out by -short")
	}
	for _, w := range simulated {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			dir := workspace(t, u)
			data, bin := filepath.Join(dir, "data"), postgresBin()
			initdb := command{
				way: native, user: u, dir: dir, limit: time.Minute,
				argv: []string{filepath.Join(bin, "initdb"), "-N", "-A", "trust", "-U", "judge", "-D", data},
			}
			if r := initdb.run(t); r.code != 0 {
				t.Fatalf("initdb failed:\n%s", tail(r.out))
			}
			c := &command{
				way: w, user: u, id: nextID(), dir: dir, limit: time.Minute,
				argv: []string{
					filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-F",
					"-c", "listen_addresses=", "-c", "max_connections=20", "-c", "shared_buffers=16MB",
				},
			}
			lock := filepath.Join(data, "postmaster.pid")
			stale := fmt.Sprintf("%d\n%s\n1600000000\n5432\n%s\n\n", c.id, data, dir)
			check(t, os.WriteFile(lock, []byte(stale), 0o600))
			check(t, os.Chown(lock, u.id, u.id))

			s := serve(t, c)
			query := func(q string) string {
				return s.ask("psql", "-XAt", "-h", dir, "-U", "judge", "-d", "postgres", "-c", q)
			}
			if got := query("select 6 * 7"); got != "42" {
				t.Errorf("6 * 7 is %s", got)
			}
			text, err := os.ReadFile(lock)
			check(t, err)
			if first, _, _ := strings.Cut(string(text), "\n"); first != fmt.Sprint(c.id) || string(text) == stale {
				t.Errorf("%s is of process %s and should be of %d:\n%s", lock, first, c.id, text)
			}
			if got := query("select count(*) from pg_stat_activity where pid = pg_backend_pid()"); got != "1" {
				t.Errorf("the backend knows %s processes with its id", got)
			}
			s.signal(syscall.SIGINT) // fast shutdown
			s.wait()
			if _, err := os.Stat(lock); !os.IsNotExist(err) {
				t.Errorf("%s is left: %v", lock, err)
			}
		})
	}
}

func expectFile(t *testing.T, name, want string) {
	t.Helper()
	got, err := os.ReadFile(name)
	check(t, err)
	if string(got) != want {
		t.Errorf("%s holds %q and should hold %q", name, got, want)
	}
}
