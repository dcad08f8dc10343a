package procfs

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pidsim/pidsim/tracer/internal/cred"
)

// fakeIDs presents the real ids 1..9999 moved by a distance that differs for
// every kind, so that a wrong kind shows; others are unknown.
type fakeIDs struct {
	state   byte
	filters int
	nnp     bool
	args    [6]uint64
	cred    *cred.Cred
	asked   int32 // the task of the last question about one
}

func moved(real, by int32) (int32, bool) { return real + by, real > 0 && real < 10000 }

func (f *fakeIDs) VirtualTID(real int32) (int32, bool)  { return moved(real, 10000) }
func (f *fakeIDs) VirtualTGID(real int32) (int32, bool) { return moved(real, 20000) }
func (f *fakeIDs) VirtualPGID(real int32) (int32, bool) { return moved(real, 30000) }
func (f *fakeIDs) VirtualSID(real int32) (int32, bool)  { return moved(real, 40000) }
func (f *fakeIDs) RunState(real int32) byte             { f.asked = real; return f.state }
func (f *fakeIDs) HideFilters(real int32) (int, bool)   { f.asked = real; return f.filters, f.nnp }
func (f *fakeIDs) Credentials(int32) *cred.Cred         { return f.cred }
func (f *fakeIDs) CallArgs(real int32) ([6]uint64, bool) {
	f.asked = real
	return f.args, f.args != [6]uint64{}
}
func (f *fakeIDs) LastID(real int32) int32 { return real + 50000 }
func (f *fakeIDs) NetlinkPort(port int32) int32 {
	if v, ok := f.VirtualTGID(port); ok {
		return v
	}
	return port
}
func (f *fakeIDs) IDMax() int32 { return 12345 }

// statTail is what follows field 8 in a stat file of Linux 6.18.
const statTail = " 4194304 102 0 0 0 0 0 0 0 20 0 1 0 68110 3133440 383 18446744073709551615 94467655712768 94467655732649" +
	" 140726550771024 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 94467655748656 94467655750272 94468064157696 140726550776514" +
	" 140726550776534 140726550776534 140726550777835 0\n"

func TestTranslateStat(t *testing.T) {
	tests := []struct {
		name, head, want string
		state            byte
	}{
		{name: "plain", head: "5031 (cat) R 5023 5022 3079 0 -1", want: "15031 (cat) R 25023 35022 43079 0 -1"},
		{name: "terminal", head: "5031 (bash) S 5023 5031 5031 34816 5040", want: "15031 (bash) S 25023 35031 45031 34816 35040"},
		{name: "closing parenthesis and numbers", head: "5031 (a) 7 (b) S 12 5022 3079 0 -1",
			want: "15031 (a) 7 (b) S 20012 35022 43079 0 -1"},
		{name: "whole fields in the name", head: "5031 () R 1 2 3 4 5) S 12 5022 3079 0 -1",
			want: "15031 () R 1 2 3 4 5) S 20012 35022 43079 0 -1"},
		{name: "newline and blanks in the name", head: "5031 (\n ) t 1\n) S 12 5022 3079 0 -1",
			want: "15031 (\n ) t 1\n) S 20012 35022 43079 0 -1"},
		{name: "empty name", head: "5031 () S 12 5022 3079 0 -1", want: "15031 () S 20012 35022 43079 0 -1"},
		{name: "orphan of a dying session", head: "5031 (x) Z 0 -1 -1 0 -1", want: "15031 (x) Z 0 -1 -1 0 -1"},
		{name: "unknown ids", head: "5031 (x) S 10000 10001 10002 0 10003", want: "15031 (x) S 0 0 0 0 0"},
		{name: "unknown itself", head: "123456 (x) S 1 1 1 0 -1", want: "0 (x) S 20001 30001 40001 0 -1"},
		{name: "terminal number is no id", head: "5031 (x) S 1 1 1 1025 -1", want: "15031 (x) S 20001 30001 40001 1025 -1"},
		{name: "held", head: "5031 (x) t 1 1 1 0 -1", state: 'S', want: "15031 (x) S 20001 30001 40001 0 -1"},
		{name: "held and stopped", head: "5031 (x) t 1 1 1 0 -1", state: 'T', want: "15031 (x) T 20001 30001 40001 0 -1"},
		{name: "held, state not known", head: "5031 (x) t 1 1 1 0 -1", state: '?', want: "15031 (x) t 20001 30001 40001 0 -1"},
		{name: "not held", head: "5031 (x) D 1 1 1 0 -1", state: 'R', want: "15031 (x) D 20001 30001 40001 0 -1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ids := &fakeIDs{state: tt.state}
			in := []byte(tt.head + statTail)
			got, changed := TranslateStat(in, ids)
			if diff := cmp.Diff(tt.want+statTail, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !changed {
				t.Error("not reported as changed")
			}
			if tt.state != 0 && strings.Contains(tt.head, ") t") && ids.asked != 5031 {
				t.Errorf("asked for the state of %d", ids.asked)
			}
			if string(in) != tt.head+statTail {
				t.Error("the input was written to")
			}
		})
	}
}

func TestTranslateStatLeavesOddText(t *testing.T) {
	for _, text := range []string{
		"", "\n", "5031", "5031 (", "5031 )", "5031 )(", "x (y) S 1 2 3", " (y) S 1 2 3 4 5", "99999999999 (y) S 1 2 3",
		"cpu  1 2 3 4\n", "5031 cat R 1 2 3",
	} {
		got, changed := TranslateStat([]byte(text), &fakeIDs{state: 'S'})
		if changed || string(got) != text {
			t.Errorf("TranslateStat(%q) = %q, %v", text, got, changed)
		}
	}
	// A text that ends early is translated as far as it goes.
	got, _ := TranslateStat([]byte("5031 (y) S 1 2"), &fakeIDs{})
	if string(got) != "15031 (y) S 20001 30002" {
		t.Errorf("cut text: %q", got)
	}
}

const statusText = "Name:\ta) 7 (b\\nPid:\\t3\nUmask:\t0022\nState:\t%s\nTgid:\t5028\nNgid:\t%d\nPid:\t5029\nPPid:\t5023\n" +
	"TracerPid:\t%d\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t256\nGroups:\t4 5028 \nNStgid:\t5028%s\nNSpid:\t5029%s\n" +
	"NSpgid:\t5022%[4]s\nNSsid:\t3079%[4]s\nKthread:\t0\nVmPeak:\t    5028 kB\nThreads:\t2\nSigQ:\t0/96365\n" +
	"NoNewPrivs:\t%[6]d\nSeccomp:\t%[7]d\n%[8]sSpeculation_Store_Bypass:\tvulnerable\nvoluntary_ctxt_switches:\t5028\n"

func status618(state string, ngid, tracer int, tgidColumns, tidColumns string, nnp, seccomp int, filters string) string {
	return fmt.Sprintf(statusText, state, ngid, tracer, tgidColumns, tidColumns, nnp, seccomp, filters)
}

func TestTranslateStatus(t *testing.T) {
	got, changed := TranslateStatus([]byte(status618("t (tracing stop)", 5028, 4000, "\t17\t1", "\t18\t2", 1, 2, "Seccomp_filters:\t3\n")),
		&fakeIDs{state: 'S', filters: 1, nnp: true})
	want := status618("S (sleeping)", 15028, 0, "\t17\t1", "\t18\t2", 0, 2, "Seccomp_filters:\t2\n")
	want = strings.NewReplacer("Tgid:\t5028", "Tgid:\t25028", "\nPid:\t5029", "\nPid:\t15029", "PPid:\t5023", "PPid:\t25023",
		"NStgid:\t5028", "NStgid:\t25028", "NSpid:\t5029", "NSpid:\t15029", "NSpgid:\t5022", "NSpgid:\t35022",
		"NSsid:\t3079", "NSsid:\t43079").Replace(want)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !changed {
		t.Error("not reported as changed")
	}
}

func TestTranslateStatusHides(t *testing.T) {
	tests := []struct {
		name             string
		nnp, mode        int
		count            string
		ids              fakeIDs
		wantNNP, wantSec int
		wantCount        string
	}{
		{"nothing to hide", 0, 0, "Seccomp_filters:\t0\n", fakeIDs{}, 0, 0, "Seccomp_filters:\t0\n"},
		{"only ours", 1, 2, "Seccomp_filters:\t2\n", fakeIDs{filters: 2, nnp: true}, 0, 0, "Seccomp_filters:\t0\n"},
		{"ours and its own", 1, 2, "Seccomp_filters:\t3\n", fakeIDs{filters: 2}, 1, 2, "Seccomp_filters:\t1\n"},
		{"only its own", 1, 2, "Seccomp_filters:\t1\n", fakeIDs{}, 1, 2, "Seccomp_filters:\t1\n"},
		{"more than there are", 0, 2, "Seccomp_filters:\t1\n", fakeIDs{filters: 5}, 0, 0, "Seccomp_filters:\t0\n"},
		{"strict mode is its own", 0, 1, "Seccomp_filters:\t0\n", fakeIDs{filters: 1}, 0, 1, "Seccomp_filters:\t0\n"},
		{"no count before Linux 5.9", 1, 2, "", fakeIDs{filters: 1, nnp: true}, 0, 0, ""},
		{"no count and not ours", 1, 2, "", fakeIDs{}, 1, 2, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ids := tt.ids
			got, _ := TranslateStatus([]byte(status618("S (sleeping)", 0, 0, "", "", tt.nnp, tt.mode, tt.count)), &ids)
			want := fmt.Sprintf("NoNewPrivs:\t%d\nSeccomp:\t%d\n%sSpec", tt.wantNNP, tt.wantSec, tt.wantCount)
			if !strings.Contains(string(got), want) {
				t.Errorf("no %q in\n%s", want, got)
			}
			if ids.asked != 5029 {
				t.Errorf("asked about task %d", ids.asked)
			}
		})
	}
}

func TestTranslateStatusLeavesOddText(t *testing.T) {
	for _, text := range []string{
		"", "\n", ":", "Pid", "Pid:", "Pid:\t", "Pid:\t\n", "State:\n", "Seccomp_filters:\t\n", "TracerPid:\t0", "Tgid:\tx\n",
		"NSpid:\t\t\n", "Name:\tPid:\t5\n", "\tPid:\t5\n",
	} {
		got, changed := TranslateStatus([]byte(text), &fakeIDs{state: 'S', filters: 1, nnp: true})
		if changed || string(got) != text {
			t.Errorf("TranslateStatus(%q) = %q, %v", text, got, changed)
		}
	}
}

// identityIDs presents every id as it is and hides nothing.
type identityIDs struct{}

func (identityIDs) VirtualTID(real int32) (int32, bool)  { return real, true }
func (identityIDs) VirtualTGID(real int32) (int32, bool) { return real, true }
func (identityIDs) VirtualPGID(real int32) (int32, bool) { return real, true }
func (identityIDs) VirtualSID(real int32) (int32, bool)  { return real, true }
func (identityIDs) RunState(int32) byte                  { return 0 }
func (identityIDs) HideFilters(int32) (int, bool)        { return 0, false }
func (identityIDs) Credentials(int32) *cred.Cred         { return nil }
func (identityIDs) CallArgs(int32) ([6]uint64, bool)     { return [6]uint64{}, false }
func (identityIDs) LastID(real int32) int32              { return real }
func (identityIDs) NetlinkPort(port int32) int32         { return port }
func (identityIDs) IDMax() int32                         { return 4194304 }

// The files of this machine, whatever its kernel: with the identity nothing
// changes, and otherwise all that changes is what must.
func TestTranslateRealFiles(t *testing.T) {
	for _, f := range []File{Stat, Status} {
		text, err := os.ReadFile("/proc/self/" + f.String())
		if err != nil {
			t.Fatal(err)
		}
		if got, changed := f.Translate(text, 5029, identityIDs{}); changed || !bytes.Equal(got, text) {
			t.Errorf("%s changes under the identity:\n%s%s", f, text, got)
		}
		ids := movedIDs{}
		got, changed := f.Translate(text, 5029, ids)
		pid := fmt.Sprint(os.Getpid())
		if !changed || bytes.Contains(got, []byte("\t"+pid+"\n")) || bytes.HasPrefix(got, []byte(pid+" ")) {
			t.Errorf("%s still has %s:\n%s", f, pid, got)
		}
	}
	if got, changed := NoFile.Translate([]byte("1 (x) R 1"), 1, &fakeIDs{}); changed || string(got) != "1 (x) R 1" {
		t.Errorf("NoFile translates to %q", got)
	}
}

// movedIDs moves every id.
type movedIDs struct{ identityIDs }

func (movedIDs) VirtualTID(real int32) (int32, bool)  { return real + 4000000, true }
func (movedIDs) VirtualTGID(real int32) (int32, bool) { return real + 4000000, true }
func (movedIDs) VirtualPGID(real int32) (int32, bool) { return real + 4000000, true }
func (movedIDs) VirtualSID(real int32) (int32, bool)  { return real + 4000000, true }

// checkTranslation holds for any text whatever.
func checkTranslation(t *testing.T, f File, text []byte) {
	t.Helper()
	before := bytes.Clone(text)
	got, changed := f.Translate(text, 5029, &fakeIDs{state: 'S', filters: 1, nnp: true})
	if !bytes.Equal(before, text) {
		t.Errorf("%s wrote to its input %q", f, before)
	}
	if changed == bytes.Equal(got, text) {
		t.Errorf("%s: changed is %v for %q and %q", f, changed, text, got)
	}
	if a, b := bytes.Count(text, []byte("\n")), bytes.Count(got, []byte("\n")); a != b {
		t.Errorf("%s: %d lines of %q became %d of %q", f, a, text, b, got)
	}
	// The longest growth of one replacement is from "t" or one digit.
	if lines := bytes.Count(text, []byte("\n")) + 8; len(got) > len(text)+lines*len("D (disk sleep)") {
		t.Errorf("%s grew from %d to %d bytes", f, len(text), len(got))
	}
	if utf8.Valid(text) && !utf8.Valid(got) {
		t.Errorf("%s broke a character: %q", f, got)
	}
	if _, changed := f.Translate(text, 5029, identityIDs{}); changed && f != PIDMax && !bytes.Contains(text, []byte("TracerPid:")) &&
		!bytes.Contains(text, []byte("Seccomp_filters:")) && !hasOddNumber(text) {
		t.Errorf("%s changes %q under the identity", f, text)
	}
}

// hasOddNumber tells whether a number in the text may be spelled in another way
// than ours.
func hasOddNumber(text []byte) bool {
	return bytes.ContainsAny(text, "+-") || bytes.Contains(text, []byte("0"))
}

func FuzzStat(f *testing.F) {
	f.Add([]byte("5031 (a) 7 (b) t 5023 5022 3079 0 5040" + statTail))
	f.Add([]byte("5031 (\n) S -1 0 -1 0 -1"))
	addReal(f, "stat")
	f.Fuzz(func(t *testing.T, text []byte) { checkTranslation(t, Stat, text) })
}

func FuzzStatus(f *testing.F) {
	f.Add([]byte(status618("t (tracing stop)", 1, 2, "\t3", "\t4", 1, 2, "Seccomp_filters:\t3\n")))
	f.Add([]byte(status618("Z (zombie)", 0, 0, "", "", 0, 0, "")))
	addReal(f, "status")
	f.Fuzz(func(t *testing.T, text []byte) { checkTranslation(t, Status, text) })
}

// addReal adds the file of some processes of this machine.
func addReal(f *testing.F, name string) {
	for _, dir := range []string{"/proc/self/", "/proc/1/", "/proc/thread-self/"} {
		if text, err := os.ReadFile(dir + name); err == nil {
			f.Add(text)
		}
	}
}

func BenchmarkTranslate(b *testing.B) {
	for _, f := range []File{Stat, Status} {
		text, err := os.ReadFile("/proc/self/" + f.String())
		if err != nil {
			b.Fatal(err)
		}
		b.Run(f.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.Translate(text, 5029, movedIDs{})
			}
		})
	}
}
