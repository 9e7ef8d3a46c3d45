package swarm

import (
	"time"

	"groove/internal/clock"
	"groove/torrent/layout"
)

// Land says where the payload of a block goes whose header has just been read. It reports false
// for a block that nobody asked of this peer, that somebody else is landing, or that is here
// already: the payload is read and dropped. Every Landing ends with Landed or Broken.
func (s *Swarm) Land(now clock.Time, ref Peer, piece, begin, length uint32) (Landing, bool) {
	p := s.peer(ref)
	if p == nil || !s.running || p.isLanding {
		return Landing{}, false
	}
	b, ok := s.layout.Block(piece, begin, length)
	if !ok {
		s.meters.wasted += int64(length)
		return Landing{}, false
	}
	i := p.find(b)
	if i < 0 {
		s.meters.wasted += int64(length)
		return Landing{}, false
	}
	r := p.takeAsked(i)
	p.observe(now, r)
	l, ok := s.lease(b, p)
	if !ok {
		s.meters.wasted += int64(length)
		s.picker.Drop(b, p.pickerID())
		return Landing{}, false
	}
	p.landing, p.isLanding = l.Lease, true
	return l, true
}

// observe learns from a block that begins to arrive.
func (p *peer) observe(now clock.Time, r request) {
	rtt := now.Sub(r.at)
	if len(p.asked) == 0 || p.minRTT == 0 || rtt < p.minRTT {
		p.minRTT = max(rtt, time.Microsecond)
	}
	p.blockTime = rtt
}

// Landed says that the whole payload of a leased block is in its buffer.
func (s *Swarm) Landed(now clock.Time, ref Peer, l Lease, out []Effect) []Effect {
	s.begin(now, out)
	p := s.peer(ref)
	if p == nil || !p.isLanding || p.landing != l {
		s.returnLease(l) // its peer was dropped meanwhile: nobody vouches for these bytes
		return s.end()
	}
	p.isLanding = false
	b := s.blockOf(l)
	n := s.layout.BlockLength(b)
	p.down.Add(now, int64(n))
	s.meters.down.Add(now, int64(n))
	p.lastBlock = now
	p.snubbed = false
	p.dirty = true
	if p.slowStart {
		p.depth = min(p.depth+1, maxDepth)
	}
	for _, other := range s.picker.Landed(b, p.pickerID()) {
		if q := s.peers[other]; q != nil {
			s.cancel(q, b)
		}
	}
	s.landed(l, p)
	return s.end()
}

// Broken says that a leased block's payload did not arrive whole: the connection broke.
func (s *Swarm) Broken(now clock.Time, ref Peer, l Lease, out []Effect) []Effect {
	s.begin(now, out)
	b := s.blockOf(l)
	if p := s.peer(ref); p != nil && p.isLanding && p.landing == l {
		p.isLanding = false
		s.picker.Drop(b, p.pickerID())
	}
	s.returnLease(l)
	s.wakeAll()
	return s.end()
}

// blockOf returns the block that a lease is for.
func (s *Swarm) blockOf(l Lease) layout.Block {
	return layout.Block{Piece: s.buffers[l.Buffer.Slot].piece, Index: l.Index}
}
