// Package conformance proves that a program under pidsim sees what it would
// see if the kernel itself had given it its id.
//
// The programs in cases are small, one for each group of facts about process
// ids, and run by hand as well: cc -o x cases/fork.c && ./x. Each prints one
// line a fact and judges its facts itself. The tests run every program twice:
//
//   - natively, under the oracle (oracle/oracle.c), which has the kernel give
//     the program the real id N. It needs root; without it the program runs as
//     an ordinary child under whatever id it gets;
//   - under pidsim -pid N, in both spaces, with both engines, linked
//     dynamically and statically and for i386, as root and as nobody.
//
// The outputs must be equal, but for the documented limits that are listed as
// allowances. In a private space a leak detector looks for real ids of the
// tree in what the program said, and the ids it saw must be the same, counted
// from N, in every run.
//
// What is not promised: timing. The programs wait for what they need, so a
// slow machine makes them slow and not wrong.
package conformance
