package procfs

import (
	"strings"
	"testing"
)

func TestFiles(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Files() {
		if seen[s.Path] {
			t.Errorf("%s is listed twice", s.Path)
		}
		seen[s.Path] = true
		if (s.Level == partial || s.Level == unsupported) && s.Note == "" {
			t.Errorf("%s is %s and does not say why", s.Path, s.Level)
		}
		if s.Class == translated && s.Level == unsupported {
			t.Errorf("%s is translated and not supported", s.Path)
		}
		if !strings.HasPrefix(s.Path, "/proc") && !strings.HasPrefix(s.Path, "/sys/") && !strings.HasPrefix(s.Path, "/dev/") || strings.Contains(s.Path, ",") {
			t.Errorf("%q is not a path", s.Path)
		}
	}
	for _, path := range []string{"/proc/PID/stat", "/proc/locks", "/proc/PID/task/TID/children", "/proc/kmsg"} {
		if !seen[path] {
			t.Errorf("%s is not listed", path)
		}
	}
}
