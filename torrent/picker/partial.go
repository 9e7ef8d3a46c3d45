package picker

import (
	"slices"

	"groove/internal/bitset"
	"groove/torrent/layout"
)

// State is what is known of one block.
type State uint8

// The states of a block.
const (
	Free   State = iota // nobody is asked for it
	Asked               // one or two peers are
	Landed              // it has arrived, its piece is not verified
	Had                 // its piece is verified
)

// BlockState returns the state of b.
func (p *Picker) BlockState(b layout.Block) State {
	if p.have.Has(int(b.Piece)) {
		return Had
	}
	slot, ok := p.find(b)
	if !ok {
		return Free
	}
	switch bl := &p.blocks[slot<<p.shift|b.Index]; {
	case bl.landed:
		return Landed
	case bl.asks > 0:
		return Asked
	}
	return Free
}

// Askers returns the peers that b is asked of, the earlier one first; valid until the next call.
func (p *Picker) Askers(b layout.Block) []PeerID {
	slot, ok := p.find(b)
	if !ok {
		return nil
	}
	askers := p.askers[:0]
	bl := &p.blocks[slot<<p.shift|b.Index]
	for _, id := range bl.who[:bl.asks] {
		askers = append(askers, PeerID(id))
	}
	return askers
}

// Progress returns how many blocks of a begun piece have landed, are asked for and are free; all
// zero if it is not begun.
func (p *Picker) Progress(i layout.PieceIndex) (landed, asked, free int) {
	slot := p.pieces[i].slot
	if slot == none {
		return 0, 0, 0
	}
	pt := &p.parts[slot]
	return int(pt.landed), int(pt.asked), int(pt.free)
}

// Partials appends the begun pieces to dst, in the order of their numbers.
func (p *Picker) Partials(dst []layout.PieceIndex) []layout.PieceIndex {
	first := len(dst)
	for _, slot := range p.live {
		dst = append(dst, p.parts[slot].piece)
	}
	slices.Sort(dst[first:])
	return dst
}

// LandedBlocks returns which blocks of piece i have landed, for the resume record; nil if it is not
// begun. The set is the caller's.
func (p *Picker) LandedBlocks(i layout.PieceIndex) *bitset.Set {
	slot := p.pieces[i].slot
	if slot == none {
		return nil
	}
	set := bitset.New(int(p.parts[slot].total))
	for n := range p.parts[slot].total {
		if p.blocks[slot<<p.shift|n].landed {
			set.Add(int(n))
		}
	}
	return set
}

// Restore says that these blocks of piece i are there from an earlier session, unverified. The piece
// is begun even beyond the bounds. A set of another length than the piece has blocks is ignored.
func (p *Picker) Restore(i layout.PieceIndex, landed *bitset.Set) {
	if p.have.Has(int(i)) || landed.Count() == 0 || landed.Len() != p.l.Blocks(i) {
		return
	}
	slot := p.pieces[i].slot
	if slot == none {
		slot = p.begin(i)
	}
	for n := landed.Next(0); n >= 0; n = landed.Next(n + 1) {
		if p.isFree(slot, uint32(n)) {
			p.setFree(slot, uint32(n), false)
			p.land(slot, &p.blocks[slot<<p.shift|uint32(n)])
		}
	}
}
