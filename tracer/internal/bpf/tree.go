package bpf

import (
	"slices"

	"golang.org/x/net/bpf"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// span is a run of numbers, from first up to the next span, with one outcome.
type span struct {
	first uint32
	rule  rule
}

// numbers decides the calls of arch, whose number it loads.
func (a *assembler) numbers(arch abi.Arch, rules func(abi.Arch, uint32) rule) label {
	spans := spansOf(arch, rules)
	a.tests(spans)
	return a.load(word{off: offNr}, a.search(spans))
}

// spansOf joins neighbouring numbers that share a rule. The last span reaches
// to the largest number; all numbers behind the table's end are alike.
func spansOf(arch abi.Arch, rules func(abi.Arch, uint32) rule) []span {
	var spans []span
	for nr := uint32(0); nr <= uint32(abi.Len(arch)); nr++ {
		r := rules(arch, nr)
		if n := len(spans); n == 0 || !spans[n-1].rule.equal(r) {
			spans = append(spans, span{nr, r})
		}
	}
	return spans
}

// body is where the tests of a rule begin.
type body struct {
	rule  rule
	start label
}

// tests writes the register tests of every span that has some, once for all
// spans with the same.
func (a *assembler) tests(spans []span) {
	for _, s := range spans {
		if s.rule.cond == nil || a.find(s.rule) != nil {
			continue
		}
		stop, pass := a.ret(trace), a.ret(s.rule.ret)
		a.bodies = append(a.bodies, body{s.rule, a.cond(s.rule.cond, stop, pass).cold})
	}
}

func (a *assembler) find(r rule) *body {
	i := slices.IndexFunc(a.bodies, func(b body) bool { return b.rule.equal(r) })
	if i < 0 {
		return nil
	}
	return &a.bodies[i]
}

// search finds the span of the number in the accumulator by halving.
func (a *assembler) search(spans []span) label {
	if len(spans) == 1 {
		if b := a.find(spans[0].rule); b != nil {
			return b.start
		}
		return a.ret(spans[0].rule.ret)
	}
	middle := len(spans) / 2
	upper := a.search(spans[middle:])
	lower := a.search(spans[:middle])
	return a.branch(bpf.JumpGreaterOrEqual, spans[middle].first, upper, lower)
}
