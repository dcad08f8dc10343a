package checkpoint

import (
	"cmp"
	"os"
	"slices"

	"github.com/pidsim/pidsim/internal/procstat"
	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

// descendants lists the root and all processes that descend from it, the root
// first. Itself it leaves out, as it is not part of what it looks at.
func (r *reader) descendants() ([]int, error) {
	all, err := procstat.IDs("/proc")
	if err != nil {
		return nil, err
	}
	children := make(map[int][]int)
	for _, pid := range all {
		if pid == os.Getpid() {
			continue
		}
		stat, err := process(pid).stat()
		if gone(err) || forbidden(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		children[stat.PPID] = append(children[stat.PPID], pid)
	}
	pids := []int{r.root}
	for i := 0; i < len(pids); i++ {
		pids = append(pids, children[pids[i]]...)
		delete(children, pids[i]) // the scan was not atomic: there may be loops
	}
	return pids, nil
}

// inOrder sorts processes by birth, the root first and each after its parent.
// The clock ticks every 10 ms; within one tick the lower id is the older.
func inOrder(tree []image.Process) []image.Process {
	slices.SortStableFunc(tree[1:], func(a, b image.Process) int {
		return cmp.Or(cmp.Compare(a.Started, b.Started), cmp.Compare(a.PID, b.PID))
	})
	index := make(map[pidspace.VTGID]int, len(tree))
	for i := range tree {
		index[tree[i].PID] = i
	}
	sorted := make([]image.Process, 0, len(tree))
	done := make([]bool, len(tree))
	for i := range tree {
		// Ids may have wrapped around within the tick.
		var late []int
		for !done[i] {
			done[i] = true
			late = append(late, i)
			if parent, ok := index[tree[i].PPID]; ok {
				i = parent
			}
		}
		for _, k := range slices.Backward(late) {
			sorted = append(sorted, tree[k])
		}
	}
	return sorted
}
