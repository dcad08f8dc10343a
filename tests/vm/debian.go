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

// candidateOf gives the version of a package that would be installed.
func candidateOf(name string) (string, error) {
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

// newestRelease gives the release of the newest stock kernel of a version,
// like 6.1.0-56-amd64, whose image and headers there are.
func newestRelease(version string) (string, error) {
	prefix := "linux-image-" + version + ".0-"
	out, err := exec.Command("apt-cache", "pkgnames", prefix).Output()
	if err != nil {
		return "", fmt.Errorf("apt-cache: %w", err)
	}
	name := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(prefix) + `(\d+)-amd64$`)
	newest := 0
	for _, found := range name.FindAllStringSubmatch(string(out), -1) {
		n, err := strconv.Atoi(found[1])
		if err != nil || n <= newest {
			continue
		}
		if _, err := candidateOf(fmt.Sprintf("linux-headers-%s.0-%d-amd64", version, n)); err == nil {
			newest = n
		}
	}
	if newest == 0 {
		return "", fmt.Errorf("%s*-amd64: %w", prefix, ErrNoPackage)
	}
	return fmt.Sprintf("%s.0-%d-amd64", version, newest), nil
}

// fileName makes a version fit for a file name.
func fileName(version string) string {
	return strings.NewReplacer("/", "_", ":", "_").Replace(version)
}
