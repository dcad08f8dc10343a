package tracer

import "testing"

func TestRecent(t *testing.T) {
	var r recent[int, string]
	if r.of[1] != "" {
		t.Error("something is known of a key before any came")
	}
	for key := range maxRecent {
		r.add(key, "first")
	}
	r.add(1, "second") // no new key, so none has to go
	if len(r.of) != maxRecent || r.of[0] != "first" || r.of[1] != "second" {
		t.Errorf("%d keys, %q and %q", len(r.of), r.of[0], r.of[1])
	}
	r.add(maxRecent, "first")
	if _, known := r.of[0]; known || len(r.of) != maxRecent || r.of[1] != "second" || r.of[maxRecent] != "first" {
		t.Errorf("%d keys, %q, %q and %q", len(r.of), r.of[0], r.of[1], r.of[maxRecent])
	}
}
