package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pidsim/pidsim/bench"
)

// sourceFiles is how many files the project that make compiles has.
const sourceFiles = 16

// project is where it is.
func project(l *bench.Lab) string { return filepath.Join(l.Dir(), "project") }

// writeProject generates the C project that the make row compiles.
func writeProject(dir string, files int) error {
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
