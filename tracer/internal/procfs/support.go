package procfs

// Support says for users how completely ids are presented in a file.
type Support struct {
	// Path is the file's, with PID, TID and N for numbers and * for names.
	Path string
	// Class is "translate", or "pass" for what shows what the kernel does.
	Class string
	// Level is "full", "partial" or "unsupported", as for system calls.
	Level string
	// Note says what is missing.
	Note string
}

const (
	translated = "translate"
	passed     = "pass"

	full        = "full"
	partial     = "partial"
	unsupported = "unsupported"
)

// notes are those of translated files that are not complete.
var notes = [len(contents)]string{
	Syscall: "that of the reader itself shows how it opened the file, not that it reads",
	Netlink: "a socket that was first used with send or write is shown with the real id of its process, if that is no virtual id as well",
	Loadavg: "load and numbers of tasks are those of the machine",
	Keys:    "of a request for a key only the process that made it is translated",
	PIDMax:  "shows what --pid-max says; what is written is for the machine",
}

// others are files and directories that are not in the table of contents.
var others = []Support{
	{"/proc", translated, full, ""},
	{"/proc/self", translated, full, ""},
	{"/proc/thread-self", translated, full, ""},
	{"/proc/PID", translated, full, ""},
	{"/proc/PID/task", translated, full, ""},
	{"/proc/PID/task/TID", translated, full, ""},
	{"/proc/PID/cwd", translated, full, ""},
	{"/proc/PID/root", translated, full, ""},
	{"/proc/PID/fd/N", translated, full, ""},
	{"/proc/PID/cmdline", passed, full, "texts that programs have chosen"},
	{"/proc/PID/comm", passed, full, "texts that programs have chosen"},
	{"/proc/PID/environ", passed, full, "texts that programs have chosen"},
	{"/proc/PID/cgroup", passed, full, "texts that programs have chosen"},
	{"/proc/PID/mountinfo", passed, partial, "options that name processes (autofs, overlayfs on /proc/PID/fd) show real ids"},
	{"/proc/PID/mounts", passed, partial, "options that name processes (autofs, overlayfs on /proc/PID/fd) show real ids"},
	{"/proc/PID/mountstats", passed, partial, "options that name processes (autofs, overlayfs on /proc/PID/fd) show real ids"},
	{"/proc/PID/task/TID/*", translated, full, "as far as /proc/PID/* is"},
	{"/proc/PID/*", passed, full, ""},
	{"/proc/stat", passed, partial, "numbers of processes are those of the machine"},
	{"/proc/kmsg", passed, unsupported, "messages of the kernel name real ids"},
	{"/proc/sys/kernel/core_pattern", translated, partial, "core files get virtual ids when the process ends; a program that is started for them sees real ones"},
	{"/proc/sys/kernel/cad_pid", passed, unsupported, "shows and takes a real id"},
	{"/proc/asound/*", passed, unsupported, "what drivers and file systems say of processes has real ids"},
	{"/proc/fs/*", passed, unsupported, "what drivers and file systems say of processes has real ids"},
	{"/proc/*", passed, full, ""},
	{"/sys/fs/cgroup/*/cgroup.procs", translated, partial, openedBoth},
	{"/sys/fs/cgroup/*/cgroup.threads", translated, partial, openedBoth},
	{"/sys/fs/cgroup/*/tasks", translated, partial, openedBoth},
	{"/dev/mqueue/*", translated, full, ""},
	{"/sys/fs/resctrl/*/tasks", passed, unsupported, "shows and takes real ids"},
	{"/sys/kernel/tracing/*", passed, unsupported, "show and take real ids"},
	{"/sys/kernel/debug/*", passed, unsupported, "show and take real ids"},
}

const openedBoth = "a file that is open for reading and writing at once shows real ids"

// Files lists what is known of files that show ids.
func Files() []Support {
	var all []Support
	for f := NoFile + 1; int(f) < len(contents); f++ {
		s := Support{Path: contents[f].usersPath(), Class: translated, Level: full, Note: notes[f]}
		if s.Note != "" {
			s.Level = partial
		}
		all = append(all, s)
	}
	return append(all, others...)
}

// usersPath is the path of a translated file as users know it. What a process
// has, its threads have as well.
func (c content) usersPath() string {
	switch {
	case c.in&inProcess != 0:
		return "/proc/PID/" + c.path
	case c.in&inThread != 0:
		return "/proc/PID/task/TID/" + c.path
	}
	return "/proc/" + c.path
}
