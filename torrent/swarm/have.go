package swarm

import (
	"groove/internal/bitset"
	"groove/torrent/layout"
	"groove/torrent/wire"
)

// greet sends what must come first: our pieces, then the extension handshake.
func (s *Swarm) greet(p *peer) {
	s.hideFrom(p)
	switch {
	case s.running && !s.super.hides(p):
		s.sendPieces(p)
	case p.Fast:
		s.send(p, wire.Message{Kind: wire.HaveNone})
	}
	if p.Extended {
		s.sendExtHandshake(p)
	}
	if s.super.hides(p) {
		s.reveal(p)
	}
}

// sendPieces tells all that we have. A peer without BEP 6 gets a bitfield or, for nothing, silence.
func (s *Swarm) sendPieces(p *peer) {
	have := s.picker.Have()
	switch {
	case p.Fast && have.Full():
		s.send(p, wire.Message{Kind: wire.HaveAll})
	case p.Fast && have.Count() == 0:
		s.send(p, wire.Message{Kind: wire.HaveNone})
	case have.Count() > 0:
		s.send(p, wire.Message{Kind: wire.Bitfield, Payload: have.AppendBytes(nil)})
	}
}

// introduceLate catches up with a peer that connected before we knew or could tell our pieces.
func (s *Swarm) introduceLate(p *peer) {
	have := s.picker.Have()
	for i := have.Next(0); i >= 0 && !p.Web; i = have.Next(i + 1) {
		s.send(p, wire.Message{Kind: wire.Have, Piece: uint32(i)})
	}
	if p.Extended {
		s.sendExtHandshake(p) // with the size of the metadata, and PEX if the torrent is not private
	}
	pending := p.pending
	p.pending = pendingHave{}
	switch {
	case p.seed:
		p.seed = false
		s.hasAll(p)
	case pending.all:
		s.hasAll(p)
	case pending.bitfield != nil:
		s.hasBitfield(p, pending.bitfield)
	}
	for _, i := range pending.haves {
		s.hasPiece(p, i)
	}
	p.dirty = true
}

// hasAll, hasNone, hasBitfield and hasPiece take in what a peer says that it has. Each may come at any
// time: aria2 sends bitfields in mid-stream.
func (s *Swarm) hasAll(p *peer) {
	if !s.running {
		p.pending = pendingHave{all: true}
		return
	}
	if p.seed {
		return
	}
	if p.has != nil {
		s.picker.RemoveBitfield(p.has)
		p.has = nil
	}
	p.seed = true
	s.picker.AddSeed()
	s.countUseful(p)
	p.revealed.open = false
	s.dropIfBothComplete(p)
}

func (s *Swarm) hasNone(p *peer) {
	if !s.running {
		p.pending = pendingHave{}
		return
	}
	s.setBitfield(p, bitset.New(s.layout.Pieces()))
}

func (s *Swarm) hasBitfield(p *peer, payload []byte) {
	if !s.running {
		if len(payload) <= wire.MaxLength(wire.Bitfield, layout.MaxPieces) {
			p.pending = pendingHave{bitfield: append([]byte(nil), payload...)}
		}
		return
	}
	set, err := bitset.FromBytes(payload, s.layout.Pieces())
	if err != nil {
		s.drop(p, BadBitfield)
		return
	}
	if set.Full() {
		s.hasAll(p)
		return
	}
	s.setBitfield(p, set)
}

func (s *Swarm) setBitfield(p *peer, set *bitset.Set) {
	if p.seed {
		p.seed = false
		s.picker.RemoveSeed()
	} else if p.has != nil {
		s.picker.RemoveBitfield(p.has)
	}
	p.has = set
	s.picker.AddBitfield(set)
	s.countUseful(p)
	for i := set.Next(0); i >= 0 && s.super.active; i = set.Next(i + 1) {
		s.superSaw(layout.PieceIndex(i))
	}
}

func (s *Swarm) hasPiece(p *peer, n uint32) {
	if !s.running {
		if len(p.pending.haves) < maxPendingHave {
			p.pending.haves = append(p.pending.haves, n)
		}
		return
	}
	i, ok := s.layout.Piece(n)
	if !ok {
		s.drop(p, BadIndex)
		return
	}
	if p.seed {
		return
	}
	if p.has == nil {
		s.setBitfield(p, bitset.New(s.layout.Pieces()))
	}
	if !p.has.Add(int(i)) {
		return
	}
	s.superSaw(i)
	if p.has.Full() {
		p.has.Remove(int(i)) // the picker has not counted this one
		s.hasAll(p)
		return
	}
	s.picker.AddHave(i)
	if s.wantsPiece(i) {
		p.useful++
		s.showInterest(p)
		p.dirty = true
	}
}

// lostPiece takes in a lt_donthave (BEP 54).
func (s *Swarm) lostPiece(p *peer, n uint32) {
	if !s.running {
		return
	}
	i, ok := s.layout.Piece(n)
	if !ok {
		s.drop(p, BadIndex)
		return
	}
	if p.seed {
		set := bitset.New(s.layout.Pieces())
		set.Fill()
		set.Remove(int(i))
		s.setBitfield(p, set)
		return
	}
	if p.has == nil || !p.has.Remove(int(i)) {
		return
	}
	s.picker.RemoveHave(i)
	s.countUseful(p)
}

// holds reports whether p said that it has piece i.
func (p *peer) holds(i layout.PieceIndex) bool {
	return p.seed || p.has != nil && p.has.Has(int(i))
}

// wantsPiece reports whether we lack piece i and are to get it.
func (s *Swarm) wantsPiece(i layout.PieceIndex) bool {
	return !s.picker.Have().Has(int(i)) && s.picker.Priority(i) > 0
}

// countUseful counts from scratch how many pieces p has that we want, and shows interest or the lack of it.
func (s *Swarm) countUseful(p *peer) {
	p.useful = 0
	if p.seed {
		p.useful = s.picker.Wanted()
	} else if p.has != nil {
		for i := p.has.Next(0); i >= 0; i = p.has.Next(i + 1) {
			if s.wantsPiece(layout.PieceIndex(i)) {
				p.useful++
			}
		}
	}
	s.showInterest(p)
	p.dirty = true
}

// showInterest says interested or not interested where that has changed.
func (s *Swarm) showInterest(p *peer) {
	want := p.useful > 0 && !s.failed
	if want == p.interested {
		return
	}
	p.interested = want
	if p.Web {
		return
	}
	kind := wire.NotInterested
	if want {
		kind = wire.Interested
	}
	s.send(p, wire.Message{Kind: kind})
}

// gotPiece tells everybody about a piece that is verified and stored.
func (s *Swarm) gotPiece(i layout.PieceIndex) {
	s.picker.SetHave(i)
	for _, p := range s.peers {
		if p == nil {
			continue
		}
		if p.holds(i) {
			p.useful--
			s.showInterest(p)
		}
		if !p.Web && !s.super.hides(p) {
			s.send(p, wire.Message{Kind: wire.Have, Piece: uint32(i)})
		}
	}
	s.tell(Event{Kind: PieceComplete, Piece: i})
	s.settleDone()
}

// settleDone notices that all that was asked for is here.
func (s *Swarm) settleDone() {
	if s.done || s.picker.Wanted() > 0 || s.lacksHashes() {
		return
	}
	s.done = true
	s.tell(Event{Kind: WantedComplete})
	for _, p := range s.peers {
		if p != nil {
			s.tellUploadOnly(p)
			s.dropIfBothComplete(p)
		}
	}
}

// dropIfBothComplete ends a connection from which neither side can gain.
func (s *Swarm) dropIfBothComplete(p *peer) {
	if (p.seed || p.partial) && s.done && p.useful == 0 {
		s.drop(p, BothComplete)
	}
}
