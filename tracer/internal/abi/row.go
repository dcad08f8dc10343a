package abi

import "slices"

// The functions below are the vocabulary of the table_*.go files.

// pass is the row of a call without ids.
var pass = Row{Class: Pass}

// answer is the row of a call that h answers without running it.
func answer(h Handler) Row { return Row{Class: Answer, Stop: Always, Handler: h} }

// translate is the row of a call that carries ids.
func translate(uses ...Use) Row { return Row{Class: Translate, Uses: uses} }

// observe is the row of a call that h watches.
func observe(h Handler) Row { return Row{Class: Observe, Stop: Always, Handler: h} }

// refuse is the row of a call that always fails with errno.
func refuse(errno int, note string) Row {
	return Row{Class: Refuse, Errno: errno, Stop: Always, Handler: Refusal}.unsupported(note)
}

// refuseWhen is the row of a call that fails with errno when c holds.
func refuseWhen(c Cond, errno int, note string) Row {
	return Row{Class: Refuse, Errno: errno, Stop: c, Handler: Refusal}.partial(note)
}

// paths is the row of a call whose only ids are in paths.
func paths(args ...PathArg) Row { return Row{Class: Translate, Paths: args} }

// at is a path relative to the working directory.
func at(path int) PathArg { return PathArg{Path: path, Dir: AtCWD} }

// atDir is a path relative to a directory descriptor.
func atDir(dir, path int) PathArg { return PathArg{Path: path, Dir: dir} }

// reg is an id in a register.
func reg(arg int, k Kind) Use { return Use{Loc: InReg, Arg: arg, Kind: k} }

// taskOrCaller is the id of a task in a register, or 0 for the caller.
func taskOrCaller(arg int) Use { return Use{Loc: InReg, Arg: arg, Kind: TID, ZeroIsCaller: true} }

// result is an id in the result.
func result(k Kind) Use { return Use{Loc: Result, Kind: k} }

// inmem is an id in a structure that the kernel reads.
func inmem(arg int, k Kind, off, size [2]int) Use {
	return Use{Loc: InMem, Arg: arg, Kind: k, Off: off, Size: size}
}

// outmem is an id in memory that the kernel writes.
func outmem(arg int, k Kind, off [2]int) Use {
	return Use{Loc: OutMem, Arg: arg, Kind: k, Off: off}
}

// both is an offset or a size that the two interfaces share.
func both(n int) [2]int { return [2]int{n, n} }

// each is an offset or a size of x86-64 and i386.
func each(amd64, i386 int) [2]int { return [2]int{X86_64: amd64, I386: i386} }

func (u Use) when(c Cond) Use { u.When = c; return u }

// own marks an id as the caller's.
func (u Use) own() Use { u.Own = true; return u }

// pathsWhen looks at the paths of those calls only that meet c.
func (r Row) pathsWhen(c Cond) Row { r.PathsWhen = c; return r }

// by adds a handler.
func (r Row) by(h Handler) Row { r.Handler = h; return r }

// on adds calls that stop.
func (r Row) on(c Cond) Row { r.Stop = c; return r }

// always makes every call stop.
func (r Row) always() Row { return r.on(Always) }

// with adds a handler for the calls that meet c.
func (r Row) with(h Handler, c Cond) Row {
	r.Cases = append(slices.Clip(r.Cases), Case{When: c, Handler: h})
	return r
}

// creds adds a handler for the calls that meet c where credentials are
// emulated.
func (r Row) creds(h Handler, c Cond) Row {
	r.Creds = append(slices.Clip(r.Creds), Case{When: c, Handler: h})
	return r
}

// credential is the row of a call that only matters there, and always then.
func credential(h Handler) Row { return pass.creds(h, Always) }

// quiet limits the calls that stop while nothing is renumbered.
func (r Row) quiet(c Cond) Row { r.Quiet = c; return r }

// lazily leaves the row to a later filter.
func (r Row) lazily(l Lazy) Row { r.Lazy = l; return r }

// before adds calls that stop all the same.
func (r Row) before(c Cond) Row { r.Before = c; return r }

func (r Row) partial(note string) Row {
	r.Support, r.Note = Partial, note
	return r
}

func (r Row) unsupported(note string) Row {
	r.Support, r.Note = Unsupported, note
	return r
}

// leak says which calls show or take untranslated ids.
func (r Row) leak(c Cond) Row { r.Leak = c; return r }

// What refused calls return (errno(3)).
const (
	EPERM  = 1
	ENOSYS = 38
)
