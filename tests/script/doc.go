// Package script tests the command line of pidsim from outside: with scripts
// (the .txtar files, in the language of go-internal's testscript) and, where
// job control matters, on pseudo-terminals.
//
// A script has two commands besides testscript's own. They run a command and
// leave its output to stdout and stderr, as exec does:
//
//	status N command...      it must exit with status N
//	signalled SIG command... it must die of the signal, without a core file
package script
