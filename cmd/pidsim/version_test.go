package main

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersionText(t *testing.T) {
	full := &debug.BuildInfo{
		Main:     debug.Module{Version: "v1.2.3"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}},
	}
	clean := &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "false"}}}
	for _, tt := range []struct {
		info *debug.BuildInfo
		want []string
	}{
		{full, []string{"pidsim    v1.2.3\n", "commit    abc with changes\n", "go        go", "backends  ptrace, setforkpid, set-tid, ns-last-pid, namespace\n"}},
		{clean, []string{"pidsim    (devel)\n", "commit    abc\n"}},
		{new(debug.BuildInfo), []string{"pidsim    (devel)\n", "commit    unknown\n"}},
	} {
		got := versionText(tt.info)
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in\n%s", want, got)
			}
		}
	}
}
