package picker

import (
	"math/bits"

	"groove/torrent/layout"
)

// begunState holds the begun pieces and their blocks. Blocks of all slots lie in one array, a power
// of two apart, so that a block is one number; slots are used again, so that nothing is allocated
// once as many pieces were begun as ever are.
type begunState struct {
	parts  []part
	spare  []uint32 // slots not in use
	live   []uint32 // slots in use
	blocks []block
	free   []uint64 // bit per block: nobody is asked and it has not landed
	shift  uint     // slot<<shift | index is a block
	words  uint32   // of free, per slot

	open       int // wanted parts with a free block
	freeBlocks int // in wanted parts
	complete   int // parts with all blocks landed

	oldest, newest uint32 // blocks asked of exactly one peer, in the order of asking

	askers [maxAskers]PeerID // what Landed and Askers return
}

// part is one begun piece.
type part struct {
	piece   layout.PieceIndex
	total   uint32 // blocks
	free    uint32 // blocks that nobody is asked for
	asked   uint32 // blocks asked of one or two peers
	landed  uint32
	place   uint32 // in live
	wanted  bool
	workers []worker
}

// worker is a peer that was asked for blocks of a part. Entries stay when nothing is outstanding,
// for the sake of next, until another worker needs the place.
type worker struct {
	id   uint16
	out  uint32 // blocks asked of it
	next uint32 // block behind the last one asked of it
}

// block is one block of a begun piece: 16 bytes.
type block struct {
	who        [maxAskers]uint16
	asks       uint8
	landed     bool
	prev, next uint32 // in the list of blocks asked once
}

func newBegunState(l *layout.Layout) begunState {
	most := uint((l.PieceLength() + layout.BlockSize - 1) / layout.BlockSize)
	return begunState{
		shift:  uint(bits.Len(most - 1)),
		words:  uint32((most + 63) / 64),
		oldest: none,
		newest: none,
	}
}

// begin makes a part of piece i with all its blocks free and returns its slot.
func (p *Picker) begin(i layout.PieceIndex) uint32 {
	if len(p.spare) == 0 {
		p.grow()
	}
	slot := p.spare[len(p.spare)-1]
	p.spare = p.spare[:len(p.spare)-1]
	total := uint32(p.l.Blocks(i))
	pt := &p.parts[slot]
	*pt = part{piece: i, total: total, place: uint32(len(p.live)), workers: pt.workers[:0]}
	p.live = append(p.live, slot)
	first := slot << p.shift
	clear(p.blocks[first : first+total])
	for n := range total {
		p.free[slot*p.words+n>>6] |= 1 << (n & 63)
	}
	pt.free = total
	p.setWanted(slot, p.pieces[i].prio > 0)
	p.pieces[i].slot = slot
	p.settle(i)
	return slot
}

// grow makes a new slot.
func (p *Picker) grow() {
	p.spare = append(p.spare, uint32(len(p.parts)))
	p.parts = append(p.parts, part{})
	p.blocks = append(p.blocks, make([]block, 1<<p.shift)...)
	p.free = append(p.free, make([]uint64, p.words)...)
}

// release forgets a part and everything asked of it.
func (p *Picker) release(slot uint32) {
	pt := &p.parts[slot]
	for n := range pt.total {
		if b := &p.blocks[slot<<p.shift|n]; b.asks > 0 {
			p.unask(slot, n)
		}
	}
	p.setWanted(slot, false)
	if pt.landed == pt.total {
		p.complete--
	}
	clear(p.free[slot*p.words : (slot+1)*p.words])
	last := p.live[len(p.live)-1]
	p.live[pt.place] = last
	p.parts[last].place = pt.place
	p.live = p.live[:len(p.live)-1]
	p.spare = append(p.spare, slot)
	p.pieces[pt.piece].slot = none
	p.settle(pt.piece)
}

// releaseEmpty forgets a part of which nothing landed and nothing is asked: it is fresh again.
func (p *Picker) releaseEmpty(slot uint32) {
	if pt := &p.parts[slot]; pt.landed == 0 && pt.asked == 0 {
		p.release(slot)
	}
}

// setWanted counts a part among those to be picked from, or not.
func (p *Picker) setWanted(slot uint32, wanted bool) {
	pt := &p.parts[slot]
	if pt.wanted == wanted {
		return
	}
	pt.wanted = wanted
	sign := -1
	if wanted {
		sign = 1
	}
	p.freeBlocks += sign * int(pt.free)
	if pt.free > 0 {
		p.open += sign
	}
}

// setFree marks block n of a part as free, or as not free any more.
func (p *Picker) setFree(slot, n uint32, free bool) {
	pt := &p.parts[slot]
	wanted := pt.wanted
	p.setWanted(slot, false)
	if free {
		p.free[slot*p.words+n>>6] |= 1 << (n & 63)
		pt.free++
	} else {
		p.free[slot*p.words+n>>6] &^= 1 << (n & 63)
		pt.free--
	}
	p.setWanted(slot, wanted)
}

// isFree reports whether nobody is asked for block n of a part and it has not landed.
func (p *Picker) isFree(slot, n uint32) bool {
	return p.free[slot*p.words+n>>6]&(1<<(n&63)) != 0
}
