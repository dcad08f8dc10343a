package image

import "github.com/pidsim/pidsim/pidspace"

// Root returns the root process.
func (img *Image) Root() *Process { return &img.Processes[0] }

// Find returns the process with an id, nil if the image does not have it.
func (img *Image) Find(pid pidspace.VTGID) *Process {
	for i := range img.Processes {
		if img.Processes[i].PID == pid {
			return &img.Processes[i]
		}
	}
	return nil
}

// Subtree returns the process with an id and what descends from it, in order
// of birth; nothing if the image does not have it.
func (img *Image) Subtree(pid pidspace.VTGID) []*Process {
	var (
		tree []*Process
		in   = make(map[pidspace.VTGID]bool)
	)
	for i := range img.Processes {
		p := &img.Processes[i]
		if p.PID == pid || in[p.PPID] {
			in[p.PID] = true
			tree = append(tree, p)
		}
	}
	return tree
}

// Children returns the indexes of each process's children, by the parent's
// index.
func (img *Image) Children() [][]int {
	index := make(map[pidspace.VTGID]int, len(img.Processes))
	children := make([][]int, len(img.Processes))
	for i := range img.Processes {
		p := &img.Processes[i]
		if parent, ok := index[p.PPID]; ok && i > 0 {
			children[parent] = append(children[parent], i)
		}
		index[p.PID] = i
	}
	return children
}
