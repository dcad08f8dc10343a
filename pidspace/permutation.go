package pidspace

// permutation is a bijection of the numbers onto themselves, of which only the
// part that is not the identity takes memory. The zero value is the identity.
type permutation struct {
	images, preimages map[int32]int32
}

// image returns what r is mapped to.
func (p *permutation) image(r int32) int32 {
	if v, ok := p.images[r]; ok {
		return v
	}
	return r
}

// preimage returns what is mapped to v.
func (p *permutation) preimage(v int32) int32 {
	if r, ok := p.preimages[v]; ok {
		return r
	}
	return v
}

// assign maps r to v. What was mapped to v gets the former image of r, so
// that the map stays a bijection.
func (p *permutation) assign(r, v int32) {
	former, other := p.image(r), p.preimage(v)
	if other == r {
		return
	}
	if p.images == nil {
		p.images = make(map[int32]int32)
		p.preimages = make(map[int32]int32)
	}
	p.set(r, v)
	p.set(other, former)
}

// set records one pair; only assign, which sets both sides, may use it.
func (p *permutation) set(r, v int32) {
	if r == v {
		delete(p.images, r)
		delete(p.preimages, v)
		return
	}
	p.images[r] = v
	p.preimages[v] = r
}
