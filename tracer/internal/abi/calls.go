package abi

import (
	"cmp"
	"slices"
)

// Calls is the table: every system call of both interfaces, by x86-64 number
// and then, for those that only i386 has, by i386 number.
var Calls = assemble(
	identityCalls, creationCalls, waitCalls, signalCalls,
	schedCalls, clockCalls, futexCalls, pidfdCalls, tracingCalls,
	fileCalls, pathCalls, mountCalls, pollCalls, socketCalls, ipcCalls,
	memoryCalls, credCalls, systemCalls, i386Calls,
)

// byNumber finds rows; a nil entry is a number without a call.
var byNumber = index(Calls)

// Lookup gives the row of a call number, nil when there is none.
func Lookup(arch Arch, nr int) *Row {
	if nr < 0 || nr >= len(byNumber[arch]) {
		return nil
	}
	return byNumber[arch][nr]
}

// table is a part of Calls as it is written down: by name, with the x86-64
// and the i386 number of each call.
type table map[string]entry

type entry struct {
	amd64, i386 int
	row         Row
}

// no stands for the number of a call that an interface lacks.
const no = -1

func assemble(tables ...table) []Row {
	var rows []Row
	for _, t := range tables {
		for name, e := range t {
			r := e.row
			r.Name, r.NR = name, [2]int{X86_64: e.amd64, I386: e.i386}
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(
			cmp.Compare(uint(a.NR[X86_64]), uint(b.NR[X86_64])), // -1 is last
			cmp.Compare(a.NR[I386], b.NR[I386]),
		)
	})
	return rows
}

func index(rows []Row) (idx [2][]*Row) {
	for arch := range idx {
		last := slices.MaxFunc(rows, func(a, b Row) int { return cmp.Compare(a.NR[arch], b.NR[arch]) })
		idx[arch] = make([]*Row, last.NR[arch]+1)
		for i := range rows {
			if nr := rows[i].NR[arch]; nr >= 0 {
				idx[arch][nr] = &rows[i]
			}
		}
	}
	return idx
}

// Len is one more than the largest call number of arch.
func Len(arch Arch) int { return len(byNumber[arch]) }
