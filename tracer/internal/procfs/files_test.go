package procfs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const messages = "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n"

const netlink = "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"

const flowlabels = "Label S Owner  Users  Linger Expires  Dst                              Opt\n"

// The real ids 1..9999 are presented as 1xxxx (threads), 2xxxx (processes) and
// so on, others are not known.
func TestTranslateFiles(t *testing.T) {
	tests := []struct {
		name     string
		file     File
		in, want string
	}{
		{"children", Children, "5031 5040 5041 ", "25031 25040 25041 "},
		{"children, some unknown", Children, "10000 5031 10001 10002 5041 10003 ", "25031 25041 "},
		{"children, all unknown", Children, "10000 ", ""},
		{"children, no blank at the end", Children, "5031 5040", "25031 25040"},
		{"no children", Children, "", ""},

		{"sched", Sched, "cat (5031, #threads: 1)\n------\nse.exec_start : 5031.5031\n", "cat (15031, #threads: 1)\n------\nse.exec_start : 5031.5031\n"},
		{"sched, name", Sched, "a (5, #threads: 7)\n(b) (5031, #threads: 2)\n------\nx: 5031\n", "a (5, #threads: 7)\n(b) (15031, #threads: 2)\n------\nx: 5031\n"},
		{"sched, numa group", Sched, "x (1, #threads: 1)\n---------\nmm->numa_scan_seq : 0\ncurrent_node=0, numa_group_id=5031\n",
			"x (10001, #threads: 1)\n---------\nmm->numa_scan_seq : 0\ncurrent_node=0, numa_group_id=15031\n"},
		{"sched, no heading", Sched, "5031\n", "5031\n"},

		{"timers", Timers, "ID: 0\nsignal: 14/0000000000005031\nnotify: signal/pid.5031\nClockID: 0\n",
			"ID: 0\nsignal: 14/0000000000005031\nnotify: signal/pid.15031\nClockID: 0\n"},
		// Clock -40250 is ~5031<<3 | 6: the processor time of thread 5031.
		{"timers of a thread", Timers, "ID: 5031\nsignal: 14/0\nnotify: thread/tid.5032\nClockID: -40250\nID: 7\nsignal: 0/0\nnotify: none/pid.1\nClockID: -2\n",
			"ID: 5031\nsignal: 14/0\nnotify: thread/tid.15032\nClockID: -120250\nID: 7\nsignal: 0/0\nnotify: none/pid.10001\nClockID: -2\n"},

		{"fdinfo of a pidfd", FDInfo, "pos:\t0\nflags:\t02000002\nmnt_id:\t5031\nino:\t5031\nPid:\t5031\nNSpid:\t5031\t12\n",
			"pos:\t0\nflags:\t02000002\nmnt_id:\t5031\nino:\t5031\nPid:\t15031\nNSpid:\t15031\t12\n"},
		{"fdinfo of a pidfd of the dead", FDInfo, "pos:\t0\nPid:\t-1\nNSpid:\t-1\n", "pos:\t0\nPid:\t-1\nNSpid:\t-1\n"},
		{"fdinfo of a stranger's pidfd", FDInfo, "Pid:\t10000\nNSpid:\t10000\n", "Pid:\t0\nNSpid:\t0\n"},
		{"fdinfo with locks", FDInfo, "pos:\t5031\nlock:\t1: POSIX  ADVISORY  WRITE 5031 fe:00:5031 0 EOF\nlock:\t2: OFDLCK ADVISORY  READ  -1 fe:00:5031 5031 5032\n",
			"pos:\t5031\nlock:\t1: POSIX  ADVISORY  WRITE 25031 fe:00:5031 0 EOF\nlock:\t2: OFDLCK ADVISORY  READ  -1 fe:00:5031 5031 5032\n"},
		{"fdinfo of an io_uring", FDInfo, "SqMask:\t5\nSqThread:\t5031\nSqThreadCpu:\t5\n", "SqMask:\t5\nSqThread:\t15031\nSqThreadCpu:\t5\n"},

		{"locks", Locks, "1: POSIX  ADVISORY  READ  5433 08:01:7864448 128 5433\n2: FLOCK  ADVISORY  WRITE 2001 08:01:5433 0 EOF\n3: LEASE  ACTIVE    READ  3003 00:1a:17 0 EOF\n4: POSIX  *NOINODE* UNLCK 1 <none>:0 0 0\n",
			"1: POSIX  ADVISORY  READ  25433 08:01:7864448 128 5433\n2: FLOCK  ADVISORY  WRITE 22001 08:01:5433 0 EOF\n3: LEASE  ACTIVE    READ  23003 00:1a:17 0 EOF\n4: POSIX  *NOINODE* UNLCK 20001 <none>:0 0 0\n"},
		{"locks of nobody", Locks, "1: OFDLCK ADVISORY  WRITE -1 08:01:1 0 EOF\n2: POSIX  ADVISORY  WRITE 0 08:01:1 0 EOF\n",
			"1: OFDLCK ADVISORY  WRITE -1 08:01:1 0 EOF\n2: POSIX  ADVISORY  WRITE 0 08:01:1 0 EOF\n"},
		{"locks of strangers", Locks, "1: FLOCK  ADVISORY  WRITE 10000 08:01:1 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 12 08:01:1 0 EOF\n1:   -> FLOCK  ADVISORY  WRITE 13 08:01:1 0 EOF\n2: POSIX  ADVISORY  WRITE 12 08:01:1 0 EOF\n2: -> POSIX  ADVISORY  WRITE 10000 08:01:1 0 EOF\n3: POSIX  ADVISORY  WRITE 10001 08:01:1 0 EOF\n",
			"2: POSIX  ADVISORY  WRITE 20012 08:01:1 0 EOF\n2: -> POSIX  ADVISORY  WRITE 0 08:01:1 0 EOF\n"},

		{"load", Loadavg, "0.00 0.01 5.05 1/5031 5031\n", "0.00 0.01 5.05 1/5031 55031\n"},
		{"last pid", LastPID, "5031\n", "55031\n"},
		{"pid_max", PIDMax, "32768\n", "12345\n"},

		{"messages", SysvMsg, messages + "        12       5031   600          40          1  5031     0  5031  5031     0     0 1700005031          0 1700000000\n",
			messages + "        12       5031   600          40          1 25031     0  5031  5031     0     0 1700005031          0 1700000000\n"},
		{"messages of a stranger", SysvMsg, messages + "         0          0   600          40          1 123456    12     0     0     0     0 0 0 0\n",
			messages + "         0          0   600          40          1     0 20012     0     0     0     0 0 0 0\n"},
		{"shared memory", SysvShm, "       key      shmid perms                  size  cpid  lpid nattch   uid\n" +
			"         0       5031  1600                  5031  5031  5032   5033  5034\n",
			"       key      shmid perms                  size  cpid  lpid nattch   uid\n" +
				"         0       5031  1600                  5031 25031 25032   5033  5034\n"},

		{"netlink", Netlink, netlink + "000000006532f70d 0   0          00000000 0        0        0     2        0        4       \n" +
			"0000000049ba03f1 16  5031       00005031 0        0        0     2        0        5031    \n" +
			"0000000049ba03f1 15  4294964111 00000000 0        0        0     2        0        562     \n" +
			"0000000049ba03f1 15  123456     00000000 0        0        0     2        0        562     \n",
			netlink + "000000006532f70d 0   0          00000000 0        0        0     2        0        4       \n" +
				"0000000049ba03f1 16  25031      00005031 0        0        0     2        0        5031    \n" +
				"0000000049ba03f1 15  4294964111 00000000 0        0        0     2        0        562     \n" +
				"0000000049ba03f1 15  123456     00000000 0        0        0     2        0        562     \n"},
		{"flow labels", FlowLabel, flowlabels + "05031 2 5031   0      6      5031     20010db8000000000000000000000001 0   \n05032 3 5031   0      6      1        20010db8000000000000000000000001 0   \n",
			flowlabels + "05031 2 15031  0      6      5031     20010db8000000000000000000000001 0   \n05032 3 5031   0      6      1        20010db8000000000000000000000001 0   \n"},

		{"keys", Keys, "0ef50e20 I------     1 perm 1f030000     0     0 keyring   .dns_resolver: empty\n" +
			"1be00000 I--Q---     1 5031 0b0b0000     0     0 .request_ key:1be pid:5031 ci:5031\n" +
			"1be00001 I--Q---     1 perm 3f030000     0     0 user      a pid:5031 ci:1: 3\n",
			"0ef50e20 I------     1 perm 1f030000     0     0 keyring   .dns_resolver: empty\n" +
				"1be00000 I--Q---     1 5031 0b0b0000     0     0 .request_ key:1be pid:15031 ci:5031\n" +
				"1be00001 I--Q---     1 perm 3f030000     0     0 user      a pid:5031 ci:1: 3\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := []byte(tt.in)
			got, changed := tt.file.Translate(in, 5031, &fakeIDs{})
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if changed != (tt.in != tt.want) {
				t.Errorf("changed is %v", changed)
			}
			if string(in) != tt.in {
				t.Error("the input was written to")
			}
		})
	}
}

// What a task passed to a call is shown in the place of what the kernel got.
func TestTranslateSyscall(t *testing.T) {
	const text = "61 0x13a7 0x7ffe 0x0 0x0 0x0 0x0 0x7ffeb1ce3638 0x7f94931162ad\n"
	ids := &fakeIDs{args: [6]uint64{0x1094, 0x7ffe, 0, 0, 0, 1 << 63}}
	got, changed := Syscall.Translate([]byte(text), 5031, ids)
	want := "61 0x1094 0x7ffe 0x0 0x0 0x0 0x8000000000000000 0x7ffeb1ce3638 0x7f94931162ad\n"
	if string(got) != want || !changed || ids.asked != 5031 {
		t.Errorf("%q, %v of %d", got, changed, ids.asked)
	}
	for _, text := range []string{"running\n", "-1 0x7ffeb1ce3638 0x7f94931162ad\n", ""} {
		if got, changed := Syscall.Translate([]byte(text), 5031, ids); changed || string(got) != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got, changed := Syscall.Translate([]byte(text), 5031, &fakeIDs{}); changed || string(got) != text {
		t.Errorf("without a change: %q, %v", got, changed)
	}
}

// realFiles are files of this machine, with and without ids.
func realFiles(file File) (names []string) {
	switch in := contents[file].in; {
	case file == FDInfo:
		names, _ = filepath.Glob("/proc/self/fdinfo/*")
	case in&inProcess != 0:
		names = []string{"/proc/self/" + contents[file].path, "/proc/1/" + contents[file].path}
	case in&inThread != 0:
		names = []string{"/proc/thread-self/" + contents[file].path}
	default:
		names = []string{"/proc/" + contents[file].path}
	}
	return names
}

// Under the identity the files of this machine stay as they are, whatever its
// kernel; what is translated is said by each translator's own tests.
func TestTranslateRealFilesOfEveryKind(t *testing.T) {
	for file := NoFile + 1; int(file) < len(contents); file++ {
		read := 0
		for _, name := range realFiles(file) {
			text, err := os.ReadFile(name)
			if err != nil {
				continue
			}
			read++
			ids := identityIDs{}
			if got, changed := file.Translate(text, 1, ids); changed && file != PIDMax && !strings.Contains(string(text), "TracerPid:") {
				t.Errorf("%s: %q became %q", name, text, got)
			}
			if file != Locks { // those of strangers are left out
				checkTranslation(t, file, text)
			}
		}
		t.Logf("%v: %d files", file, read)
	}
}

func FuzzFiles(f *testing.F) {
	for file := NoFile + 1; int(file) < len(contents); file++ {
		for _, name := range realFiles(file) {
			if text, err := os.ReadFile(name); err == nil {
				f.Add(uint8(file), text)
			}
		}
	}
	f.Add(uint8(Locks), []byte("1: -> x 1 2 3 4\n: ->\n1 2 3 4\n"))
	f.Add(uint8(SysvMsg), []byte("\n1 1 1 1 1 1 1\n5 5 5 5 5 5031 5031"))
	f.Fuzz(func(t *testing.T, file uint8, text []byte) {
		if file := File(file) % File(len(contents)); file != Locks && file != Children {
			checkTranslation(t, file, text)
		} else {
			file.Translate(text, 1, &fakeIDs{})
		}
	})
}
