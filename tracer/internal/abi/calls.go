package abi

import (
	"cmp"
	"slices"
)

// Calls is the table: every system call of both interfaces, by x86-64 number
// and then, for those that only i386 has, by i386 number.
var Calls = rows[:]

// Lookup gives the row of a call number, nil when there is none.
func Lookup(arch Arch, nr int) *Row {
	if nr < 0 || nr >= len(places[arch]) || places[arch][nr] == 0 {
		return nil
	}
	return &rows[places[arch][nr]-1]
}

// Len is one more than the largest call number of arch.
func Len(arch Arch) int { return len(places[arch]) }

// table is a part of Calls as it is written down: the name of each call, its
// x86-64 and its i386 number, and the rest of its row.
type table []entry

type entry struct {
	name        string
	amd64, i386 int
	row         Row
}

// no stands for the number of a call that an interface lacks.
const no = -1

// maxCalls is above every call number.
const maxCalls = 512

// written is Calls as it is written down. A program starts with what TestRows has
// made of that, which takes no time.
func written() []Row {
	var all []Row
	for _, t := range []table{
		identityCalls(), creationCalls(), waitCalls(), signalCalls(),
		schedCalls(), clockCalls(), futexCalls(), pidfdCalls(), tracingCalls(),
		fileCalls(), pathCalls(), mountCalls(), pollCalls(), socketCalls(), ipcCalls(),
		memoryCalls(), credCalls(), systemCalls(), i386Calls(),
	} {
		for _, e := range t {
			e.row.Name, e.row.NR = e.name, [2]int{X86_64: e.amd64, I386: e.i386}
			all = append(all, e.row)
		}
	}
	slices.SortFunc(all, func(a, b Row) int { return cmp.Compare(a.key(), b.key()) })
	return all
}

// key orders calls: by x86-64 number, then those that only i386 has.
func (r *Row) key() int {
	if r.NR[X86_64] < 0 {
		return maxCalls + r.NR[I386]
	}
	return r.NR[X86_64]
}
