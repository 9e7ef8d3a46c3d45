package picker

import (
	"slices"

	"groove/internal/bitset"
	"groove/internal/clock"
	"groove/torrent/layout"
)

// Asker is a peer that can take requests.
type Asker struct {
	ID   PeerID
	Has  *bitset.Set // nil = everything
	Fast bool        // gives a whole piece in less than 20 s

	// Only limits the pick to these pieces, nil to none: what a peer that chokes us allows (BEP 6).
	Only []layout.PieceIndex
	// Suggested are fresh pieces to prefer (BEP 6).
	Suggested []layout.PieceIndex
	// Avoid are pieces that are not to be asked of it: somebody else gives them alone, to find out
	// who sent wrong bytes.
	Avoid []layout.PieceIndex
}

func (a *Asker) has(i layout.PieceIndex) bool {
	return (a.Has == nil || a.Has.Has(int(i))) &&
		(a.Only == nil || slices.Contains(a.Only, i)) &&
		(len(a.Avoid) == 0 || !slices.Contains(a.Avoid, i))
}

// Pick appends to dst up to n free blocks to ask of a, and notes that they are asked of it:
//
//  1. pieces with a deadline, earliest first;
//  2. the piece it was asked for last;
//  3. begun pieces, by priority, then rarest, then fewest blocks left;
//  4. fresh pieces: suggested ones, else by priority, then rarest (random while fewer than four are
//     owned, by number in sequential mode), with random ties;
//  5. pieces that are held by others, the one with most left first.
//
// A piece is held by a fast peer that works on it, so that it is whole soon and can be given on; and
// by slow ones against another slow one if there are too many for its length. Within a piece a peer goes on where it left off, and a second one begins far from the
// first, so that requests of one peer stay consecutive. O(1) a block and no allocation in the
// steady state, O(begun pieces) when a piece is used up.
func (p *Picker) Pick(now clock.Time, dst []layout.Block, a Asker, n int) []layout.Block {
	state := p.peer(a.ID)
	state.fast = a.Fast
	end, idle := len(dst)+n, state.out == 0
	if n <= 0 || p.wanted == 0 {
		return dst
	}
	if len(p.deadlines) > 0 {
		dst = p.pickDeadlines(now, dst, &a, end)
	}
	dst = p.pickCurrent(dst, &a, state, end)
	dst = p.pickBegun(dst, &a, end, false)
	dst = p.pickFresh(dst, &a, end, false)
	bound := !p.mayBegin(false)
	dst = p.pickBegun(dst, &a, end, true)
	if bound {
		dst = p.pickFresh(dst, &a, end, idle && len(dst) == end-n)
	}
	return dst
}

// pickCurrent goes on with the piece that the peer was asked for last. A slow peer leaves it to a
// fast one that joined.
func (p *Picker) pickCurrent(dst []layout.Block, a *Asker, state *peerState, end int) []layout.Block {
	if len(dst) == end || state.current == none {
		return dst
	}
	i := layout.PieceIndex(state.current)
	slot := p.pieces[i].slot
	if slot == none || !p.canTake(slot, a) || p.parts[slot].indexOf(uint16(a.ID)) < 0 {
		return dst
	}
	if !a.Fast && p.held(&p.parts[slot], a) {
		return dst
	}
	return p.take(dst, a, slot, end)
}

// canTake reports whether a part has a free block that the peer could give.
func (p *Picker) canTake(slot uint32, a *Asker) bool {
	pt := &p.parts[slot]
	return pt.free > 0 && pt.wanted && a.has(pt.piece)
}

// pickBegun takes blocks of begun pieces: those that others do not hold, or only held ones.
func (p *Picker) pickBegun(dst []layout.Block, a *Asker, end int, held bool) []layout.Block {
	for len(dst) < end && p.open > 0 {
		best := uint32(none)
		for _, slot := range p.live {
			if !p.canTake(slot, a) || p.held(&p.parts[slot], a) != held {
				continue
			}
			if best == none || p.partBefore(slot, best, held) {
				best = slot
			}
		}
		if best == none {
			break
		}
		dst = p.take(dst, a, best, end)
	}
	return dst
}

// partBefore reports whether part s goes before t. Of held ones the one with most left is finished
// last, so help is worth most there.
func (p *Picker) partBefore(s, t uint32, held bool) bool {
	x, y := &p.parts[s], &p.parts[t]
	i, j := &p.pieces[x.piece], &p.pieces[y.piece]
	switch {
	case i.prio != j.prio:
		return i.prio > j.prio
	case held && x.free != y.free:
		return x.free > y.free
	case p.sequential:
		return x.piece < y.piece
	case i.peers != j.peers:
		return i.peers < j.peers
	}
	return x.free < y.free
}

// pickFresh begins pieces. idle says that nothing at all can be asked of the peer otherwise: then one
// piece may be begun beyond the bound.
func (p *Picker) pickFresh(dst []layout.Block, a *Asker, end int, idle bool) []layout.Block {
	var w walk
	for len(dst) < end && p.mayBegin(idle) {
		i, ok := p.chooseFresh(a, &w)
		if !ok {
			break
		}
		dst = p.take(dst, a, p.begin(i), end)
		idle = false
	}
	return dst
}

func (p *Picker) mayBegin(idle bool) bool {
	if p.maxBegun > 0 && len(p.live) >= p.maxBegun {
		return false
	}
	return idle || p.maxOpen == 0 || p.open < p.maxOpen
}

// takePiece takes blocks of one piece, beginning it if it is fresh and the bounds allow it.
func (p *Picker) takePiece(dst []layout.Block, a *Asker, i layout.PieceIndex, end int) []layout.Block {
	slot := p.pieces[i].slot
	if slot == none {
		if !p.mayBegin(false) {
			return dst
		}
		slot = p.begin(i)
	}
	return p.take(dst, a, slot, end)
}
