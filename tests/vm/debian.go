package vm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// ErrNoPackage is that Debian's package lists on this host do not have what is
// needed.
var ErrNoPackage = errors.New("no such Debian package is known here (apt-get update?)")

// sourceOf gives the archive with Debian's kernel source of a version, from
// the installed package or, if it is not installed, from one fetched for this.
func sourceOf(version string) (string, error) {
	name := "linux-source-" + version
	archive := filepath.Join("usr", "src", name+".tar.xz")
	if _, err := os.Stat("/" + archive); !errors.Is(err, fs.ErrNotExist) {
		return "/" + archive, err
	}
	candidate, err := candidateOf(name)
	if err != nil {
		return "", err
	}
	dir, err := cached(name+"_"+fileName(candidate), func(dir string) error {
		return fetch(dir, name)
	})
	return filepath.Join(dir, archive), err
}

// fetch unpacks packages into a directory. Nothing is installed.
func fetch(dir string, names ...string) error {
	debs, err := os.MkdirTemp(filepath.Dir(dir), "debs")
	if err != nil {
		return err
	}
	defer os.RemoveAll(debs)
	get := exec.Command("apt-get", append([]string{"-q", "download"}, names...)...)
	get.Dir = debs
	if err := runQuietly(get); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := runQuietly(exec.Command("dpkg-deb", "-x", f, dir)); err != nil {
			return err
		}
	}
	return nil
}

// packageLists fetches Debian's package lists where there are none, as in a
// fresh container, and we may.
var packageLists = sync.OnceValue(func() error {
	out, err := exec.Command("apt-cache", "pkgnames", "linux-image-").Output()
	switch {
	case err != nil:
		return fmt.Errorf("apt-cache: %w", err)
	case len(out) > 0 || os.Geteuid() != 0:
		return nil
	}
	return runQuietly(exec.Command("apt-get", "-q", "update"))
})

// candidateOf gives the version of a package that would be installed.
func candidateOf(name string) (string, error) {
	if err := packageLists(); err != nil {
		return "", err
	}
	out, err := exec.Command("apt-cache", "show", "--no-all-versions", name).Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, ErrNoPackage)
	}
	for line := range strings.Lines(string(out)) {
		if version, ok := strings.CutPrefix(line, "Version: "); ok {
			return strings.TrimSpace(version), nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, ErrNoPackage)
}

// newestRelease gives the release of Debian's newest stock kernel of a version
// whose headers there are, like 6.1.0-56-amd64 or 6.12.117+deb12-amd64.
func newestRelease(version string) (string, error) {
	if err := packageLists(); err != nil {
		return "", err
	}
	prefix := "linux-image-" + version + "."
	out, err := exec.Command("apt-cache", "pkgnames", prefix).Output()
	if err != nil {
		return "", fmt.Errorf("apt-cache: %w", err)
	}
	name := regexp.MustCompile(`(?m)^linux-image-(` + regexp.QuoteMeta(version) + `\.(?:0-)?(\d+)(?:\+deb\d+)?-amd64)$`)
	newest, release := 0, ""
	for _, found := range name.FindAllStringSubmatch(string(out), -1) {
		n, err := strconv.Atoi(found[2])
		if err != nil || n <= newest {
			continue
		}
		if _, err := candidateOf("linux-headers-" + found[1]); err == nil {
			newest, release = n, found[1]
		}
	}
	if newest == 0 {
		return "", fmt.Errorf("%s*-amd64: %w", prefix, ErrNoPackage)
	}
	return release, nil
}

// kernelPackagesOf gives the packages of the same kernel that a package needs.
func kernelPackagesOf(name string) ([]string, error) {
	out, err := exec.Command("apt-cache", "depends", name).Output()
	if err != nil {
		return nil, fmt.Errorf("apt-cache depends %s: %w", name, err)
	}
	var needs []string
	for _, found := range regexp.MustCompile(`(?m)^  Depends: (linux-(?:headers|kbuild)-\S+)$`).FindAllStringSubmatch(string(out), -1) {
		needs = append(needs, found[1])
	}
	return needs, nil
}

// fileName makes a version fit for a file name.
func fileName(version string) string {
	return strings.NewReplacer("/", "_", ":", "_").Replace(version)
}
