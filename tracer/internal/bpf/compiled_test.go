package bpf

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"os"
	"slices"
	"testing"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

var update = flag.Bool("update", false, "write the filters that are compiled in advance")

// compiledFile holds the filters that most trees start under, because compiling
// takes a third of a millisecond; -update writes it.
const compiledFile = "compiled.go"

// TestCompiled compares them with what is compiled now.
func TestCompiled(t *testing.T) {
	want, err := format.Source(compiledSource(t))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(compiledFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(compiledFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the table says: run make table", compiledFile)
	}
}

// TestUnpack: the filters come back as they were.
func TestUnpack(t *testing.T) {
	for _, opts := range []Options{{}, {Quiet: true}, {Mode: abi.Mode{Strict: true}}} {
		got, err := Base(opts)
		if err != nil {
			t.Fatal(err)
		}
		want, err := base(opts)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: another filter", opts)
		}
	}
}

// compiledSource is the source of compiledFile.
func compiledSource(t *testing.T) []byte {
	var b bytes.Buffer
	b.WriteString("// Code generated from the table of package abi by TestCompiled. DO NOT EDIT.\n\npackage bpf\n\n" +
		"// compiled is the filter for opts with an instruction in each word, nil if it is not here.\n" +
		"func compiled(opts Options) []uint64 {\n\tswitch opts {\n" +
		"\tcase Options{}:\n\t\treturn whole[:]\n\tcase Options{Quiet: true}:\n\t\treturn quiet[:]\n\t}\n\treturn nil\n}\n")
	for _, f := range []struct {
		name string
		opts Options
	}{{"whole", Options{}}, {"quiet", Options{Quiet: true}}} {
		prog, err := base(f.opts)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "\nvar %s = [...]uint64{\n", f.name)
		for line := range slices.Chunk(prog, 6) {
			for _, i := range line {
				fmt.Fprintf(&b, "%#016x, ", uint64(i.Op)|uint64(i.Jt)<<16|uint64(i.Jf)<<24|uint64(i.K)<<32)
			}
			b.WriteByte('\n')
		}
		b.WriteString("}\n")
	}
	return b.Bytes()
}
