package swarm

import (
	"time"

	"groove/torrent/layout"
	"groove/torrent/wire"
)

// wanted is a block that a peer asked for and that has not been given to a span yet.
type wanted struct {
	piece         layout.PieceIndex
	begin, length int
}

// requestedBy takes in a request.
func (s *Swarm) requestedBy(p *peer, m wire.Message) {
	if !s.running {
		s.reject(p, m)
		return
	}
	i, ok := s.layout.Piece(m.Piece)
	if !ok || m.Length == 0 || int64(m.Begin)+int64(m.Length) > int64(s.layout.Length(i)) {
		s.drop(p, BadRequest)
		return
	}
	if !p.unchoked || m.Length > layout.BlockSize || len(p.waiting) >= maxWaiting || !s.shows(p, i) {
		s.reject(p, m)
		return
	}
	p.rejected = 0
	p.waiting = append(p.waiting, wanted{piece: i, begin: int(m.Begin), length: int(m.Length)})
	s.superAsked(p, i)
	p.dirty = true
}

// shows reports whether p may know that we have piece i.
func (s *Swarm) shows(p *peer, i layout.PieceIndex) bool {
	return s.picker.Have().Has(int(i)) && (!s.super.hides(p) || p.revealed.has(i))
}

// reject refuses a request: in words under BEP 6, else by silence. Who does not stop is dropped.
func (s *Swarm) reject(p *peer, m wire.Message) {
	if p.Fast {
		m.Kind = wire.Reject
		s.send(p, m)
	}
	if p.rejected++; p.rejected > floodWaiting {
		s.drop(p, TooManyRequests)
	}
}

// cancelledBy takes in a cancel: a waiting request is answered by a reject, one that is in a span is sent.
func (s *Swarm) cancelledBy(p *peer, m wire.Message) {
	for k, w := range p.waiting {
		if uint32(w.piece) == m.Piece && uint32(w.begin) == m.Begin && uint32(w.length) == m.Length {
			p.waiting = append(p.waiting[:k], p.waiting[k+1:]...)
			s.answerReject(p, w)
			return
		}
	}
}

func (s *Swarm) answerReject(p *peer, w wanted) {
	if p.Fast {
		s.send(p, wire.Message{Kind: wire.Reject, Piece: uint32(w.piece), Begin: uint32(w.begin), Length: uint32(w.length)})
	}
}

// rejectWaiting answers every waiting request of a peer that was choked.
func (s *Swarm) rejectWaiting(p *peer) {
	for _, w := range p.waiting {
		s.answerReject(p, w)
	}
	p.waiting = p.waiting[:0]
}

// serve commits waiting requests to spans while the peer can take bytes.
func (s *Swarm) serve(p *peer) {
	window := s.window(p)
	used := 0
	for used < len(p.waiting) && p.committed < window && p.spans < maxSpans {
		span, n := joinSpan(p.waiting[used:])
		used += n
		p.committed += span.length
		p.spans++
		s.emit(Effect{Kind: SendSpan, Peer: p.ref, Piece: span.piece, Begin: span.begin, Length: span.length})
	}
	if used > 0 {
		p.waiting = p.waiting[:copy(p.waiting, p.waiting[used:])]
	}
}

// joinSpan joins requests for consecutive blocks of one piece, at most 256 KiB, and says how many it took.
// Only whole blocks are joined, so that the shell can cut the span into the messages asked for.
func joinSpan(list []wanted) (wanted, int) {
	span := list[0]
	n := 1
	for n < len(list) && span.length%layout.BlockSize == 0 && span.length+list[n].length <= maxSpan &&
		list[n].piece == span.piece && list[n].begin == span.begin+span.length {
		span.length += list[n].length
		n++
	}
	return span, n
}

// window is how many bytes may be under way to p: half a second of its rate.
func (s *Swarm) window(p *peer) int {
	return int(min(max(p.up.Rate(s.now, 2*time.Second)/2, minWindow), maxWindow))
}

// spanSent takes a span off the window; a peer that we cannot serve is dropped.
func (s *Swarm) spanSent(p *peer, length int, failed bool) {
	p.committed -= length
	p.spans--
	if failed {
		s.drop(p, Stopped)
		return
	}
	p.up.Add(s.now, int64(length))
	s.meters.up.Add(s.now, int64(length))
	p.given += int64(length)
	p.dirty = true
}
