package main

import (
	"slices"
	"strconv"
	"strings"
)

// identityVariables are compared with getpid() by the programs that read
// them: sd_listen_fds(3), sd_watchdog_enabled(3).
var identityVariables = []string{"LISTEN_PID", "WATCHDOG_PID"}

// environ returns env as the program is to see it: a variable that names
// pidsim's own process (real id self) is meant for the program, and so names
// the id that the program has.
func environ(env []string, self, pid int) []string {
	env = slices.Clone(env)
	for i, kv := range env {
		name, value, ok := strings.Cut(kv, "=")
		if ok && value == strconv.Itoa(self) && slices.Contains(identityVariables, name) {
			env[i] = name + "=" + strconv.Itoa(pid)
		}
	}
	return env
}
