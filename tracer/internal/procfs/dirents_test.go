package procfs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// readAll lists a directory as the supervisor does.
func readAll(t testing.TB, dir string) []byte {
	t.Helper()
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	var all []byte
	buf := make([]byte, 8192)
	for {
		n, err := unix.Getdents(fd, buf)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return all
		}
		all = append(all, buf[:n]...)
	}
}

// compareListing reads a directory with buffers of a size from the kernel, and
// checks that Dirents with identity gives the same.
func compareListing(t *testing.T, dir string, kind Kind, format DirentFormat, size int) {
	t.Helper()
	getdents := unix.Getdents
	if format == DirentLong {
		getdents = oldGetdents
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	buf := make([]byte, size)
	pos, retries, differences := int64(0), 0, 0
	for {
		clear(buf) // the kernel leaves padding as it is
		before := readAll(t, dir)
		n, kernelErr := getdents(fd, buf)
		if !bytes.Equal(before, readAll(t, dir)) {
			// Other processes came or went.
			if retries++; retries > 1000 {
				t.Skipf("%s does not keep still", dir)
			}
			if _, err := unix.Seek(fd, pos, unix.SEEK_SET); err != nil {
				t.Fatal(err)
			}
			continue
		}
		out, next, err := Dirents(kind, before, format, pos, size, identity)
		kernelPos, seekErr := unix.Seek(fd, 0, unix.SEEK_CUR)
		if seekErr != nil {
			t.Fatal(seekErr)
		}
		if err != kernelErr || err == nil && (!bytes.Equal(buf[:n], out) || kernelPos != next) {
			// Perhaps a process came and went in between; hardly each time.
			if differences++; differences > 20 {
				t.Fatalf("at %d: %v, position %d\n%q, the kernel: %v, position %d\n%q",
					pos, err, next, out, kernelErr, kernelPos, buf[:max(n, 0)])
			}
			if _, err := unix.Seek(fd, pos, unix.SEEK_SET); err != nil {
				t.Fatal(err)
			}
			continue
		}
		differences = 0
		if err != nil {
			return
		}
		if n == 0 {
			return
		}
		pos = next
	}
}

// With identity the listing is the kernel's, to the byte.
func TestDirentsAgainstKernel(t *testing.T) {
	child := strconv.Itoa(startChild(t))
	for _, tt := range []struct {
		dir  string
		kind Kind
	}{{"/proc", ProcRoot}, {"/proc/" + child + "/task", TaskDir}, {"/proc/self/task", TaskDir}} {
		for _, format := range []DirentFormat{Dirent64, DirentLong} {
			for _, size := range []int{16, 24, 32, 100, 1000, 32768} {
				t.Run(fmt.Sprintf("%s, %d, %d bytes", tt.kind, format, size), func(t *testing.T) {
					compareListing(t, tt.dir, tt.kind, format, size)
				})
			}
		}
	}
}

// listing makes the raw listing of a procfs root with some processes, or of a
// task directory.
func listing(t testing.TB, kind Kind, ids ...int) []byte {
	t.Helper()
	entries := []dirent{{name: ".", ino: 1, kind: 4}, {name: "..", ino: 2, kind: 4, at: 1}}
	end := int64(2)
	if kind == ProcRoot {
		entries = append(entries, dirent{name: "fs", ino: 3, kind: 4, at: 2},
			dirent{name: "self", ino: 4, kind: 10, at: 256}, dirent{name: "thread-self", ino: 5, kind: 10, at: 257})
		end = 4194304 + 258
	}
	for i, id := range ids {
		e := dirent{name: strconv.Itoa(id), ino: uint64(1000 + id), kind: 4, at: int64(2 + i)}
		if kind == ProcRoot {
			e.at = int64(id + 258)
		} else {
			end = e.at + 1
		}
		entries = append(entries, e)
	}
	var raw []byte
	for i := range entries {
		off := end
		if i+1 < len(entries) {
			off = entries[i+1].at
		}
		record, err := Dirent64.encode(&entries[i], off)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, record...)
	}
	return raw
}

// names reads a listing to its end with buffers of a size.
func names(t *testing.T, kind Kind, raw []byte, pos int64, size int, virtual func(int32) (int32, bool)) []string {
	t.Helper()
	var all []string
	for {
		out, next, err := Dirents(kind, bytes.Clone(raw), Dirent64, pos, size, virtual)
		if err != nil {
			t.Fatal(err)
		}
		if len(out) > size {
			t.Fatalf("%d bytes for a buffer of %d", len(out), size)
		}
		if len(out) == 0 {
			return all
		}
		entries, end, err := parseDirents(out)
		if err != nil || end != next {
			t.Fatalf("d_off of the last record is %d, the position %d, %v", end, next, err)
		}
		for _, e := range entries {
			all = append(all, e.name)
		}
		pos = next
	}
}

func TestDirentsOrder(t *testing.T) {
	mapping := map[int32]int32{7: 4194303, 8: 12, 9: 100, 4000000: 1}
	virtual := func(real int32) (int32, bool) { v, ok := mapping[real]; return v, ok }
	root := listing(t, ProcRoot, 5, 7, 8, 9, 4000000)
	task := listing(t, TaskDir, 7, 8, 4000000, 9)
	for _, size := range []int{32, 64, 100, 32768} {
		want := []string{".", "..", "fs", "self", "thread-self", "1", "12", "100", "4194303"}
		if got := names(t, ProcRoot, root, 0, size, virtual); !slices.Equal(got, want) {
			t.Errorf("root, size %d: %q, want %q", size, got, want)
		}
		want = []string{".", "..", "4194303", "12", "1", "100"}
		if got := names(t, TaskDir, task, 0, size, virtual); !slices.Equal(got, want) {
			t.Errorf("task, size %d: %q, want %q", size, got, want)
		}
	}

	// Seeking to the d_off of a record continues after it, also when the
	// next one is gone or a smaller one was born.
	out, _, err := Dirents(ProcRoot, bytes.Clone(root), Dirent64, 0, 32768, virtual)
	if err != nil {
		t.Fatal(err)
	}
	entries, _, err := parseDirents(out)
	if err != nil {
		t.Fatal(err)
	}
	at12 := entries[slices.IndexFunc(entries, func(e dirent) bool { return e.name == "12" })].at
	mapping[5] = 11
	delete(mapping, 8)
	if got, want := names(t, ProcRoot, root, at12, 100, virtual), []string{"100", "4194303"}; !slices.Equal(got, want) {
		t.Errorf("after a seek: %q, want %q", got, want)
	}
	if got := names(t, ProcRoot, root, 1<<40, 100, virtual); got != nil {
		t.Errorf("behind the end: %q", got)
	}
}

// Processes that end while the supervisor reads do not move the positions.
func TestDirentsBase(t *testing.T) {
	raw := listing(t, ProcRoot, 5, 90, 200)
	entries, _, err := parseDirents(raw)
	if err != nil {
		t.Fatal(err)
	}
	entries[5].at -= 3 // the kernel stopped at process 2, which then ended
	if base := processBase(entries); base != 258 {
		t.Errorf("base %d, want 258", base)
	}
}

func TestDirentsGrow(t *testing.T) {
	raw := listing(t, TaskDir, 1, 2, 3)
	far := func(real int32) (int32, bool) { return real + 4000000, true }
	// Five short records need 120 bytes; the three ids grow by 8 each.
	out, next, err := Dirents(TaskDir, bytes.Clone(raw), Dirent64, 0, 120, far)
	if err != nil || len(out) != 24+24+32+32 || next != 4 {
		t.Errorf("%d bytes, next %d, %v; want all but the last", len(out), next, err)
	}
	out, next, err = Dirents(TaskDir, bytes.Clone(raw), Dirent64, next, 120, far)
	if err != nil || len(out) != 32 || next != 5 {
		t.Errorf("%d bytes, next %d, %v; want the last", len(out), next, err)
	}
	if _, next, err = Dirents(TaskDir, bytes.Clone(raw), Dirent64, 2, 24, far); err != syscall.EINVAL || next != 2 {
		t.Errorf("too small a buffer: next %d, %v", next, err)
	}
}

func TestDirentsCompat(t *testing.T) {
	raw := listing(t, TaskDir, 77)
	out, _, err := Dirents(TaskDir, raw, DirentCompat, 2, 100, identity)
	want := binary.NativeEndian.AppendUint32(nil, 1077)
	want = binary.NativeEndian.AppendUint32(want, 3)
	want = binary.NativeEndian.AppendUint16(want, 16)
	want = append(want, "77\x00\x00\x00\x04"...)
	if err != nil || !bytes.Equal(out, want) {
		t.Errorf("%q, %v; want %q", out, err, want)
	}
	big := dirent{name: "7", ino: 1 << 32}
	if _, err := DirentCompat.encode(&big, 0); err != syscall.EOVERFLOW {
		t.Errorf("an inode number of 33 bits: %v", err)
	}
}

func TestDirentsRejectsOtherBytes(t *testing.T) {
	good := listing(t, TaskDir, 7)
	for _, raw := range [][]byte{good[:len(good)-1], good[:30], {1}, make([]byte, 64), append(bytes.Clone(good), 0, 0)} {
		if out, next, err := Dirents(TaskDir, raw, Dirent64, 0, 4096, identity); !errors.Is(err, ErrDirents) || out != nil || next != 0 {
			t.Errorf("%q: %q, %d, %v", raw, out, next, err)
		}
	}
}

func FuzzDirents(f *testing.F) {
	f.Add(readAll(f, "/proc"), int64(0), 500)
	f.Add(readAll(f, "/proc/self/task"), int64(2), 64)
	f.Add(listing(f, ProcRoot, 1, 2, 4194303), int64(300), 32)
	f.Fuzz(func(t *testing.T, raw []byte, pos int64, size int) {
		for _, kind := range []Kind{ProcRoot, TaskDir} {
			for _, format := range []DirentFormat{Dirent64, DirentLong, DirentCompat} {
				out, next, err := Dirents(kind, bytes.Clone(raw), format, pos, size, thousandfold)
				if err != nil && (len(out) > 0 || next != pos) {
					t.Errorf("with error %v: %d bytes, position %d after %d", err, len(out), next, pos)
				}
				if len(out) > max(size, 0) {
					t.Errorf("%d bytes for a buffer of %d", len(out), size)
				}
			}
		}
	})
}

// thousandfold reverses the order of some ids and does not know others.
func thousandfold(real int32) (int32, bool) { return 100000 - real, real < 100000 && real%3 != 0 }
