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
	bodies := a.bodies(arch, spans)
	return a.load(word{off: offNr}, a.search(spans, bodies))
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

// bodies writes the register tests of every span that has some, once for all
// spans with the same.
func (a *assembler) bodies(arch abi.Arch, spans []span) []body {
	var bodies []body
	for _, s := range spans {
		if s.rule.cond == nil || find(bodies, s.rule) != nil {
			continue
		}
		stop, pass := a.ret(trace(arch)), a.ret(s.rule.ret)
		bodies = append(bodies, body{s.rule, a.cond(s.rule.cond, stop, pass).cold})
	}
	return bodies
}

func find(bodies []body, r rule) *body {
	i := slices.IndexFunc(bodies, func(b body) bool { return b.rule.equal(r) })
	if i < 0 {
		return nil
	}
	return &bodies[i]
}

// search finds the span of the number in the accumulator by halving.
func (a *assembler) search(spans []span, bodies []body) label {
	if len(spans) == 1 {
		if b := find(bodies, spans[0].rule); b != nil {
			return b.start
		}
		return a.ret(spans[0].rule.ret)
	}
	middle := len(spans) / 2
	upper := a.search(spans[middle:], bodies)
	lower := a.search(spans[:middle], bodies)
	return a.branch(bpf.JumpGreaterOrEqual, spans[middle].first, upper, lower)
}
