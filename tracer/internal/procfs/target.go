package procfs

// UnknownID stands in a path for a virtual id that nobody has: a number that
// the kernel never gives to a task, so that it answers ENOENT itself, and in
// the right order with its other checks.
const UnknownID = 1<<31 - 1

// maxPath is PATH_MAX: the longest path the kernel accepts, with its NUL.
const maxPath = 4096

// maxLinks is MAXSYMLINKS: how many links the kernel follows in one path.
const maxLinks = 40

// maxAsks bounds how often one path makes the resolver ask its FS.
const maxAsks = 1024

// Request is a path that a tracee passed to a system call.
type Request struct {
	// Path is the text of the argument.
	Path string
	// Dir is the directory that a relative path starts from: the text that
	// readlink(2) gives for the tracee's cwd or directory descriptor, seen
	// from the tracee's root, in real numbers. It is not used for an
	// absolute Path.
	Dir string
	// Follow tells whether the call follows a link in the last component.
	Follow bool
	// TGID and TID are the real ids of the calling process and thread:
	// where self and thread-self lead.
	TGID, TID int32
	// Real finds the real id of the task that has a virtual one.
	Real func(virtual int32) (int32, bool)
}

// Place says where a file is with respect to procfs.
type Place uint8

const (
	// Elsewhere is in no procfs, in the procfs of another pid namespace
	// than the supervisor's (its numbers are not the real ones), or does
	// not exist.
	Elsewhere Place = iota
	// Inside is in a procfs, below its root.
	Inside
	// Top is the root directory of a procfs.
	Top
)

// FS answers questions about files as the tracee sees them: from its root, in
// its mount namespace. All paths are absolute and have real numbers.
type FS interface {
	// Outside tells whether path, followed through ordinary symbolic
	// links, leads to something that exists and is in no procfs. It must
	// answer false when a magic link is on the way or when it cannot tell:
	// it only saves the resolver a slow walk. One openat2(2) with O_PATH
	// and RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS and one fstatfs(2) do it.
	Outside(path string) bool

	// Place says where path is. No component is an ordinary symbolic link
	// except perhaps the last, which is not followed (it is Elsewhere);
	// magic links on the way are followed. The root directory of a procfs
	// is known by PROC_SUPER_MAGIC of statfs(2) together with inode 1, and
	// the pid namespace of a procfs by its link "self", which shows the
	// supervisor its own id in the right one.
	Place(path string) Place

	// Readlink is readlink(2) for a path like that of Place. Its error is
	// EINVAL for what is not a link. For a magic link it gives the path
	// seen from the tracee's root.
	Readlink(path string) (string, error)
}

// Kind says what a path leads to.
type Kind uint8

const (
	// NotProc is not in procfs. What lies behind the last component that
	// Candidate has a reason for is not looked at: if that is an ordinary
	// link into procfs, as in /srv/12/link, the kind is NotProc too.
	NotProc Kind = iota
	// Other is in procfs and needs no work beyond the path.
	Other
	// ProcRoot is the root directory of a procfs.
	ProcRoot
	// PIDDir is the directory of a process, /proc/PID (the kernel accepts
	// any thread's id there).
	PIDDir
	// TaskDir is /proc/PID/task.
	TaskDir
	// TIDDir is /proc/PID/task/TID.
	TIDDir
	// Self is the link /proc/self, when the call does not follow it.
	Self
	// ThreadSelf is the link /proc/thread-self, likewise.
	ThreadSelf
	// MagicLink is a link of a process that the kernel makes up: cwd, exe,
	// root, fd/N, ns/*, map_files/*, when the call does not follow it.
	MagicLink
	// ContentFile is a file whose text holds ids: Target.File says which.
	ContentFile
)

// String names the kind for messages.
func (k Kind) String() string {
	names := [...]string{"not procfs", "other", "procfs root", "process directory", "task directory",
		"thread directory", "self", "thread-self", "magic link", "content file"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown kind"
}

// Target is what a path leads to.
type Target struct {
	Kind Kind
	// Path is what the kernel must be given in the place of the request's
	// Path, to be used with the same directory. Changed tells whether it
	// differs from it; a path can need changing whatever its Kind, as
	// /proc/PID/cwd/file does.
	Path    string
	Changed bool
	// Root is the root directory of the procfs, "/proc" as a rule, seen
	// from the tracee's root.
	Root string
	// Within is the path from Root to the object, in real numbers; empty
	// for Root itself, and when the way from Root is not known.
	Within string
	// PID and TID are the numbers of the process and thread directory that
	// the object is or is in, real; zero where there is none, UnknownID
	// for a virtual id that nobody has. PID is a thread's id when the
	// program used one there.
	PID, TID int32
	// VirtualPID and VirtualTID are those numbers as the program wrote
	// them; zero when it wrote "self" or did not name them in this path.
	VirtualPID, VirtualTID int32
	// File is the file when Kind is ContentFile, else NoFile.
	File File
}
