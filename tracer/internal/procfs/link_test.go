package procfs

import "testing"

func TestTranslateLink(t *testing.T) {
	fs := newFakeFS()
	fs.roots["/mnt/12/proc"] = true
	tests := []struct{ text, want string }{
		{"", ""},
		{"/", "/"},
		{"/home/12", "/home/12"},
		{"/proc", "/proc"},
		{"/proc/sys/kernel", "/proc/sys/kernel"},
		{"/proc/88", "/proc/10088"},
		{"/proc/88/", "/proc/10088/"},
		{"/proc/88/fd", "/proc/10088/fd"},
		{"/proc/88/fdinfo/88", "/proc/10088/fdinfo/88"},
		{"/proc/88/task", "/proc/10088/task"},
		{"/proc/88/task/89", "/proc/10088/task/10089"},
		{"/proc/88/task/89/net/12", "/proc/10088/task/10089/net/12"},
		{"/proc/88 (deleted)", "/proc/10088 (deleted)"},
		{"/proc/88/task/89 (deleted)", "/proc/10088/task/10089 (deleted)"},
		{"/proc/12345/stat", "/proc/0/stat"}, // nobody the reader knows
		{"/mnt/12/proc/88/task/89", "/mnt/12/proc/10088/task/10089"},
		{"/mnt/12/88", "/mnt/12/88"},
		{"/home (deleted)", "/home (deleted)"},
		{"pipe:[88]", "pipe:[88]"},
		{"(unreachable)/proc/88", "(unreachable)/proc/88"},
		{"proc/88", "proc/88"},
	}
	for _, tt := range tests {
		got, changed := TranslateLink(tt.text, fs, &fakeIDs{})
		if got != tt.want || changed != (tt.want != tt.text) {
			t.Errorf("TranslateLink(%q) = %q, %v; want %q", tt.text, got, changed, tt.want)
		}
	}

	fs.roots = map[string]bool{"/": true}
	if got, _ := TranslateLink("/88/task/89", fs, &fakeIDs{}); got != "/10088/task/10089" {
		t.Errorf("in the root of procfs: %q", got)
	}
}
