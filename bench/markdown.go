package bench

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes a result as Markdown: for each place a table with a line
// for every mechanism.
func WriteMarkdown(out io.Writer, r *Result) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n%s.\n", escapeMarkdown(r.title()), strings.ToUpper(r.method()[:1])+escapeMarkdown(r.method()[1:]))
	for _, p := range r.Places {
		fmt.Fprintf(&b, "\n| %s |", p.words())
		for _, row := range r.Rows {
			fmt.Fprintf(&b, " %s |", row.Name)
		}
		b.WriteString("\n|---|" + strings.Repeat("--:|", len(r.Rows)) + "\n")
		for _, name := range r.names() {
			fmt.Fprintf(&b, "| %s |", name)
			for _, row := range r.Rows {
				middle, around := r.cellText(row.Unit, r.Cell(p, row.Name, name))
				if around != "" {
					middle += " (" + around + ")"
				}
				fmt.Fprintf(&b, " %s |", middle)
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\nRows:\n\n")
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "- %s: %s%s\n", row.Name, escapeMarkdown(row.What), unitNote(row.Unit))
	}
	if list := r.missing(); len(list) > 0 {
		b.WriteString("\nNot measured:\n\n")
		for _, u := range list {
			fmt.Fprintf(&b, "- %s\n", escapeMarkdown(u.text()))
		}
	}
	_, err := out.Write(b.Bytes())
	return err
}

// escapeMarkdown keeps text from being taken for marks or HTML.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for _, c := range s {
		if strings.ContainsRune("\\`*_[]<>|#&~", c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}
