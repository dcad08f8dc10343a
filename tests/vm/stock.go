package vm

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Stock gives Debian's own kernel of a version like 6.1, as it is. Nothing is
// installed: image, modules and headers are unpacked in the cache.
func Stock(t testing.TB, version string) Kernel {
	t.Helper()
	needQEMU(t)
	k, err := stock(version)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func stock(version string) (Kernel, error) {
	release, err := newestRelease(version)
	if err != nil {
		return Kernel{}, err
	}
	image := "linux-image-" + release
	candidate, err := candidateOf(image)
	if err != nil {
		return Kernel{}, err
	}
	dir, err := cached(image+"_"+fileName(candidate), func(dir string) error {
		return fetchStock(dir, release)
	})
	if err != nil {
		return Kernel{}, err
	}
	if err := relocateHeaders(dir, release); err != nil {
		return Kernel{}, err
	}
	modules, err := modulesFor(dir, release, "virtio_pci", "9pnet_virtio", "9p")
	if err != nil {
		return Kernel{}, err
	}
	return Kernel{
		Name:    "Debian's " + release,
		Image:   filepath.Join(dir, "boot", "vmlinuz-"+release),
		Modules: modules,
		Headers: headers(dir, release),
	}, nil
}

func headers(dir, release string) string {
	return filepath.Join(dir, "usr", "src", "linux-headers-"+release)
}

func fetchStock(dir, release string) error {
	needs, err := kernelPackagesOf("linux-headers-" + release)
	if err != nil {
		return err
	}
	if err := fetch(dir, append(needs, "linux-image-"+release, "linux-headers-"+release)...); err != nil {
		return err
	}
	return runQuietly(exec.Command("depmod", "-b", dir, release))
}

// relocateHeaders has the headers' makefile include its other half from where
// it is. It names the place where the package would have been installed.
func relocateHeaders(dir, release string) error {
	common := strings.TrimSuffix(headers(dir, release), "-amd64") + "-common"
	makefile := filepath.Join(headers(dir, release), "Makefile")
	line := fmt.Sprintf("include %s\n", filepath.Join(common, "Makefile"))
	return os.WriteFile(makefile, []byte(line), 0o644)
}

// modulesFor gives the files of modules and of those they need, in the order
// to load them in.
func modulesFor(dir, release string, names ...string) ([]string, error) {
	var files []string
	seen := map[string]bool{}
	for _, name := range names {
		show := exec.Command("modprobe", "-d", dir, "-S", release, "--show-depends", name)
		out, err := show.Output()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", strings.Join(show.Args, " "), err)
		}
		for line := range strings.Lines(string(out)) {
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "insmod" || seen[words[1]] {
				continue
			}
			seen[words[1]] = true
			files = append(files, words[1])
		}
	}
	return files, nil
}
