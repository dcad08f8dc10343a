// Package suites holds pidsim against programs and tests of other people: the
// Go toolchain's own tests of processes and signals, CPython's, stress-ng,
// shells with job control, the tools that show processes, and programs that are
// made of many processes or tell others their ids: make, git, tmux, redis,
// PostgreSQL, nginx, Node, Java, Python's multiprocessing, D-Bus, agents for keys,
// gops and bubblewrap.
//
// Each judge runs natively and under pidsim in both spaces, in the same test,
// and is compared item by item: a test of a suite, a line of a transcript, a
// fact that a script prints. A difference is a bug of pidsim, or has an entry
// with its reason in allowances_test.go.
//
// What a judge needs is listed in packages.txt; without it the judge is
// skipped and says so. With -short a small part of every kind is run, with -long
// the whole of suites of which else a part is run. Nothing is left
// behind: processes that a run leaves are ended when the tests end, and all files
// are below one directory.
package suites
