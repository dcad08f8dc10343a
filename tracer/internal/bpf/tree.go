package bpf

import (
	"fmt"

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
	last := ""
	for nr := uint32(0); nr <= uint32(abi.Len(arch)); nr++ {
		r := rules(arch, nr)
		if key := r.key(); len(spans) == 0 || key != last {
			spans = append(spans, span{nr, r})
			last = key
		}
	}
	return spans
}

// key is equal for rules that do the same.
func (r rule) key() string { return fmt.Sprint(r.ret, r.cond) }

// bodies writes the register tests of every span that has some, once for all
// spans with the same.
func (a *assembler) bodies(arch abi.Arch, spans []span) map[string]label {
	bodies := make(map[string]label)
	for _, s := range spans {
		key := s.rule.key()
		if _, ok := bodies[key]; ok || s.rule.cond == nil {
			continue
		}
		stop, pass := a.ret(trace(arch)), a.ret(s.rule.ret)
		bodies[key] = a.cond(s.rule.cond, stop, pass).cold
	}
	return bodies
}

// search finds the span of the number in the accumulator by halving.
func (a *assembler) search(spans []span, bodies map[string]label) label {
	if len(spans) == 1 {
		if l, ok := bodies[spans[0].rule.key()]; ok {
			return l
		}
		return a.ret(spans[0].rule.ret)
	}
	middle := len(spans) / 2
	upper := a.search(spans[middle:], bodies)
	lower := a.search(spans[:middle], bodies)
	return a.branch(bpf.JumpGreaterOrEqual, spans[middle].first, upper, lower)
}
