package tracer

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestPointersAsNumbers: a pointer becomes a number only in the arguments of a raw
// system call. A function in between may make the stack grow, which moves what
// is on it.
func TestPointersAsNumbers(t *testing.T) {
	checked := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		raw := map[ast.Node]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if makesRawCall(call) {
				for _, arg := range call.Args {
					raw[arg] = true
				}
			}
			if isPointerAsNumber(call) {
				checked++
				if !raw[call] {
					t.Errorf("%s: a pointer is passed on as a number", files.Position(call.Pos()))
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked == 0 {
		t.Error("nothing was found to check")
	}
}

// makesRawCall tells whether a call is one of those that the compiler and the
// runtime let have pointers as numbers (package unsafe, rule 4).
func makesRawCall(call *ast.CallExpr) bool {
	fun, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch fun.Sel.Name {
	case "Syscall", "Syscall6", "RawSyscall", "RawSyscall6":
		return true
	}
	return false
}

// isPointerAsNumber tells whether an expression is uintptr(unsafe.Pointer(x)).
func isPointerAsNumber(call *ast.CallExpr) bool {
	to, ok := call.Fun.(*ast.Ident)
	if !ok || to.Name != "uintptr" || len(call.Args) != 1 {
		return false
	}
	inner, ok := call.Args[0].(*ast.CallExpr)
	if !ok {
		return false
	}
	from, ok := inner.Fun.(*ast.SelectorExpr)
	return ok && from.Sel.Name == "Pointer"
}
