package kernel

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/kernel/internal/script"
)

// capabilities are a process's sets (capabilities(7)), one bit each.
type capabilities struct {
	effective, permitted, inheritable, ambient uint64
}

// Either of these lets a process choose ids.
const mayChoose = 1<<unix.CAP_CHECKPOINT_RESTORE | 1<<unix.CAP_SYS_ADMIN

const (
	neededCapability = "needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN"
	gainCapability   = "run pidsim as root, give it the capability (setcap cap_checkpoint_restore+ep pidsim), or use --backend ptrace, which needs none"
)

// ownCapabilities reads those of this process; none if it cannot.
func ownCapabilities() (c capabilities) {
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		return c
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		set := map[string]*uint64{
			"CapEff": &c.effective, "CapPrm": &c.permitted, "CapInh": &c.inheritable, "CapAmb": &c.ambient,
		}[name]
		if set != nil {
			_, _ = fmt.Sscanf(strings.TrimSpace(value), "%x", set)
		}
	}
	return c
}

// extraCapability is the capability that this process has but would lose with
// the exec of the starting program, as when pidsim's file gave it. It is added
// for the start; 0 if there is none to add.
func extraCapability(c capabilities) int {
	if os.Geteuid() == 0 || c.ambient&mayChoose != 0 {
		return 0
	}
	for _, bit := range []int{unix.CAP_CHECKPOINT_RESTORE, unix.CAP_SYS_ADMIN} {
		if c.permitted&(1<<bit) != 0 {
			return bit
		}
	}
	return 0
}

// restoreCapabilities takes the addition back before the user's program: what
// an exec passes on is the ambient and the inheritable set, and an ambient
// capability goes with the permitted one.
func (b *builder) restoreCapabilities(c *capabilities) *script.Step {
	// struct __user_cap_header_struct, two struct __user_cap_data_struct.
	header := b.Words(unix.LINUX_CAPABILITY_VERSION_3)
	lo, hi := c.ambient&0xffffffff, c.ambient>>32
	data := b.Words(lo|lo<<32, c.inheritable&0xffffffff|hi<<32, hi|c.inheritable>>32<<32)
	return b.Call(unix.SYS_CAPSET, header, data).Fail(b.quit)
}
