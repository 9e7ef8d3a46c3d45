package picker

import "groove/torrent/layout"

// Endgame reports whether something is missing and every wanted block of it is asked for or landed.
func (p *Picker) Endgame() bool {
	return p.wanted > 0 && p.fresh == 0 && p.freeBlocks == 0
}

// PickEndgame appends to dst up to n blocks that are asked of one other peer, those asked longest
// ago first, and notes that they are asked of a as well. Outside the end game it appends nothing.
// No block is ever asked of three peers, or of one twice. Each of them may arrive twice, so the
// swarm calls it for few blocks and idle peers.
func (p *Picker) PickEndgame(dst []layout.Block, a Asker, n int) []layout.Block {
	if !p.Endgame() {
		return dst
	}
	p.peer(a.ID)
	end, steps := len(dst)+n, maxScan
	for ref := p.oldest; ref != none && len(dst) < end && steps > 0; steps-- {
		slot, n, next := ref>>p.shift, ref&(1<<p.shift-1), p.blocks[ref].next
		if pt := &p.parts[slot]; pt.wanted && a.has(pt.piece) && p.twin(slot, n, &a) {
			dst = append(dst, layout.Block{Piece: pt.piece, Index: n})
		}
		ref = next
	}
	return dst
}

// twin asks a peer for block n of a part if it is asked of exactly one other; it reports whether.
func (p *Picker) twin(slot, n uint32, a *Asker) bool {
	b := &p.blocks[slot<<p.shift|n]
	if b.asks != 1 || b.askedOf(a.ID) {
		return false
	}
	p.askTwice(slot, n, a.ID, p.parts[slot].hire(a))
	return true
}
