package main

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The source of the measured program.
//
//go:embed probe/probe.c
var probeSource []byte

// A lab is a directory with everything that is measured.
type lab struct {
	dir    string
	pidsim string
	// dynamic and static are the probe, linked both ways.
	dynamic, static string
	length          time.Duration
	scale           float64
	// cpu says to count processor time instead of time on the clock.
	cpu bool
	// idle holds what a probe costs that does nothing, by mode.
	idle map[string]cost
}

func newLab(o options) (l *lab, err error) {
	dir, err := os.MkdirTemp("", "pidsim-bench")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	l = &lab{dir: dir, pidsim: o.pidsim, length: o.length, scale: o.scale, cpu: o.clock == "cpu", idle: map[string]cost{}}
	if l.pidsim == "" {
		l.pidsim = filepath.Join(dir, "pidsim")
		build := exec.Command("go", "build", "-o", l.pidsim, "github.com/pidsim/pidsim/cmd/pidsim")
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as "make build" does
		if err := loud(build); err != nil {
			return nil, err
		}
	}
	source := filepath.Join(dir, "probe.c")
	if err := os.WriteFile(source, probeSource, 0o644); err != nil {
		return nil, err
	}
	l.dynamic, l.static = filepath.Join(dir, "probe"), filepath.Join(dir, "probe-static")
	for program, flag := range map[string]string{l.dynamic: "-pthread", l.static: "-static"} {
		cc := exec.Command("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", flag, "-o", program, source)
		if err := loud(cc); err != nil {
			return nil, err
		}
	}
	return l, l.writeProject(max(1, int(sourceFiles*l.scale)))
}

func (l *lab) close() { os.RemoveAll(l.dir) }

// writeProject generates the C project that the make row compiles.
func (l *lab) writeProject(files int) error {
	dir := l.project()
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	var objects, calls, decls strings.Builder
	for i := range files {
		var src strings.Builder
		src.WriteString("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n")
		for f := range 20 {
			fmt.Fprintf(&src, `
static int step%d(const char *s, int n)
{
	char buf[64];
	int sum = 0;

	snprintf(buf, sizeof buf, "%%s-%%d-%d", s, n);
	for (size_t i = 0; i < strlen(buf); i++)
		sum = sum * 31 + buf[i] %% (n + %d);
	return sum;
}
`, f, f, f+1)
		}
		fmt.Fprintf(&src, "\nint part%d(int n)\n{\n\tint sum = 0;\n\n", i)
		for f := range 20 {
			fmt.Fprintf(&src, "\tsum += step%d(\"part\", n + %d);\n", f, f)
		}
		src.WriteString("\treturn sum;\n}\n")
		name := fmt.Sprintf("part%d", i)
		if err := os.WriteFile(filepath.Join(dir, name+".c"), []byte(src.String()), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&objects, " %s.o", name)
		fmt.Fprintf(&decls, "int %s(int);\n", name)
		fmt.Fprintf(&calls, " + %s(argc)", name)
	}
	text := decls.String() + "\nint main(int argc, char **argv)\n{\n\t(void)argv;\n\treturn (0" + calls.String() + ") == 1;\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.c"), []byte(text), 0o644); err != nil {
		return err
	}
	rules := "CFLAGS = -O1\nall: main\nmain: main.o" + objects.String() + "\n\t$(CC) -o $@ $^\n"
	return os.WriteFile(filepath.Join(dir, "Makefile"), []byte(rules), 0o644)
}

func (l *lab) project() string { return filepath.Join(l.dir, "project") }

// loud runs a command and puts what it said into its error.
func loud(c *exec.Cmd) error {
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, out)
	}
	return nil
}
