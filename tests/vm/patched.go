package vm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// Patched gives Linux of a version like 6.1 with our patches, built from
// Debian's source with the small configuration of kernel.config.
func Patched(t testing.TB, version string) Kernel {
	t.Helper()
	needQEMU(t)
	b, err := newBuild(version)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	dir, err := cached(b.name, b.run)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > time.Second {
		t.Logf("built Linux %s in %v", version, took.Round(time.Second))
	}
	return Kernel{
		Name:    "Linux " + version + " with setforkpid",
		Image:   filepath.Join(dir, "arch", "x86", "boot", "bzImage"),
		Headers: dir,
	}
}

// build is a kernel to be built.
type build struct {
	name    string // says what it is made of
	source  string // archive
	configs []string
	patches []string
}

func newBuild(version string) (build, error) {
	source, err := sourceOf(version)
	if err != nil {
		return build{}, err
	}
	b := build{source: source}
	b.configs, err = configsOf(version)
	if err != nil {
		return build{}, err
	}
	b.patches, err = filepath.Glob(filepath.Join(checkout, "kernel", "linux", "patches", "linux-"+version, "*.patch"))
	if err != nil || len(b.patches) == 0 {
		return build{}, fmt.Errorf("no patches for Linux %s: %v", version, err)
	}
	compiler, err := exec.Command("gcc", "--version").Output()
	if err != nil {
		return build{}, fmt.Errorf("gcc: %w", err)
	}
	hash, err := hashOf(slices.Concat([]string{b.source}, b.configs, b.patches), append(heavy, string(compiler))...)
	b.name = "linux-" + version + "-" + hash
	return b, err
}

// configsOf gives the files with the configuration of a version: that of all,
// and its own if it has one.
func configsOf(version string) ([]string, error) {
	dir := filepath.Join(checkout, "tests", "vm")
	own, err := filepath.Glob(filepath.Join(dir, "kernel-"+version+".config"))
	return append([]string{filepath.Join(dir, "kernel.config")}, own...), err
}

func (b build) run(dir string) error {
	if err := b.unpack(dir); err != nil {
		return err
	}
	for _, p := range b.patches {
		if err := runQuietly(exec.Command("patch", "-d", dir, "-p1", "-s", "--batch", "--no-backup-if-mismatch", "-i", p)); err != nil {
			return err
		}
	}
	config, err := b.config()
	if err != nil {
		return err
	}
	wanted := filepath.Join(dir, "wanted.config")
	if err := os.WriteFile(wanted, config, 0o644); err != nil {
		return err
	}
	if err := makeKernel(dir, "KCONFIG_ALLCONFIG="+wanted, "allnoconfig"); err != nil {
		return err
	}
	if err := checkConfig(dir, config); err != nil {
		return err
	}
	if err := makeKernel(dir, fmt.Sprintf("-j%d", runtime.NumCPU()), "bzImage", "modules"); err != nil {
		return err
	}
	return prune(dir)
}

// heavy are sources that are never compiled here; their Kconfig files are
// needed and stay.
var heavy = []string{
	"*/drivers/gpu/*.[ch]", "*/drivers/media/*.[ch]", "*/drivers/net/ethernet/*.[ch]",
	"*/drivers/net/wireless/*.[ch]", "*/drivers/staging/*.[ch]", "*/drivers/infiniband/*.[ch]",
	"*/drivers/scsi/*.[ch]", "*/sound/*.[ch]", "*.dts", "*.dtsi", "*/Documentation/devicetree/*",
	"*/tools/perf/*", "*/tools/testing/*",
}

func (b build) unpack(dir string) error {
	args := []string{"-n", "19", "tar", "-x", "-f", b.source, "-C", dir, "--strip-components=1"}
	for _, pattern := range heavy {
		args = append(args, "--exclude="+pattern)
	}
	return runQuietly(exec.Command("nice", args...))
}

func makeKernel(dir string, args ...string) error {
	return quietly(exec.Command("nice", append([]string{"-n", "5", "make", "-s", "-C", dir}, args...)...), attendedTree)
}

// config is the configuration that is laid over "make allnoconfig".
func (b build) config() ([]byte, error) {
	var all []byte
	for _, name := range b.configs {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, text...)
	}
	return all, nil
}

// checkConfig fails if a line of our configuration did not make it into the
// kernel's, as happens when something that it depends on is not set.
func checkConfig(dir string, wanted []byte) error {
	data, err := os.ReadFile(filepath.Join(dir, ".config"))
	if err != nil {
		return err
	}
	config := "\n" + string(data)
	var missing []string
	for line := range strings.Lines(string(wanted)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "CONFIG_") && !strings.Contains(config, "\n"+line+"\n") {
			missing = append(missing, line)
		}
	}
	if len(missing) > 0 {
		return errors.New("this kernel does not take " + strings.Join(missing, ", "))
	}
	return nil
}

// prune removes what neither QEMU nor the building of a module needs.
func prune(dir string) error {
	keep := []string{filepath.Join(dir, "scripts"), filepath.Join(dir, "tools", "objtool")}
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		for _, k := range keep {
			if path == k {
				return fs.SkipDir
			}
		}
		if entry.IsDir() {
			return nil
		}
		switch filepath.Ext(path) {
		case ".c", ".o", ".S", ".a", ".cmd":
			return os.Remove(path)
		}
		if name := entry.Name(); name == "vmlinux" || strings.HasPrefix(name, "vmlinux.") {
			return os.Remove(path)
		}
		return nil
	})
}
