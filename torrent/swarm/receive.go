package swarm

import (
	"groove/internal/clock"
	"groove/torrent/layout"
	"groove/torrent/wire"
)

// Receive takes in one decoded message other than piece, whose payload lands by lease. The payload is
// not kept after the call.
func (s *Swarm) Receive(now clock.Time, ref Peer, m wire.Message, out []Effect) []Effect {
	s.begin(now, out)
	if p := s.peer(ref); p != nil {
		s.receive(p, m)
	}
	return s.end()
}

func (s *Swarm) receive(p *peer, m wire.Message) {
	switch m.Kind {
	case wire.Choke:
		s.chokedBy(p)
	case wire.Unchoke:
		s.unchokedBy(p)
	case wire.Interested:
		s.wantsUs(p, true)
	case wire.NotInterested:
		s.wantsUs(p, false)
	case wire.Have:
		s.hasPiece(p, m.Piece)
	case wire.Bitfield:
		s.hasBitfield(p, m.Payload)
	case wire.HaveAll:
		s.hasAll(p)
	case wire.HaveNone:
		s.hasNone(p)
	case wire.Request:
		s.requestedBy(p, m)
	case wire.Cancel:
		s.cancelledBy(p, m)
	case wire.Reject:
		s.rejectedBy(p, m)
	case wire.Suggest:
		s.note(&p.suggested, m.Piece)
	case wire.AllowedFast:
		s.note(&p.allowed, m.Piece)
		p.dirty = true
	case wire.Extended:
		s.extended(p, m)
	case wire.HashRequest:
		s.hashesAsked(p, m)
	case wire.Hashes:
		s.hashesCame(p, m)
	case wire.HashReject:
		s.hashesRejected(p, m)
	}
}

// note keeps a piece that a peer suggests or lets us have while choked; further ones are forgotten.
func (s *Swarm) note(list *[]layout.PieceIndex, n uint32) {
	if !s.running || len(*list) >= 2*maxAllowedFast {
		return
	}
	if i, ok := s.layout.Piece(n); ok && s.wantsPiece(i) {
		*list = append(*list, i)
	}
}

// SpanSent answers SendSpan: the span of that many bytes was handed to the socket, or failed.
func (s *Swarm) SpanSent(now clock.Time, ref Peer, length int, failed bool, out []Effect) []Effect {
	s.begin(now, out)
	if p := s.peer(ref); p != nil {
		s.spanSent(p, length, failed)
	}
	return s.end()
}

// tickPeer watches one connection.
func (s *Swarm) tickPeer(p *peer) {
	s.tickRequests(p)
	s.tickMetadata(p)
	if p.interested && !p.choking {
		p.dirty = true
	}
}
