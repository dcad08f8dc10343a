package tracer

// recent remembers what is known of the keys that came last, so many of them; of
// others it knows the zero value. Its own zero value is ready to use.
type recent[K comparable, V any] struct {
	of    map[K]V
	order []K // the oldest first
}

// maxRecent is how many keys are remembered.
const maxRecent = 1 << 14

// add takes down what is known of a key from now on.
func (r *recent[K, V]) add(key K, what V) {
	if r.of == nil {
		r.of = map[K]V{}
	}
	if _, known := r.of[key]; !known {
		r.order = append(r.order, key)
	}
	r.of[key] = what
	if len(r.order) > maxRecent {
		delete(r.of, r.order[0])
		r.order = r.order[1:]
	}
}
