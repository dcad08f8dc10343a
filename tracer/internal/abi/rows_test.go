package abi

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"os"
	"reflect"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write the table that a program starts with")

// rowsFile holds the table as data, which nothing has to be done for when a
// program starts; -update writes it.
const rowsFile = "rows.go"

// TestRows compares it with the table as it is written down.
func TestRows(t *testing.T) {
	want, err := format.Source(rowsSource(written()))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(rowsFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(rowsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the table_*.go files say: run make table", rowsFile)
	}
}

// TestDuplicates: no two rows have a number of one interface.
func TestDuplicates(t *testing.T) {
	for arch := range 2 {
		seen := map[int]string{}
		for _, r := range written() {
			nr := r.NR[arch]
			if other, ok := seen[nr]; ok && nr >= 0 {
				t.Errorf("%v: %s and %s have number %d", Arch(arch), other, r.Name, nr)
			}
			seen[nr] = r.Name
		}
	}
}

// rowsSource is the source of rowsFile.
func rowsSource(all []Row) []byte {
	var b bytes.Buffer
	b.WriteString("// Code generated from the table_*.go files by TestRows. DO NOT EDIT.\n\npackage abi\n\n" +
		"// rows are all rows in order.\nvar rows = [...]Row{\n")
	var places [2][]int
	for i, r := range all {
		b.WriteByte('\t')
		writeValue(&b, reflect.ValueOf(r), "")
		b.WriteString(",\n")
		for arch, nr := range r.NR {
			if nr < 0 {
				continue
			}
			for len(places[arch]) <= nr {
				places[arch] = append(places[arch], 0)
			}
			places[arch][nr] = i + 1
		}
	}
	b.WriteString("}\n\n// places says for each number where its row is, counted from 1.\nvar places = [2][]uint16{\n")
	for _, p := range places {
		b.WriteString("\t{\n")
		for line := range slices.Chunk(p, 16) {
			for _, n := range line {
				fmt.Fprintf(&b, "%d, ", n)
			}
			b.WriteByte('\n')
		}
		b.WriteString("\t},\n")
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// writeValue writes v as a literal of a type that is called name, or that is
// clear from where it stands.
func writeValue(b *bytes.Buffer, v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Struct:
		b.WriteString(name + "{")
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				b.WriteString(v.Type().Field(i).Name + ": ")
				writeValue(b, v.Field(i), typeName(v.Field(i).Type()))
				b.WriteString(", ")
			}
		}
		b.WriteByte('}')
	case reflect.Slice, reflect.Array:
		b.WriteString(name + "{")
		for i := range v.Len() {
			writeValue(b, v.Index(i), "")
			b.WriteString(", ")
		}
		b.WriteByte('}')
	default:
		fmt.Fprintf(b, "%#v", v)
	}
}

// typeName is how a type is called in this package.
func typeName(t reflect.Type) string {
	if t.Name() != "" {
		return t.Name()
	}
	switch t.Kind() {
	case reflect.Slice:
		return "[]" + typeName(t.Elem())
	case reflect.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), typeName(t.Elem()))
	}
	return t.String()
}
