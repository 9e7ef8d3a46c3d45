package picker

import "groove/torrent/layout"

// find returns the slot of a block's part; false if its piece is not begun or has no such block.
func (p *Picker) find(b layout.Block) (slot uint32, ok bool) {
	slot = p.pieces[b.Piece].slot
	return slot, slot != none && b.Index < p.parts[slot].total
}

// ask notes that block n, free until now, is asked of a peer.
func (p *Picker) ask(slot, n uint32, id PeerID, w *worker) {
	p.setFree(slot, n, false)
	p.parts[slot].asked++
	b := &p.blocks[slot<<p.shift|n]
	b.who[0], b.asks = uint16(id), 1
	p.pushNewest(slot<<p.shift | n)
	w.out++
	p.peers[id].out++
}

// askTwice notes that block n, asked of one peer, is asked of a second one.
func (p *Picker) askTwice(slot, n uint32, id PeerID, w *worker) {
	p.unlink(slot<<p.shift | n)
	b := &p.blocks[slot<<p.shift|n]
	b.who[1], b.asks = uint16(id), 2
	w.out++
	p.peers[id].out++
}

// unask forgets who is asked for block n and leaves it neither free nor asked.
func (p *Picker) unask(slot, n uint32) {
	pt, b := &p.parts[slot], &p.blocks[slot<<p.shift|n]
	if b.asks == 1 {
		p.unlink(slot<<p.shift | n)
	}
	for _, id := range b.who[:b.asks] {
		p.peers[id].out--
		pt.worker(id).out--
	}
	b.asks = 0
	pt.asked--
}

// Drop says that b is no longer asked of a peer: choke, reject, time-out, gone or broken. Without
// another asker it is free again. Without effect if it was not asked of that peer.
func (p *Picker) Drop(b layout.Block, id PeerID) {
	slot, ok := p.find(b)
	if !ok {
		return
	}
	bl := &p.blocks[slot<<p.shift|b.Index]
	switch {
	case bl.asks == 0 || !bl.askedOf(id):
	case bl.asks == 2:
		p.dropTwin(slot, b.Index, id)
	default:
		p.unask(slot, b.Index)
		p.setFree(slot, b.Index, true)
		p.releaseEmpty(slot)
	}
}

// dropTwin takes one of two askers away. The other was asked some time ago, so the block goes to
// the front of those that may be asked twice.
func (p *Picker) dropTwin(slot, n uint32, id PeerID) {
	b := &p.blocks[slot<<p.shift|n]
	if b.who[0] == uint16(id) {
		b.who[0] = b.who[1]
	}
	b.asks = 1
	p.pushOldest(slot<<p.shift | n)
	p.peers[id].out--
	p.parts[slot].worker(uint16(id)).out--
}

// Landed says that b arrived from a peer. It returns the other peers that were asked for it, whose
// requests are to be cancelled; the slice is valid until the next call. A block of a piece that is
// not begun, or that has landed before, changes nothing.
func (p *Picker) Landed(b layout.Block, id PeerID) (others []PeerID) {
	slot, ok := p.find(b)
	if !ok {
		return nil
	}
	bl := &p.blocks[slot<<p.shift|b.Index]
	if bl.landed {
		return nil
	}
	if bl.asks == 0 {
		p.setFree(slot, b.Index, false)
		p.land(slot, bl)
		return nil
	}
	others = p.askers[:0]
	for _, who := range bl.who[:bl.asks] {
		if PeerID(who) != id {
			others = append(others, PeerID(who))
		}
	}
	p.unask(slot, b.Index)
	p.land(slot, bl)
	return others
}

func (p *Picker) land(slot uint32, b *block) {
	b.landed = true
	pt := &p.parts[slot]
	if pt.landed++; pt.landed == pt.total {
		p.complete++
	}
}

// Unland says that a block that had landed was lost; it is free again.
func (p *Picker) Unland(b layout.Block) {
	slot, ok := p.find(b)
	if !ok {
		return
	}
	p.unland(slot, b.Index)
	p.releaseEmpty(slot)
}

func (p *Picker) unland(slot, n uint32) {
	pt, b := &p.parts[slot], &p.blocks[slot<<p.shift|n]
	if !b.landed {
		return
	}
	if pt.landed == pt.total {
		p.complete--
	}
	pt.landed--
	b.landed = false
	p.setFree(slot, n, true)
}

// Failed says that piece i had a wrong hash or could not be written: all its landed blocks are free
// again.
func (p *Picker) Failed(i layout.PieceIndex) {
	slot := p.pieces[i].slot
	if slot == none {
		return
	}
	for n := range p.parts[slot].total {
		p.unland(slot, n)
	}
	p.releaseEmpty(slot)
}

// Complete reports whether every block of piece i has landed and it waits for SetHave or Failed.
// A piece that is all padding is complete from the beginning.
func (p *Picker) Complete(i layout.PieceIndex) bool {
	if slot := p.pieces[i].slot; slot != none {
		return p.parts[slot].landed == p.parts[slot].total
	}
	return !p.have.Has(int(i)) && p.l.Blocks(i) == 0
}

func (b *block) askedOf(id PeerID) bool {
	for _, who := range b.who[:b.asks] {
		if PeerID(who) == id {
			return true
		}
	}
	return false
}

// pushNewest puts a block behind all others asked of one peer.
func (p *Picker) pushNewest(ref uint32) {
	b := &p.blocks[ref]
	b.prev, b.next = p.newest, none
	if p.newest == none {
		p.oldest = ref
	} else {
		p.blocks[p.newest].next = ref
	}
	p.newest = ref
}

// pushOldest puts a block before all others asked of one peer.
func (p *Picker) pushOldest(ref uint32) {
	b := &p.blocks[ref]
	b.prev, b.next = none, p.oldest
	if p.oldest == none {
		p.newest = ref
	} else {
		p.blocks[p.oldest].prev = ref
	}
	p.oldest = ref
}

// unlink takes a block out of those asked of one peer.
func (p *Picker) unlink(ref uint32) {
	b := &p.blocks[ref]
	if b.prev == none {
		p.oldest = b.next
	} else {
		p.blocks[b.prev].next = b.next
	}
	if b.next == none {
		p.newest = b.prev
	} else {
		p.blocks[b.next].prev = b.prev
	}
}
