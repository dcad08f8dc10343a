package bench

import (
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// thisMachine describes the machine.
func thisMachine() Machine {
	m := Machine{Kernel: "Linux", CPU: "unknown processor", CPUs: runtime.NumCPU()}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Kernel = clean("Linux " + unix.ByteSliceToString(u.Release[:]))
	}
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			m.CPU = clean(strings.Join(strings.Fields(value), " "))
			break
		}
	}
	return m
}
