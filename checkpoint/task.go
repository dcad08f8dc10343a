package checkpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/pidsim/pidsim/internal/procstat"
)

// A task is a directory of procfs about a process or one of its threads.
type task struct {
	dir string
	id  int
}

// process is the task of a whole process.
func process(pid int) task { return task{fmt.Sprintf("/proc/%d", pid), pid} }

// threadsOf lists the threads of a process, in the order of their birth.
func threadsOf(pid int) ([]task, error) {
	dir := fmt.Sprintf("/proc/%d/task", pid)
	ids, err := procstat.IDs(dir)
	tasks := make([]task, len(ids))
	for i, id := range ids {
		tasks[i] = task{dir + "/" + strconv.Itoa(id), id}
	}
	return tasks, err
}

// stat reads what the kernel says of it in numbers.
func (t task) stat() (procstat.Stat, error) { return procstat.Read(t.dir) }

// link reads a link to a file; a kernel thread has none.
func (t task) link(name string) (string, error) {
	path, err := os.Readlink(t.dir + "/" + name)
	if os.IsNotExist(err) {
		return "", nil
	}
	return path, err
}

// pidNamespace is the number of the pid namespace that it is in.
func (t task) pidNamespace() (uint64, error) {
	text, err := os.Readlink(t.dir + "/ns/pid")
	if err != nil {
		return 0, err
	}
	n, ok := strings.CutPrefix(text, "pid:[")
	if !ok {
		return 0, fmt.Errorf("namespace %q", text)
	}
	return strconv.ParseUint(strings.TrimSuffix(n, "]"), 10, 64)
}
