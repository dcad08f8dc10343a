// Package pidspace is the model of a process id space: which number every
// task of a supervised tree has, in both directions, and which numbers may be
// given to the next one.
//
// It knows two kinds of numbers. A real number is what the kernel uses; a
// virtual number is what the programs of the tree see. Both come in four
// kinds of ids (TID, TGID, PGID, SID), and each combination is a type of its
// own, so that a mix-up does not compile.
//
// Two kinds of spaces exist:
//
//   - In the host space ([Host]) the map from real to virtual numbers is a
//     permutation of all numbers: the identity, except where a task of the
//     tree presents a chosen one. If the task with real number R presents N,
//     then whatever really is N appears as R. Nothing is hidden and no number
//     is ambiguous.
//   - In a private space ([Private]) only the tree exists, as in a pid
//     namespace. Numbers follow the kernel's order from the root on and are
//     the same in every run that creates tasks in the same order.
//
// In both a [Plan] names the numbers of the next processes, a [Family] those of
// what each process creates, as in an earlier tree, and a [Policy] chooses.
//
// # What is promised
//
// A number that is in use is never given out again: numbers are one space
// shared by tasks, process groups and sessions, as with the kernel's struct
// pid, and one is busy while it is a live task, a zombie, a group with members
// or a session with members. The number of a live task of the tree never
// changes, and ToReal(ToVirtual(r)) is r for it. After a task is gone its real
// number is still translated (signals, sockets and IPC objects carry it on)
// until the kernel issues that real number to the tree again, or until 32768
// later tasks have gone.
//
// # What is not promised
//
// The package asks nobody and changes nothing outside itself: it makes no
// system calls and checks no permissions; it records what its caller has seen
// happen. It does not know parents, and of processes outside the tree it knows
// only those that [Config] names. How an outsider appears in the host space
// may change when a task of the tree is given the number that it had.
//
// # Concurrency
//
// A [Space] may be used from several goroutines: a lock inside makes every
// method atomic. Its design point is one goroutine that changes it and any
// number of readers; translations share the lock and do not allocate.
package pidspace
