package swarm

import (
	"groove/internal/bitset"
	"groove/torrent/layout"
	"groove/torrent/wire"
)

// superSeed makes an only source send each piece once before it sends any twice (BEP 16). A peer
// that connects while it is active sees no pieces. They are revealed to it one by one, rarest
// first; the next follows when the last was asked for whole, or was seen at anybody.
type superSeed struct {
	active  bool
	offered []uint16 // by piece: how many peers it is revealed to
}

// reveals are the pieces that one peer was told of.
type reveals struct {
	set   *bitset.Set // nil: it was told everything
	last  layout.PieceIndex
	asked int  // blocks of the last piece that it asked for
	open  bool // nobody else has the last piece yet, and it is not asked for whole
}

func (r *reveals) has(i layout.PieceIndex) bool { return r.set == nil || r.set.Has(int(i)) }

// minSuperPeers is how many peers that lack something make super-seeding worth while. The first
// ones see everything: nobody else is there to pass pieces on to.
const minSuperPeers = 3

// hides reports whether p is shown pieces one by one.
func (u *superSeed) hides(p *peer) bool { return p.revealed.set != nil }

// hideFrom starts super-seeding toward a new peer if we are the only source and enough peers want something.
func (s *Swarm) hideFrom(p *peer) {
	if p.Web || !s.complete() || s.picker.Copies() >= 1 || s.lacking() < minSuperPeers {
		return
	}
	if !s.super.active {
		s.super = superSeed{active: true, offered: make([]uint16, s.layout.Pieces())}
	}
	p.revealed.set = bitset.New(s.layout.Pieces())
}

// lacking counts the connected peers that are not known to have everything.
func (s *Swarm) lacking() int {
	n := 0
	for _, p := range s.peers {
		if p != nil && !p.Web && !p.seed {
			n++
		}
	}
	return n
}

// superTick ends super-seeding when the others together have everything, or too few are left.
func (s *Swarm) superTick() {
	if !s.super.active || s.complete() && s.picker.Copies() < 1 && s.lacking() >= minSuperPeers {
		return
	}
	s.super = superSeed{}
	for _, p := range s.peers {
		if p == nil || p.revealed.set == nil {
			continue
		}
		shown := p.revealed.set
		p.revealed = reveals{}
		for i := shown.NextMissing(0); i >= 0; i = shown.NextMissing(i + 1) {
			if piece := layout.PieceIndex(i); !p.holds(piece) && s.picker.Have().Has(i) {
				s.send(p, wire.Message{Kind: wire.Have, Piece: uint32(i)})
			}
		}
	}
}

// reveal shows p one more piece: one with the fewest copies and offers, at random among equals.
func (s *Swarm) reveal(p *peer) {
	best, fewest, ties := 0, -1, 0
	for i := p.revealed.set.NextMissing(0); i >= 0; i = p.revealed.set.NextMissing(i + 1) {
		if p.holds(layout.PieceIndex(i)) {
			continue
		}
		n := s.picker.Availability(layout.PieceIndex(i)) + int(s.super.offered[i])
		switch {
		case fewest < 0 || n < fewest:
			best, fewest, ties = i, n, 1
		case n == fewest:
			if ties++; s.cfg.Rand.IntN(ties) == 0 {
				best = i
			}
		}
	}
	p.revealed.open = fewest >= 0
	if !p.revealed.open {
		return
	}
	p.revealed.set.Add(best)
	p.revealed.last, p.revealed.asked = layout.PieceIndex(best), 0
	s.super.offered[best]++
	s.send(p, wire.Message{Kind: wire.Have, Piece: uint32(best)})
}

// superAsked takes in a request: with the last block of the last piece the next is shown, so that
// the upload slot never idles.
func (s *Swarm) superAsked(p *peer, i layout.PieceIndex) {
	if !s.super.hides(p) || i != p.revealed.last {
		return
	}
	if p.revealed.asked++; p.revealed.asked == s.layout.Blocks(i) {
		s.reveal(p)
	}
}

// superSaw takes in that somebody has piece i: whoever was shown it last is shown the next.
func (s *Swarm) superSaw(i layout.PieceIndex) {
	if !s.super.active {
		return
	}
	for _, q := range s.peers {
		if q != nil && q.revealed.open && q.revealed.last == i {
			s.reveal(q)
		}
	}
}

// forget takes back what was offered to a peer that left without it.
func (u *superSeed) forget(p *peer) {
	if !u.active || p.revealed.set == nil {
		return
	}
	for i := p.revealed.set.Next(0); i >= 0; i = p.revealed.set.Next(i + 1) {
		if !p.holds(layout.PieceIndex(i)) && u.offered[i] > 0 {
			u.offered[i]--
		}
	}
}
