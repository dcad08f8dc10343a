package criu

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/checkpoint-restore/go-criu/v7/crit"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/creds"
	criu_core "github.com/checkpoint-restore/go-criu/v7/crit/images/criu-core"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/fdinfo"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/fown"
	criu_fs "github.com/checkpoint-restore/go-criu/v7/crit/images/fs"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/inventory"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/mm"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/pstree"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/regfile"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/rlimit"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

const realDump = "testdata/criu-4.2.1"

// readDir reads the dump in a directory.
func readDir(t testing.TB, dir string) (*image.Image, error) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	return Read(root, nil)
}

// TestRealDump reads images that CRIU itself wrote.
func TestRealDump(t *testing.T) {
	got, err := readDir(t, realDump)
	if err != nil {
		t.Fatal(err)
	}
	mask := image.Mode(0o22)
	live := image.Process{
		State: image.Running, Name: "tree", Umask: &mask, Scheduling: &image.Scheduling{},
		Credentials: &image.Credentials{Capabilities: image.Capabilities{
			Permitted: 0x1fffeffffff, Effective: 0x1fffeffffff, Bounding: 0x1fffeffffff}},
	}
	const none = image.Unlimited
	for r, l := range [][2]image.Bound{{none, none}, {none, none}, {none, none}, {8388608, none}, {0, none}, {none, none},
		{96365, 96365}, {20000, 20000}, {8388608, 8388608}, {none, none}, {none, none}, {96365, 96365}, {819200, 819200},
		{0, 0}, {0, 0}, {none, none}} {
		live.Limits = append(live.Limits, image.Limit{Resource: image.Resource(r), Soft: l[0], Hard: l[1]})
	}
	root, child := live, live
	root.IDs = image.IDs{PID: 24242, PGID: 15029, SID: 15029, Threads: []pidspace.VTID{15034}}
	child.IDs = image.IDs{PID: 15035, PPID: 24242, PGID: 15029, SID: 15029}
	want := &image.Image{Origin: image.CRIU, Processes: []image.Process{root, child,
		{IDs: image.IDs{PID: 15036, PPID: 24242, PGID: 15029, SID: 15029}, State: image.Zombie, Name: "tree"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("image (-want +got):\n%s", diff)
	}
}

// tree is a dump that a test makes up, by file.
type tree map[string]*crit.CriuImage

func entries(kind string, list ...proto.Message) *crit.CriuImage {
	img := &crit.CriuImage{Magic: kind}
	for _, m := range list {
		img.Entries = append(img.Entries, &crit.CriuEntry{Message: m})
	}
	return img
}

// treeEntry makes a record of the process tree.
func treeEntry(pid, ppid, pgid, sid uint32, threads ...uint32) *pstree.PstreeEntry {
	return &pstree.PstreeEntry{Pid: &pid, Ppid: &ppid, Pgid: &pgid, Sid: &sid, Threads: threads}
}

// core makes the core image of a first thread.
func core(state uint32, name string) *criu_core.CoreEntry {
	return &criu_core.CoreEntry{
		Mtype: criu_core.CoreEntry_X86_64.Enum(),
		Tc: &criu_core.TaskCoreEntry{TaskState: &state, ExitCode: proto.Uint32(0), Personality: proto.Uint32(0),
			Flags: proto.Uint32(0), BlkSigset: proto.Uint64(0), Comm: &name,
			Rlimits: &criu_core.TaskRlimitsEntry{Rlimits: []*rlimit.RlimitEntry{{Cur: proto.Uint64(10), Max: proto.Uint64(1<<64 - 1)}}}},
		ThreadCore: &criu_core.ThreadCoreEntry{FutexRla: proto.Uint64(0), FutexRlaLen: proto.Uint32(0),
			SchedNice: proto.Int32(-5), SchedPolicy: proto.Uint32(2), SchedPrio: proto.Uint32(20),
			Creds: &creds.CredsEntry{Uid: proto.Uint32(1), Gid: proto.Uint32(2), Euid: proto.Uint32(3), Egid: proto.Uint32(4),
				Suid: proto.Uint32(5), Sgid: proto.Uint32(6), Fsuid: proto.Uint32(7), Fsgid: proto.Uint32(8),
				CapBnd: []uint32{0xffffffff, 0x1ff}, CapEff: []uint32{0, 1}, CapInh: []uint32{3}, Secbits: proto.Uint32(0), Groups: []uint32{44, 27}}},
	}
}

// otherCore is the core image of another thread.
func otherCore() *criu_core.CoreEntry {
	c := core(1, "")
	c.Tc = nil
	return c
}

func ids(pidns uint32) *criu_core.TaskKobjIdsEntry {
	one := proto.Uint32(1)
	return &criu_core.TaskKobjIdsEntry{VmId: one, FilesId: one, FsId: one, SighandId: one, PidNsId: &pidns}
}

func file(id uint32, name string) *fdinfo.FileEntry {
	return &fdinfo.FileEntry{Type: fdinfo.FdTypes_REG.Enum(), Id: &id, Reg: &regfile.RegFileEntry{Id: &id, Flags: proto.Uint32(0),
		Pos: proto.Uint64(0), Name: &name, Fown: &fown.FownEntry{Uid: proto.Uint32(0), Euid: proto.Uint32(0), Signum: proto.Uint32(0), PidType: proto.Uint32(0), Pid: proto.Uint32(0)}}}
}

func memory(exe uint32) *mm.MmEntry {
	zero := proto.Uint64(0)
	return &mm.MmEntry{MmStartCode: zero, MmEndCode: zero, MmStartData: zero, MmEndData: zero, MmStartStack: zero, MmStartBrk: zero,
		MmBrk: zero, MmArgStart: zero, MmArgEnd: zero, MmEnvStart: zero, MmEnvEnd: zero, ExeFileId: &exe}
}

func inventoryOf(version uint32) *crit.CriuImage {
	return entries("INVENTORY", &inventory.InventoryEntry{ImgVersion: &version})
}

// example is a whole dump with everything that is read.
func example() tree {
	return tree{
		"inventory.img": inventoryOf(2),
		"pstree.img": entries("PSTREE", treeEntry(100, 0, 90, 80, 100, 102), treeEntry(101, 100, 101, 80, 101),
			treeEntry(103, 101, 101, 80, 4294967295, 0)),
		"core-100.img": entries("CORE", core(1, "root")), "core-102.img": entries("CORE", otherCore()),
		"core-101.img": entries("CORE", core(3, "stop")), "core-103.img": entries("CORE", core(6, "dead")),
		"ids-100.img": entries("IDS", ids(4)), "ids-101.img": entries("IDS", ids(4)),
		"fs-100.img": entries("FS", &criu_fs.FsEntry{CwdId: proto.Uint32(8), RootId: proto.Uint32(9), Umask: proto.Uint32(0o77)}),
		"mm-100.img": entries("MM", memory(10)),
		"files.img":  entries("FILES", file(8, "/home"), file(9, "/"), file(10, "/bin/\xffroot")),
	}
}

// write makes the files of a dump, with go-criu's encoder.
func (d tree) write(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, img := range d {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := crit.New(nil, f, "", false, false).Encode(img); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestEncodedDump(t *testing.T) {
	got, err := readDir(t, example().write(t))
	if err != nil {
		t.Fatal(err)
	}
	mask := image.Mode(0o77)
	common := image.Process{
		Scheduling: &image.Scheduling{Policy: 2, Priority: 20, Nice: -5}, Limits: []image.Limit{{Resource: 0, Soft: 10, Hard: image.Unlimited}},
		Credentials: &image.Credentials{UID: image.UserIDs{Real: 1, Effective: 3, Saved: 5, Filesystem: 7},
			GID: image.UserIDs{Real: 2, Effective: 4, Saved: 6, Filesystem: 8}, Groups: []uint32{44, 27},
			Capabilities: image.Capabilities{Inheritable: 3, Effective: 1 << 32, Bounding: 0x1ffffffffff}},
	}
	root, stopped, dead := common, common, common
	root.IDs, root.State, root.Name = image.IDs{PID: 100, PGID: 90, SID: 80, Threads: []pidspace.VTID{102}}, image.Running, "root"
	root.Exe, root.Cwd, root.Root, root.Umask = "/bin/\xffroot", "/home", "/", &mask
	stopped.IDs, stopped.State, stopped.Name = image.IDs{PID: 101, PPID: 100, PGID: 101, SID: 80}, image.Stopped, "stop"
	dead.IDs, dead.State, dead.Name = image.IDs{PID: 103, PPID: 101, PGID: 101, SID: 80}, image.Zombie, "dead"
	want := &image.Image{Origin: image.CRIU, Processes: []image.Process{root, stopped, dead}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("image (-want +got):\n%s", diff)
	}
	if _, err := image.Encode(got); err != nil {
		t.Errorf("the identity is no image: %v", err)
	}
}

// TestBadDump has dumps that must be refused.
func TestBadDump(t *testing.T) {
	pst := func(list ...*pstree.PstreeEntry) *crit.CriuImage {
		img := entries("PSTREE")
		for _, e := range list {
			img.Entries = append(img.Entries, &crit.CriuEntry{Message: e})
		}
		return img
	}
	tests := map[string]struct {
		change tree // files in place of the example's; nil removes one
		want   string
		err    error
	}{
		"no inventory":        {tree{"inventory.img": nil}, "inventory.img: no such file or directory (the dump is not complete)", ErrUnfinished},
		"no tree":             {tree{"pstree.img": nil}, "pstree.img: no such file or directory (the dump is not complete)", ErrUnfinished},
		"an empty tree":       {tree{"pstree.img": pst()}, "pstree.img: offset 0: there is no process", image.ErrInconsistent},
		"another version":     {tree{"inventory.img": inventoryOf(3)}, "inventory.img: offset 4: image version 3", image.ErrVersion},
		"another kind":        {tree{"pstree.img": entries("FS")}, "pstree.img: offset 4: not a CRIU image of this kind", image.ErrFormat},
		"no core":             {tree{"core-101.img": nil}, "core-101.img: no such file or directory, and process 101 is in pstree.img", fs.ErrNotExist},
		"no core of a thread": {tree{"core-102.img": nil}, "core-102.img: no such file or directory, and thread 102 of process 100 is", fs.ErrNotExist},
		"core of a thread":    {tree{"core-101.img": entries("CORE", otherCore())}, "core-101.img: offset 0: the part about the process", image.ErrFormat},
		"two cores":           {tree{"core-101.img": entries("CORE", core(1, ""), core(1, ""))}, "2 records in place of 1", image.ErrFormat},
		"an empty core":       {tree{"core-101.img": entries("CORE")}, "0 records in place of 1", image.ErrFormat},
		"a state":             {tree{"core-101.img": entries("CORE", core(9, ""))}, "task state 9", image.ErrFormat},
		"an orphan":           {tree{"pstree.img": pst(treeEntry(100, 0, 1, 1, 100), treeEntry(101, 77, 1, 1, 101))}, "its parent 77 is not in the image", image.ErrInconsistent},
		"two roots":           {tree{"pstree.img": pst(treeEntry(100, 0, 1, 1, 100), treeEntry(101, 0, 1, 1, 101))}, "its parent 0 is not in the image", image.ErrInconsistent},
		"a loop":              {tree{"pstree.img": pst(treeEntry(100, 101, 1, 1, 100), treeEntry(101, 100, 1, 1, 101))}, "a cycle", image.ErrInconsistent},
		"its own parent":      {tree{"pstree.img": pst(treeEntry(100, 100, 1, 1, 100))}, "its own parent", image.ErrInconsistent},
		"the same twice":      {tree{"pstree.img": pst(treeEntry(100, 0, 1, 1, 100), treeEntry(100, 100, 1, 1, 100))}, "", image.ErrInconsistent},
		"pid 0":               {tree{"pstree.img": pst(treeEntry(0, 0, 1, 1, 0))}, "process id 0 is not in", image.ErrInconsistent},
		"pid 2^31":            {tree{"pstree.img": pst(treeEntry(1<<31, 0, 1, 1))}, "offset 12: id 2147483648 is not in", image.ErrInconsistent},
		"pid 2^22":            {tree{"pstree.img": pst(treeEntry(1<<22, 0, 1, 1))}, "id 4194304 is not in", image.ErrInconsistent},
		"group 2^32-1":        {tree{"pstree.img": pst(treeEntry(100, 0, 1<<32-1, 1, 100))}, "id 4294967295", image.ErrInconsistent},
		"thread of garbage":   {tree{"pstree.img": pst(treeEntry(100, 0, 1, 1, 100, 2477414144))}, "thread 2477414144 is not in", image.ErrInconsistent},
		"thread 0":            {tree{"pstree.img": pst(treeEntry(100, 0, 1, 1, 100, 0))}, "thread 0 is not in", image.ErrInconsistent},
		"a thread twice":      {tree{"pstree.img": pst(treeEntry(100, 0, 1, 1, 100, 102, 102))}, "id 102 of a thread occurs twice", image.ErrInconsistent},
		"two pid namespaces":  {tree{"ids-101.img": entries("IDS", ids(5))}, "process 101 is in another pid namespace", image.ErrInconsistent},
		"bad ids":             {tree{"ids-101.img": entries("FS")}, "ids-101.img: offset 4", image.ErrFormat},
		"bad files":           {tree{"files.img": entries("FS")}, "files.img: offset 4", image.ErrFormat},
		"zero in a path":      {tree{"files.img": entries("FILES", file(8, "/ho\x00me"))}, "zero byte", image.ErrInconsistent},
		"bad umask":           {tree{"fs-100.img": entries("FS", &criu_fs.FsEntry{CwdId: proto.Uint32(8), RootId: proto.Uint32(9), Umask: proto.Uint32(1 << 20)})}, "umask", image.ErrInconsistent},
	}
	for name, tt := range tests {
		d := example()
		for file, img := range tt.change {
			if d[file] = img; img == nil {
				delete(d, file)
			}
		}
		img, err := readDir(t, d.write(t))
		if err == nil || img != nil || !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want %q", name, err, tt.want)
		}
	}
}

// TestOptional: a dump may lack what some versions or processes do not have.
func TestOptional(t *testing.T) {
	d := example()
	for _, name := range []string{"ids-100.img", "ids-101.img", "fs-100.img", "mm-100.img", "files.img"} {
		delete(d, name)
		if _, err := readDir(t, d.write(t)); err != nil {
			t.Errorf("without %s and those before: %v", name, err)
		}
	}
}

// TestCutShort cuts each file of a dump short everywhere. Only at the ends of
// records can that remain unseen.
func TestCutShort(t *testing.T) {
	for name := range example() {
		dir := example().write(t)
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		list, err := split(whole, kindOf(name))
		if err != nil {
			t.Fatal(err)
		}
		ends := map[int]bool{}
		for _, r := range list {
			ends[int(r.offset)+len(r.body)] = true
		}
		for n := range whole {
			if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := readDir(t, dir); err == nil && !ends[n] && n != 8 {
				t.Errorf("%s cut to %d of %d bytes was read", name, n, len(whole))
			}
		}
	}
}

// kindOf gives the magic of a file of a dump.
func kindOf(name string) string {
	kind, _, _ := strings.Cut(strings.TrimSuffix(name, ".img"), "-")
	return strings.ToUpper(kind)
}

// TestHostileSize: a size in a file is believed only as far as the file goes.
func TestHostileSize(t *testing.T) {
	dir := example().write(t)
	b := []byte{0x19, 0x43, 0x56, 0x54, 0x30, 0x30, 0x27, 0x50, 0xff, 0xff, 0xff, 0xff, 1, 2, 3}
	if err := os.WriteFile(filepath.Join(dir, "pstree.img"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := readDir(t, dir)
	var f *image.FormatError
	if !errors.As(err, &f) || f.Offset != 8 || !strings.Contains(f.Reason, "a record has 4294967295 bytes, but the file ends after 3") {
		t.Error(err)
	}
}

// TestTooMany: a tree of a million processes is refused, and so is a file
// without an end.
func TestTooMany(t *testing.T) {
	dir := example().write(t)
	path := filepath.Join(dir, "pstree.img")
	one, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	three := one[8:] // records
	for _, n := range []int{1_000_000 / 3, maxPstree/len(three) - 1} {
		if err := os.WriteFile(path, append(one[:8:8], bytes.Repeat(three, n)...), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readDir(t, dir); !errors.Is(err, image.ErrTooLarge) {
			t.Error(err)
		}
	}
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Fatal(err)
	}
	if _, err := readDir(t, dir); !errors.Is(err, image.ErrTooLarge) {
		t.Error(err)
	}
}

// TestOddFiles: what is not an ordinary file of the directory is not read, and
// a pipe does not block.
func TestOddFiles(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "pstree.img")
	for name, put := range map[string]func(path string) error{
		"pipe":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"link":      func(path string) error { return os.Symlink(outside, path) },
		"device":    func(path string) error { return os.Symlink("/dev/zero", path) },
	} {
		dir := example().write(t)
		path := filepath.Join(dir, "pstree.img")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.WriteFile(outside, b, 0o600), os.Remove(path), put(path)); err != nil {
			t.Fatal(err)
		}
		if img, err := readDir(t, dir); err == nil || !strings.HasPrefix(err.Error(), "pstree.img: ") {
			t.Errorf("%s: %v, %v", name, img, err)
		}
	}
}

// TestCheck: every file that is read is asked about first.
func TestCheck(t *testing.T) {
	dir := example().write(t)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	asked := map[string]bool{}
	if _, err := Read(root, func(name string, fi fs.FileInfo) error {
		if fi.Name() != name {
			t.Errorf("%s: the information is about %s", name, fi.Name())
		}
		asked[name] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for name := range example() {
		if !asked[name] {
			t.Errorf("%s was not asked about", name)
		}
	}
	no := errors.New("no")
	for name := range asked {
		if _, err := Read(root, func(n string, _ fs.FileInfo) error {
			if n == name {
				return no
			}
			return nil
		}); !errors.Is(err, no) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzDump changes the files of a dump with one process.
func FuzzDump(f *testing.F) {
	get := func(dir, name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	f.Add(get(realDump, "pstree.img"), get(realDump, "core-24242.img"), get(realDump, "inventory.img"), get(realDump, "fs-24242.img"))
	dir := example().write(f)
	f.Add(get(dir, "pstree.img"), get(dir, "core-100.img"), get(dir, "inventory.img"), get(dir, "fs-100.img"))
	f.Fuzz(func(t *testing.T, tree, core, inventory, other []byte) {
		img, err := read(func(name string, most int64) ([]byte, error) {
			b := core
			switch kind, _, _ := strings.Cut(name, "-"); kind {
			case "pstree.img":
				b = tree
			case "inventory.img":
				b = inventory
			case "fs":
				b = other
			case "files.img", "ids":
				return nil, fs.ErrNotExist
			}
			return b[:min(most, int64(len(b)))], nil
		})
		if err != nil {
			return
		}
		if err := img.Check(); err != nil {
			t.Error(err)
		}
	})
}
