package picker

import (
	"groove/internal/bitset"
	"groove/torrent/layout"
)

// walk is a place in the order of rarity, so that a pick of several pieces goes on where the first
// was found. The zero walk begins at the rarest of the highest priority.
type walk struct {
	begun  bool
	level  int
	bucket int
	offset uint32
	steps  int // left, before the peer's bitfield is searched instead
}

// chooseFresh returns the fresh piece to begin with a peer.
func (p *Picker) chooseFresh(a *Asker, w *walk) (layout.PieceIndex, bool) {
	switch {
	case p.fresh == 0:
		return 0, false
	case a.Only != nil:
		return p.best(a.Only, a)
	case a.Has != nil && !a.Has.HasAnyMissingIn(p.busy):
		return 0, false
	}
	for _, i := range a.Suggested {
		if !p.busy.Has(int(i)) && a.has(i) {
			return i, true
		}
	}
	if p.sequential {
		if i, ok := p.lowest(a); ok {
			return i, true
		}
	} else if p.have.Count() < randomPieces {
		if i, ok := p.random(a); ok {
			return i, true
		}
		*w = walk{}
	}
	return p.rarest(a, w)
}

// best returns the fresh piece of a short list that goes first.
func (p *Picker) best(list []layout.PieceIndex, a *Asker) (best layout.PieceIndex, ok bool) {
	for _, i := range list {
		if !p.busy.Has(int(i)) && a.has(i) && (!ok || p.freshBefore(i, best)) {
			best, ok = i, true
		}
	}
	return best, ok
}

// freshBefore reports whether fresh piece i goes before j. Cells are in the order of rarity, at
// random among equals.
func (p *Picker) freshBefore(i, j layout.PieceIndex) bool {
	x, y := &p.pieces[i], &p.pieces[j]
	switch {
	case x.prio != y.prio:
		return x.prio > y.prio
	case p.sequential:
		return i < j
	}
	return x.cell < y.cell
}

// topLevel returns the highest priority that has a fresh piece.
func (p *Picker) topLevel() int {
	k := MaxPriority
	for k > 0 && p.levels[k].count == 0 {
		k--
	}
	return k
}

// random tries random cells of the highest priority.
func (p *Picker) random(a *Asker) (layout.PieceIndex, bool) {
	level := p.topLevel()
	cells := p.levels[level].cells
	for range randomProbes {
		at := p.rng.Uint32N(uint32(len(cells)))
		i := layout.PieceIndex(cells[at])
		if i == none {
			continue
		}
		if pc := &p.pieces[i]; pc.cell == at && int(pc.prio) == level && a.has(i) {
			return i, true
		}
	}
	return 0, false
}

// rarest walks the pieces from the rarest on. A peer that has few of them is not found by walking
// all: after about as many steps as it has pieces, its bitfield is searched instead.
func (p *Picker) rarest(a *Asker, w *walk) (layout.PieceIndex, bool) {
	if !w.begun {
		*w = walk{begun: true, level: p.topLevel(), steps: maxScan}
		if a.Has != nil {
			w.steps = min(maxScan, a.Has.Count()+minWalk)
		}
	}
	for ; w.level > 0; w.level, w.bucket = w.level-1, 0 {
		r := &p.levels[w.level]
		for ; w.bucket < len(r.size); w.bucket, w.offset = w.bucket+1, 0 {
			for ; w.offset < r.size[w.bucket]; w.offset++ {
				i := layout.PieceIndex(r.cells[r.from[w.bucket]+w.offset])
				if a.has(i) {
					return i, true
				}
				if w.steps--; w.steps <= 0 {
					return p.searchField(a)
				}
			}
		}
	}
	return 0, false
}

// searchField finds the same piece as rarest by looking through the peer's bitfield. In a torrent of
// more than maxScan pieces it may give up; the next search goes on from there.
func (p *Picker) searchField(a *Asker) (best layout.PieceIndex, ok bool) {
	steps := maxScan
	from := p.fieldAt
	for {
		i, found := p.meet(a.Has, from, &steps)
		for ; found; i, found = p.meet(a.Has, i+1, &steps) {
			if n := layout.PieceIndex(i); a.has(n) && (!ok || p.freshBefore(n, best)) {
				best, ok = n, true
			}
		}
		wrap := from > 0 && i >= len(p.pieces) && !ok
		from, p.fieldAt = 0, i
		if i >= len(p.pieces) {
			p.fieldAt = 0
		}
		if !wrap {
			return best, ok
		}
	}
}

// lowest returns the fresh piece with the lowest number among those of the highest priority that the
// peer has.
func (p *Picker) lowest(a *Asker) (best layout.PieceIndex, ok bool) {
	top, steps := p.topLevel(), maxScan
	i, found := p.meet(a.Has, 0, &steps)
	for ; found; i, found = p.meet(a.Has, i+1, &steps) {
		n := layout.PieceIndex(i)
		if !a.has(n) || ok && !p.freshBefore(n, best) {
			continue
		}
		if best, ok = n, true; int(p.pieces[n].prio) == top {
			break
		}
	}
	return best, ok
}

// meet returns the next fresh piece at or after i that has holds. When there is none, or no step is
// left, it returns how far it came.
func (p *Picker) meet(has *bitset.Set, i int, steps *int) (at int, found bool) {
	for ; *steps > 0; *steps-- {
		j := p.busy.NextMissing(i)
		if j < 0 {
			return len(p.pieces), false
		}
		if has == nil || has.Has(j) {
			*steps--
			return j, true
		}
		if i = has.Next(j); i < 0 {
			return len(p.pieces), false
		}
	}
	return i, false
}
