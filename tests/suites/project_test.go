package suites

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// projectParts is how many files the project for make has.
const projectParts = 20

// projectMakefile builds them; "deep" does it once more through the job server
// of a make inside make, and "shells" compares ids that make's shells see.
const projectMakefile = `
CFLAGS = -O1
PARTS := $(patsubst %.c,%.o,$(sort $(wildcard part*.c)))

all: $(PARTS) main.o
	$(CC) -o $@ $^

broken:
	@sleep 0.1; exit 3

deep:
	@$(MAKE) --no-print-directory clean
	@$(MAKE) --no-print-directory all

# Two shells of one make have one parent.
shells:
	@echo $$PPID >first
	@test $$PPID = "$$(cat first)" && test $$PPID != $$$$ && echo one parent

clean:
	rm -f *.o all first

.PHONY: broken deep shells clean
`

// writeProject writes a C project into a directory.
func writeProject(t *testing.T, dir string) {
	write := func(name, text string) {
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	var declarations, calls strings.Builder
	for i := range projectParts {
		write(fmt.Sprintf("part%02d.c", i), fmt.Sprintf(
			"#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"+
				"int part%02d(int n) { char b[32]; snprintf(b, sizeof b, \"%%d\", n + %d); return atoi(b) + (int)strlen(b); }\n", i, i))
		fmt.Fprintf(&declarations, "int part%02d(int);\n", i)
		fmt.Fprintf(&calls, "\tsum += part%02d(sum);\n", i)
	}
	write("main.c", fmt.Sprintf("#include <stdio.h>\n%sint main(void)\n{\n\tunsigned sum = 1;\n%s"+
		"\tprintf(\"sum %%u\\n\", sum);\n\treturn 4;\n}\n", &declarations, &calls))
	write("Makefile", projectMakefile)
}
