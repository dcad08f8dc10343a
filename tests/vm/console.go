package vm

import (
	"regexp"
	"strings"
)

// complaints are the words with which a kernel says that something is wrong
// with itself.
var complaints = regexp.MustCompile(`BUG:|WARNING: CPU|Oops|general protection fault|Kernel panic|` +
	`blocked for more than|soft lockup|rcu.*stall|list_add corruption|list_del corruption|` +
	`sleeping function called|unable to handle|refcount_t:|guest: `)

// complaintIn gives the first complaint on a console, "" if there is none.
func complaintIn(console string) string {
	for line := range strings.Lines(console) {
		if complaints.MatchString(line) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// tail gives the last lines of a text.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
