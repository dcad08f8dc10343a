package pidspace

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// maxSpans bounds a plan: the single numbers and ranges that it may have.
const maxSpans = 65536

// planSyntax is the hint of syntax errors.
const planSyntax = "write numbers and ascending ranges, like 4243,4250-4260"

// Plan is the list of ids of the next processes of a tree, in the order of
// their creation. Threads do not use it up, nor do processes that ask for a
// number themselves. The zero value is the empty plan. A Plan is immutable and
// may be copied and used by several spaces.
type Plan struct {
	// spans are in the order of use; ordered are the same by number.
	spans, ordered []span
	ids            int
}

// span is the numbers first to last; position is its index in Plan.spans.
type span struct {
	first, last int32
	position    int
}

func (s span) String() string {
	if s.first == s.last {
		return strconv.Itoa(int(s.first))
	}
	return fmt.Sprintf("%d-%d", s.first, s.last)
}

// ParsePlan reads a plan: decimal numbers and ascending ranges of them,
// separated by commas, as in "4243,4250-4260". No number may occur twice. The
// error is a [*PlanError].
func ParsePlan(text string) (Plan, error) {
	if strings.Count(text, ",") >= maxSpans {
		return Plan{}, &PlanError{Err: ErrRange,
			Reason: fmt.Sprintf("more than %d items", maxSpans),
			Hint:   "use ranges"}
	}
	var spans []span
	for item := range strings.SplitSeq(text, ",") {
		s, err := parseSpan(item)
		if err != nil {
			return Plan{}, err
		}
		spans = append(spans, s)
	}
	return newPlan(spans)
}

// NewPlan makes a plan of ids in the order of use. The error is a
// [*PlanError].
func NewPlan(ids ...VTGID) (Plan, error) {
	var spans []span
	for _, id := range ids {
		v := int32(id)
		if !valid(v) {
			return Plan{}, outOfRange(strconv.Itoa(int(v)))
		}
		if k := len(spans) - 1; k >= 0 && spans[k].last+1 == v {
			spans[k].last = v
			continue
		}
		spans = append(spans, span{first: v, last: v})
	}
	if len(spans) > maxSpans {
		return Plan{}, &PlanError{Err: ErrRange,
			Reason: fmt.Sprintf("more than %d runs of numbers", maxSpans)}
	}
	return newPlan(spans)
}

func parseSpan(item string) (span, error) {
	low, high, isRange := strings.Cut(item, "-")
	first, err := parseID(low, item)
	if err != nil || !isRange {
		return span{first: first, last: first}, err
	}
	last, err := parseID(high, item)
	if err != nil {
		return span{}, err
	}
	if last < first {
		return span{}, &PlanError{Item: item, Err: ErrSyntax,
			Reason: "the range descends", Hint: planSyntax}
	}
	return span{first: first, last: last}, nil
}

// parseID reads one decimal number of an item.
func parseID(digits, item string) (int32, error) {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, &PlanError{Item: item, Err: ErrSyntax,
			Reason: "not a number or range", Hint: planSyntax}
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || !valid(int32(n)) {
		return 0, outOfRange(item)
	}
	return int32(n), nil
}

func outOfRange(item string) error {
	return &PlanError{Item: item, Err: ErrRange,
		Reason: "not a process id",
		Hint:   fmt.Sprintf("ids are 1 to %d", MaxPID)}
}

// newPlan orders the spans and refuses overlaps.
func newPlan(spans []span) (Plan, error) {
	p := Plan{spans: spans, ordered: slices.Clone(spans)}
	for i := range p.spans {
		p.spans[i].position = i
		p.ordered[i].position = i
		p.ids += int(spans[i].last-spans[i].first) + 1
	}
	slices.SortFunc(p.ordered, func(a, b span) int { return int(a.first - b.first) })
	for i := 1; i < len(p.ordered); i++ {
		a, b := p.ordered[i-1], p.ordered[i]
		if b.first <= a.last {
			return Plan{}, &PlanError{Item: b.String(), Err: ErrInUse,
				Reason: fmt.Sprintf("%d is planned twice", b.first),
				Hint:   "no two processes can have one id"}
		}
	}
	return p, nil
}

// Len returns how many ids the plan has.
func (p Plan) Len() int { return p.ids }

// Contains tells whether the plan has id.
func (p Plan) Contains(id VTGID) bool {
	_, ok := p.find(int32(id))
	return ok
}

// String writes the plan as [ParsePlan] reads it; "" for the empty plan.
func (p Plan) String() string {
	var b strings.Builder
	for i, s := range p.spans {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(s.String())
	}
	return b.String()
}

// find returns the span that has v.
func (p Plan) find(v int32) (span, bool) {
	i := sort.Search(len(p.ordered), func(i int) bool { return p.ordered[i].last >= v })
	if i == len(p.ordered) || p.ordered[i].first > v {
		return span{}, false
	}
	return p.ordered[i], true
}

// agenda is a plan that is being carried out.
type agenda struct {
	plan Plan
	// position and used say how much is behind: the spans before position,
	// and used numbers of that one.
	position int
	used     int32
	// struck are the numbers ahead that somebody asked for out of turn.
	struck map[int32]struct{}
}

// next returns the number that is due, 0 when the plan is at its end.
func (a *agenda) next() int32 {
	for a.position < len(a.plan.spans) {
		s := a.plan.spans[a.position]
		v := s.first + a.used
		if v > s.last {
			a.position, a.used = a.position+1, 0
			continue
		}
		if _, ok := a.struck[v]; !ok {
			return v
		}
		delete(a.struck, v)
		a.used++
	}
	return 0
}

// pending tells whether v is still ahead.
func (a *agenda) pending(v int32) bool {
	s, ok := a.plan.find(v)
	if !ok || s.position < a.position || s.position == a.position && v < s.first+a.used {
		return false
	}
	_, struck := a.struck[v]
	return !struck
}

// strike takes v out of what is ahead: it has been given to somebody.
func (a *agenda) strike(v int32) {
	if !a.pending(v) {
		return
	}
	if a.next() == v {
		a.used++
		return
	}
	if a.struck == nil {
		a.struck = make(map[int32]struct{})
	}
	a.struck[v] = struct{}{}
}
