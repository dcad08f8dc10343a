package tracer

// A company is the part of the latest looks that have found more than one task of
// the tree that wants to run. From none to together it takes 7 looks, and 6 from
// there to be alone.
type company float64

const (
	together company = 0.6 // scatter above
	alone    company = 0.3 // gather below
)

// look takes in what a look has found.
func (c *company) look(many bool) {
	*c -= *c / 8
	if many {
		*c += 1.0 / 8
	}
}
