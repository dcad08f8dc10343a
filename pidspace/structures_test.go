package pidspace

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestPermutation compares a permutation with an array of all images.
func TestPermutation(t *testing.T) {
	const n = 12
	rapid.Check(t, func(t *rapid.T) {
		var p permutation
		images := make([]int32, n)
		for i := range images {
			images[i] = int32(i)
		}
		type pair struct{ R, V int32 }
		number := rapid.Int32Range(0, n-1)
		pairs := rapid.SliceOf(rapid.Custom(func(t *rapid.T) pair {
			return pair{number.Draw(t, "r"), number.Draw(t, "v")}
		}))
		for _, a := range pairs.Draw(t, "assignments") {
			p.assign(a.R, a.V)
			other := slices.Index(images, a.V)
			images[a.R], images[other] = images[other], images[a.R]
			moved := 0
			for r, v := range images {
				if p.image(int32(r)) != v || p.preimage(v) != int32(r) {
					t.Fatalf("image(%d) = %d, preimage(%d) = %d; want %v", r, p.image(int32(r)), v, p.preimage(v), images)
				}
				if int32(r) != v {
					moved++
				}
			}
			if len(p.images) != moved || len(p.preimages) != moved {
				t.Fatalf("%d and %d entries for %d numbers that moved", len(p.images), len(p.preimages), moved)
			}
		}
	})
}

// TestTombstonesQueue compares tombstones with a slice.
func TestTombstonesQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := tombstones{limit: 5}
		var queue []pair
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				p := pair{rapid.Int32Range(1, 12).Draw(t, "real"), rapid.Int32().Draw(t, "virtual")}
				ts.put(p.real, p.virtual)
				queue = slices.DeleteFunc(queue, func(q pair) bool { return q.real == p.real })
				queue = append(queue, p)
			},
			"drop": func(t *rapid.T) {
				r := rapid.Int32Range(1, 12).Draw(t, "real")
				ts.drop(r)
				queue = slices.DeleteFunc(queue, func(q pair) bool { return q.real == r })
			},
			"": func(t *rapid.T) {
				oldest := int32(0)
				if len(queue) > 0 {
					oldest = queue[0].real
				}
				if ts.oldest() != oldest || ts.full() != (len(queue) > 5) {
					t.Fatalf("oldest %d, full %v; want %v", ts.oldest(), ts.full(), queue)
				}
				for r := int32(1); r <= 12; r++ {
					i := slices.IndexFunc(queue, func(q pair) bool { return q.real == r })
					v, ok := ts.get(r)
					if ok != (i >= 0) || ok && v != queue[i].virtual {
						t.Fatalf("get(%d) = %d, %v; want %v", r, v, ok, queue)
					}
				}
				if len(ts.slots) > 13 {
					t.Fatalf("%d slots for at most 12 tombstones", len(ts.slots))
				}
			},
		})
	})
}

// TestList compares a list with a slice.
func TestList(t *testing.T) {
	type element struct {
		id int
		in link[element]
	}
	rapid.Check(t, func(t *rapid.T) {
		var l list[element]
		var want []*element
		next := 0
		t.Repeat(map[string]func(*rapid.T){
			"push": func(*rapid.T) {
				e := &element{id: next}
				next++
				l.push(&e.in, e)
				want = append(want, e)
			},
			"remove": func(t *rapid.T) {
				if len(want) == 0 {
					t.Skip("empty")
				}
				i := rapid.IntRange(0, len(want)-1).Draw(t, "i")
				l.remove(&want[i].in)
				want = slices.Delete(want, i, i+1)
			},
			"": func(t *rapid.T) {
				var got, back []*element
				for e := l.first; e != nil; e = e.next {
					got = append(got, e.of)
				}
				for e := l.last; e != nil; e = e.prev {
					back = append(back, e.of)
				}
				slices.Reverse(back)
				if !slices.Equal(got, want) || !slices.Equal(back, want) || l.len != len(want) {
					t.Fatalf("%v, from the end %v, len %d; want %v", got, back, l.len, want)
				}
			},
		})
	})
}
