package abi

// socketcalls are the calls behind i386's socketcall(2) by its first argument,
// and how many arguments each takes (linux/net.h). Those of send and recv that
// are not given are zero.
var socketcalls = [...]struct {
	name string
	args int
}{
	1: {"socket", 3}, 2: {"bind", 3}, 3: {"connect", 3}, 4: {"listen", 2}, 8: {"socketpair", 4},
	9: {"sendto", 4}, 10: {"recvfrom", 4}, 11: {"sendto", 6}, 12: {"recvfrom", 6},
	14: {"setsockopt", 5}, 15: {"getsockopt", 5},
	16: {"sendmsg", 3}, 17: {"recvmsg", 3}, 19: {"recvmmsg", 5}, 20: {"sendmmsg", 4},
}

// credSocketcalls holds for those that have to do with credentials alone.
func credSocketcalls() Cond { return eq(0, 4, 8) }

// hiddenSocketcalls holds for the others with work to do from the start on: send
// and recv come later.
func hiddenSocketcalls() Cond { return eq(0, 1, 2, 3, 11, 14, 15, 16, 17, 19, 20) }

// Socketcall gives the row of the call behind a socketcall and the number of
// its arguments; nil for one without ids.
func Socketcall(call uint32) (row *Row, args int) {
	if call >= uint32(len(socketcalls)) || socketcalls[call].name == "" {
		return nil, 0
	}
	for nr := range Len(I386) {
		if r := Lookup(I386, nr); r != nil && r.Name == socketcalls[call].name {
			return r, socketcalls[call].args
		}
	}
	return nil, 0
}
