package tracer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
)

func init() { roles["lastPID"] = lastPIDRole }

const lastPIDFile = "/proc/sys/kernel/ns_last_pid"

// TestNSLastPID chooses ids through ns_last_pid, as programs do that restore
// processes. It needs no privilege.
func TestNSLastPID(t *testing.T) {
	const script = `
cd /proc/sys/kernel
echo 7000 >ns_last_pid; read last <ns_last_pid; echo last $last
dash -c 'echo first $$; exit'; dash -c 'echo second $$; exit'
echo 4242 >ns_last_pid; dash -c 'echo $$ is 4243 or more; exit'
`
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			lines := strings.Split(s.output(t, Command(4242, "dash", "-c", script)), "\n")
			if len(lines) < 4 || lines[0] != "last 7000" || lines[1] != "first 7001" || !strings.HasPrefix(lines[3], "4243 is") {
				t.Errorf("%q", lines)
			}
			if s.space == pidspace.Private && lines[2] != "second 7002" {
				t.Errorf("the sequence does not go on: %q", lines)
			}
		})
	}
}

// TestNSLastPIDErrors writes what is no number, and at odd places.
func TestNSLastPIDErrors(t *testing.T) {
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			c := act(t, 4242, "lastPID")
			c.PIDMax = 9000
			if out := s.output(t, c); out != "" {
				t.Error(out)
			}
		})
	}
}

func lastPIDRole([]string) error {
	fd, err := unix.Open(lastPIDFile, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	for _, w := range []struct {
		text string
		want error
	}{
		{"8000", nil}, {" 8000\n", nil}, {"0", nil}, {"0x1f40", nil}, {"017500", nil}, {"9000", nil}, {"\t8000", nil}, {"", nil},
		{"8000\x00", unix.EINVAL}, {"+8000", unix.EINVAL}, {"\n", unix.EINVAL}, {"x", unix.EINVAL}, {"-1", unix.EINVAL}, {"9001", unix.EINVAL}, {"8000x", unix.EINVAL},
		{"99999999999999999999", unix.EINVAL}, {"1_0", unix.EINVAL}, {"0b1", unix.EINVAL},
	} {
		if n, err := unix.Pwrite(fd, []byte(w.text), 0); !errors.Is(err, w.want) || err == nil && n != len(w.text) {
			return fmt.Errorf("write %q: %d, %v; want %v", w.text, n, err, w.want)
		}
	}
	for _, text := range []string{"8000 abc", "8000\n5\n"} {
		if n, err := unix.Pwrite(fd, []byte(text), 0); n != 5 || err != nil {
			return fmt.Errorf("write %q: %d, %w; want 5", text, n, err)
		}
	}
	if n, err := unix.Writev(fd, [][]byte{[]byte("80"), []byte("1"), []byte("1\n")}); n != 5 || err != nil {
		return fmt.Errorf("writev: %d, %w", n, err)
	}
	// Only what is written at the beginning counts.
	if n, err := unix.Write(fd, []byte("5\n")); n != 2 || err != nil {
		return fmt.Errorf("write at 5: %d, %w", n, err)
	}
	if pos, err := unix.Seek(fd, 0, unix.SEEK_CUR); pos != 7 || err != nil {
		return fmt.Errorf("position %d, %w; want 7", pos, err)
	}
	b := make([]byte, 16)
	if n, err := unix.Pread(fd, b, 0); err != nil || string(b[:n]) != "8011\n" {
		return fmt.Errorf("reads %q, %v; want 8011", b[:max(n, 0)], err)
	}
	reader, err := unix.Open(lastPIDFile, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if _, err := unix.Write(reader, []byte("1")); !errors.Is(err, unix.EBADF) {
		return fmt.Errorf("write without the right to: %w", err)
	}
	// Who restores processes locks the file; it is the same for all.
	other, err := unix.Open(lastPIDFile, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(unix.Flock(fd, unix.LOCK_EX), unix.Flock(fd, unix.LOCK_UN), unix.Flock(other, unix.LOCK_EX)); err != nil {
		return err
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); !errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("second lock: %w", err)
	}
	return nil
}

// TestGroups moves processes of the tree from one control group to another.
func TestGroups(t *testing.T) {
	const script = `
cd "$1" || exit
echo $$ >cgroup.procs
grep "^$$\$" cgroup.procs
sleep 60 & child=$!
grep -c "^$child\$" cgroup.procs
echo $child >../cgroup.procs
grep -c "^$child\$" cgroup.procs
grep -c "^$child\$" ../cgroup.procs
printf 0x%x $child >cgroup.procs
grep -c "^$child\$" cgroup.procs "$2"
kill $child; wait $child 2>/dev/null
(echo 3999999 >cgroup.procs) 2>/dev/null || echo nobody there
(echo word >cgroup.procs) 2>/dev/null || echo no number
echo 0 >../cgroup.procs
wc -l <cgroup.procs
`
	for _, hierarchy := range groupHierarchies(t) {
		name := "pidsim-test-" + fmt.Sprint(os.Getpid())
		group := filepath.Join(hierarchy, name)
		if err := os.Mkdir(group, 0o755); err != nil {
			t.Skipf("no control group: %v", err)
		}
		t.Cleanup(func() {
			if err := unix.Rmdir(group); err != nil {
				t.Errorf("%s: %v", group, err)
			}
		})
		list := "tasks"
		if _, err := os.Stat(filepath.Join(group, list)); err != nil {
			list = "cgroup.threads"
		}
		want := fmt.Sprintf("4242\n1\n0\n1\ncgroup.procs:1\n%s:1\nnobody there\nno number\n0\n", list)
		for _, s := range settings {
			t.Run(filepath.Base(hierarchy)+"/"+s.name, func(t *testing.T) {
				if out := s.output(t, Command(4242, "dash", "-c", script, "dash", group, list)); out != want {
					t.Errorf("%q, want %q", out, want)
				}
			})
		}
	}
}

// groupHierarchies are mounts of control groups, one of each version.
func groupHierarchies(t *testing.T) (dirs []string) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(mounts)) {
		f := strings.Fields(line)
		if (f[2] == "cgroup" && strings.Contains(f[3], "pids") || f[2] == "cgroup2") && !seen[f[2]] {
			seen[f[2]] = true
			dirs = append(dirs, f[1])
		}
	}
	if len(dirs) == 0 {
		t.Skip("no control groups are mounted")
	}
	return dirs
}
