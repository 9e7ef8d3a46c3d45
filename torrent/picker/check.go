package picker

import (
	"errors"
	"fmt"
	"slices"

	"groove/internal/bitset"
	"groove/torrent/layout"
)

// Check verifies every invariant from scratch and says which one is broken. O(pieces + blocks); for
// tests, simulation and fuzzing.
func (p *Picker) Check() error {
	return errors.Join(p.checkPieces(), p.checkLevels(), p.checkParts(), p.checkPeers(), p.checkList())
}

func (p *Picker) checkPieces() error {
	wanted, fresh, copies := 0, 0, make([]int, len(p.copies))
	for i := range p.pieces {
		pc := &p.pieces[i]
		copies[pc.peers]++
		had := p.have.Has(i)
		if pc.prio > 0 && !had {
			wanted++
		}
		useless := had || pc.prio == 0 || p.l.Blocks(layout.PieceIndex(i)) == 0
		begun := pc.slot != none
		if !useless && !begun {
			fresh++
		}
		if p.useless.Has(i) != useless || p.busy.Has(i) != (useless || begun) || (pc.cell == none) != p.busy.Has(i) {
			return fmt.Errorf("piece %d: useless %v, busy %v, cell %d", i, p.useless.Has(i), p.busy.Has(i), pc.cell)
		}
		if begun && (had || p.parts[pc.slot].piece != layout.PieceIndex(i)) {
			return fmt.Errorf("piece %d: had %v, slot %d of piece %d", i, had, pc.slot, p.parts[pc.slot].piece)
		}
	}
	if wanted != p.wanted || fresh != p.fresh || !slices.Equal(copies, p.copies) {
		return fmt.Errorf("counts: wanted %d is %d, fresh %d is %d, copies %v are %v", p.wanted, wanted, p.fresh, fresh, p.copies, copies)
	}
	for i := 1; i < len(p.deadlines); i++ {
		if p.deadlines[i-1].compare(p.deadlines[i]) >= 0 {
			return fmt.Errorf("deadlines out of order: %v", p.deadlines)
		}
	}
	return nil
}

func (p *Picker) checkLevels() error {
	all := 0
	for level := range p.levels {
		r, n := &p.levels[level], 0
		for k := range r.from {
			if r.end(k) < r.from[k]+r.size[k] {
				return fmt.Errorf("level %d: bucket %d overflows", level, k)
			}
			for cell := r.from[k]; cell < r.from[k]+r.size[k]; cell++ {
				n++
				if pc := &p.pieces[r.cells[cell]]; pc.cell != cell || int(pc.peers) != k || int(pc.prio) != level {
					return fmt.Errorf("level %d: piece %d %+v in cell %d of bucket %d", level, r.cells[cell], *pc, cell, k)
				}
			}
		}
		if all += n; n != r.count {
			return fmt.Errorf("level %d: %d pieces, counted %d", level, n, r.count)
		}
	}
	if all != p.fresh {
		return fmt.Errorf("%d pieces in order, %d fresh", all, p.fresh)
	}
	return nil
}

func (p *Picker) checkParts() error {
	open, free, complete := 0, 0, 0
	for place, slot := range p.live {
		pt := &p.parts[slot]
		if p.pieces[pt.piece].slot != slot || int(pt.place) != place || pt.wanted != (p.pieces[pt.piece].prio > 0) {
			return fmt.Errorf("part %+v is not in slot %d, place %d", *pt, slot, place)
		}
		if err := p.checkBlocks(slot); err != nil {
			return fmt.Errorf("piece %d: %w", pt.piece, err)
		}
		if pt.landed == pt.total {
			complete++
		}
		if pt.wanted && pt.free > 0 {
			open++
			free += int(pt.free)
		}
	}
	if open != p.open || free != p.freeBlocks || complete != p.complete || len(p.live)+len(p.spare) != len(p.parts) {
		return fmt.Errorf("parts: open %d is %d, free blocks %d are %d, complete %d is %d", p.open, open, p.freeBlocks, free, p.complete, complete)
	}
	return nil
}

func (p *Picker) checkBlocks(slot uint32) error {
	pt := &p.parts[slot]
	var free, asked, landed uint32
	out := map[uint16]uint32{}
	for n := range pt.total {
		b := &p.blocks[slot<<p.shift|n]
		switch {
		case p.isFree(slot, n) && b.asks == 0 && !b.landed:
			free++
		case !p.isFree(slot, n) && b.landed && b.asks == 0:
			landed++
		case !p.isFree(slot, n) && b.asks > 0 && !b.landed:
			asked++
		default:
			return fmt.Errorf("block %d: free %v, %+v", n, p.isFree(slot, n), *b)
		}
		if b.asks == 2 && b.who[0] == b.who[1] {
			return fmt.Errorf("block %d is asked of peer %d twice", n, b.who[0])
		}
		for _, id := range b.who[:b.asks] {
			out[id]++
		}
	}
	if free != pt.free || asked != pt.asked || landed != pt.landed || landed+asked == 0 {
		return fmt.Errorf("free %d, asked %d, landed %d, part %+v", free, asked, landed, *pt)
	}
	for i, w := range pt.workers {
		if w.out != out[w.id] || pt.indexOf(w.id) != i {
			return fmt.Errorf("worker %+v is asked for %d blocks", w, out[w.id])
		}
		delete(out, w.id)
	}
	if len(out) > 0 {
		return fmt.Errorf("no worker entries for %v", out)
	}
	return nil
}

func (p *Picker) checkPeers() error {
	out := make([]uint32, len(p.peers))
	for _, slot := range p.live {
		for _, w := range p.parts[slot].workers {
			out[w.id] += w.out
		}
	}
	for id := range p.peers {
		if p.peers[id].out != out[id] {
			return fmt.Errorf("peer %d: %d blocks outstanding, counted %d", id, p.peers[id].out, out[id])
		}
	}
	return nil
}

// checkList walks the list of blocks asked once and compares it with the blocks.
func (p *Picker) checkList() error {
	listed, prev := bitset.New(len(p.blocks)), uint32(none)
	for ref := p.oldest; ref != none; ref = p.blocks[ref].next {
		if p.blocks[ref].asks != 1 || p.blocks[ref].prev != prev || !listed.Add(int(ref)) {
			return fmt.Errorf("list of asked blocks is broken at %d: %+v", ref, p.blocks[ref])
		}
		prev = ref
	}
	if p.newest != prev {
		return fmt.Errorf("list of asked blocks ends at %d, not %d", prev, p.newest)
	}
	once := 0
	for _, slot := range p.live {
		for n := range p.parts[slot].total {
			if p.blocks[slot<<p.shift|n].asks == 1 {
				once++
			}
		}
	}
	if once != listed.Count() {
		return fmt.Errorf("%d blocks listed, %d asked once", listed.Count(), once)
	}
	return nil
}
