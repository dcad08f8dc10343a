// Package procfs knows the shape of the proc file system (proc(5)): which
// paths name processes and threads, and which bytes of which files are ids.
// The supervisor asks it at the stop of a call that takes a path.
//
// A path is handled in three steps, each more expensive than the one before:
//
//   - [Candidate] looks at the text of a path alone and sends nearly all
//     paths away;
//   - [Resolve] follows a path as the kernel would follow it for the tracee,
//     replaces the virtual ids in it by real ones and says what it leads to;
//   - [File.Translate] rewrites the text of a file that holds ids, from real
//     to virtual ones.
//
// [TranslateLink] does the last for paths that the kernel makes up, and
// [Dirents] for the listing of a directory.
//
// Promised: an id in a path is replaced only where the kernel would look it
// up as an id, which is directly below the root of a procfs and in the task
// directory of a process; every other path is left as the program spelled it.
// No text, however odd, makes the package panic, and the work is bounded.
//
// Not promised: symbolic links that contain a virtual id are followed only
// when the path that leads to them passes Candidate, and a bind mount of a
// single process directory to another place is not recognised as such.
//
// The package makes no system calls. What it must know about the tracee's
// files it asks through [FS].
package procfs
