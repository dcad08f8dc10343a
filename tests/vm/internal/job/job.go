// Package job is what the host and the guest of a virtual machine say to each
// other: a Job goes in with the initramfs, an Outcome and a file of output for
// each command come back in the shared directory.
package job

import "strconv"

// File is the name of the Job in the initramfs.
const File = "job.json"

// The tags of the two directories that the host exports over 9p.
const (
	RootTag  = "host"
	ShareTag = "share"
)

// Job is what a guest has to do before it switches itself off.
type Job struct {
	Modules  []string  // in the initramfs, to load in this order
	Share    string    // path of the shared directory, on the host and in the guest
	Visible  []string  // host directories to show even where the guest has its own /tmp
	Commands []Command // to run one after the other
}

// Command is one command.
type Command struct {
	Args    []string
	Env     []string // added to the environment
	Dir     string   // "" is the root
	Seconds int      // until it is killed with all of its process group
}

// Outcome is how a command ended.
type Outcome struct {
	Status       int    // exit status, -1 if it did not exit by itself
	Signal       int    // that ended it, or 0
	Late         bool   // killed after its Seconds
	Error        string // why it could not be started
	Milliseconds int64
}

// OutputFile and OutcomeFile name the files of command n in the share.
func OutputFile(n int) string  { return strconv.Itoa(n) + ".out" }
func OutcomeFile(n int) string { return strconv.Itoa(n) + ".json" }
