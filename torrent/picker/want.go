package picker

import "groove/torrent/layout"

// SetHave says that piece i is verified and stored. It leaves the race: what was asked for is
// forgotten (the swarm cancels), its deadline too.
func (p *Picker) SetHave(i layout.PieceIndex) {
	if !p.have.Add(int(i)) {
		return
	}
	pc := &p.pieces[i]
	if pc.prio > 0 {
		p.wanted--
	}
	p.ClearDeadline(i)
	if pc.slot != none {
		p.release(pc.slot)
		return
	}
	p.settle(i)
}

// LoseHave says that piece i is not there after all (a recheck or a read failed).
func (p *Picker) LoseHave(i layout.PieceIndex) {
	if !p.have.Remove(int(i)) {
		return
	}
	if p.pieces[i].prio > 0 {
		p.wanted++
	}
	p.settle(i)
}

// SetPriority sets how much piece i is wanted: 0 not at all, 1 normal, up to MaxPriority. Fresh
// pieces of a higher priority go before all of a lower one. A begun piece at 0 keeps its blocks,
// but no more are asked for.
func (p *Picker) SetPriority(i layout.PieceIndex, prio uint8) {
	pc := &p.pieces[i]
	prio = min(prio, MaxPriority)
	if prio == pc.prio {
		return
	}
	if !p.have.Has(int(i)) && (prio > 0) != (pc.prio > 0) {
		if prio > 0 {
			p.wanted++
		} else {
			p.wanted--
		}
	}
	if pc.cell != none {
		p.levels[pc.prio].remove(p.pieces, uint32(i), int(pc.peers))
		p.busy.Add(int(i))
		p.fresh--
	}
	pc.prio = prio
	if pc.slot != none {
		p.setWanted(pc.slot, prio > 0)
	}
	p.settle(i)
}

// Priority returns the priority of piece i.
func (p *Picker) Priority(i layout.PieceIndex) uint8 { return p.pieces[i].prio }

// SetSequential makes pieces be picked in the order of their numbers instead of rarest first.
func (p *Picker) SetSequential(on bool) { p.sequential = on }

// settle puts piece i where it belongs after a change: fresh pieces into the order, others out.
func (p *Picker) settle(i layout.PieceIndex) {
	pc := &p.pieces[i]
	if p.have.Has(int(i)) || pc.prio == 0 || p.l.Blocks(i) == 0 {
		p.useless.Add(int(i))
	} else {
		p.useless.Remove(int(i))
	}
	fresh := pc.slot == none && !p.useless.Has(int(i))
	switch {
	case fresh && p.busy.Remove(int(i)):
		p.fresh++
		p.levels[pc.prio].add(p.pieces, p.rng, uint32(i), int(pc.peers))
	case !fresh && p.busy.Add(int(i)):
		p.fresh--
		p.levels[pc.prio].remove(p.pieces, uint32(i), int(pc.peers))
	}
}
