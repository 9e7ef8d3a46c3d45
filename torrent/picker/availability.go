package picker

import (
	"groove/internal/bitset"
	"groove/torrent/layout"
)

// AddHave counts one more peer that has piece i. O(1).
func (p *Picker) AddHave(i layout.PieceIndex) {
	pc := &p.pieces[i]
	k := int(pc.peers)
	p.copies[k]--
	if k+1 == len(p.copies) {
		p.copies = append(p.copies, 0)
	}
	p.copies[k+1]++
	pc.peers++
	if pc.cell != none {
		p.levels[pc.prio].up(p.pieces, p.rng, uint32(i), k)
	}
}

// RemoveHave counts one peer less that has piece i. O(1).
func (p *Picker) RemoveHave(i layout.PieceIndex) {
	pc := &p.pieces[i]
	k := int(pc.peers)
	p.copies[k]--
	p.copies[k-1]++
	pc.peers--
	if pc.cell != none {
		p.levels[pc.prio].down(p.pieces, p.rng, uint32(i), k)
	}
}

// AddBitfield is AddHave for every piece of a peer.
func (p *Picker) AddBitfield(has *bitset.Set) {
	for i := has.Next(0); i >= 0; i = has.Next(i + 1) {
		p.AddHave(layout.PieceIndex(i))
	}
}

// RemoveBitfield is RemoveHave for every piece of a peer that leaves.
func (p *Picker) RemoveBitfield(has *bitset.Set) {
	for i := has.Next(0); i >= 0; i = has.Next(i + 1) {
		p.RemoveHave(layout.PieceIndex(i))
	}
}

// AddSeed counts a peer that has everything. O(1): it changes no order.
func (p *Picker) AddSeed() { p.seeds++ }

// RemoveSeed counts a peer that had everything and leaves.
func (p *Picker) RemoveSeed() { p.seeds-- }

// Availability returns how many connected peers have piece i, ourselves not counted.
func (p *Picker) Availability(i layout.PieceIndex) int {
	return int(p.pieces[i].peers) + p.seeds
}

// Copies returns the distributed copies among the connected peers, ourselves not counted: how many
// have the rarest piece, plus the share of pieces that more of them have. O(peers).
func (p *Picker) Copies() float64 {
	n := len(p.pieces)
	if n == 0 {
		return 0
	}
	least := 0
	for p.copies[least] == 0 {
		least++
	}
	return float64(p.seeds+least) + float64(n-p.copies[least])/float64(n)
}
