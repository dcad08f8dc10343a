package abi

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

// Len is one more than the largest call number of arch.
func Len(arch Arch) int { return len(byNumber[arch]) }

// table is a part of Calls as it is written down: the name of each call, its
// x86-64 and its i386 number, and the rest of its row. It is no map: that would
// take most of the time that the table costs at every start.
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

// assemble joins tables. It runs at every start of the program, and sorting
// rows costs more than all the rest of it, so their places are counted first.
func assemble(tables ...table) []Row {
	var place [2 * maxCalls]int // of the call with that key, plus one
	for _, t := range tables {
		for i := range t {
			if place[t[i].key()] != 0 {
				panic("abi: two calls have the number of " + t[i].name)
			}
			place[t[i].key()] = 1
		}
	}
	n := 0
	for key, used := range place {
		n += used
		place[key] = n
	}
	rows := make([]Row, n)
	for _, t := range tables {
		for i := range t {
			e := &t[i]
			r := &rows[place[e.key()]-1]
			*r = e.row
			r.Name, r.NR = e.name, [2]int{X86_64: e.amd64, I386: e.i386}
		}
	}
	return rows
}

// key orders calls: by x86-64 number, then those that only i386 has.
func (e *entry) key() int {
	if e.amd64 < 0 {
		return maxCalls + e.i386
	}
	return e.amd64
}

func index(rows []Row) (idx [2][]*Row) {
	for arch := range idx {
		last := 0
		for i := range rows {
			last = max(last, rows[i].NR[arch])
		}
		idx[arch] = make([]*Row, last+1)
		for i := range rows {
			if nr := rows[i].NR[arch]; nr >= 0 {
				idx[arch][nr] = &rows[i]
			}
		}
	}
	return idx
}
