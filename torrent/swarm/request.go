package swarm

import (
	"time"

	"groove/internal/clock"
	"groove/torrent/layout"
	"groove/torrent/picker"
	"groove/torrent/wire"
)

// request is a block that we asked of a peer.
type request struct {
	block layout.Block
	at    clock.Time
}

// refill asks p for as many blocks as it should owe us.
func (s *Swarm) refill(p *peer) {
	if !s.mayAsk(p) {
		return
	}
	n := s.targetDepth(p) - len(p.asked)
	if n <= 0 {
		return
	}
	asker := picker.Asker{
		ID: p.pickerID(), Has: p.has, Fast: s.isFast(p), Suggested: p.suggested, Avoid: s.blame.avoids(p),
	}
	if p.choking {
		asker.Only = p.allowed
	}
	idle := len(p.asked) == 0
	if idle {
		p.lastBlock = s.now // the wait begins
	}
	s.scratch.blocks = s.picker.Pick(s.now, s.scratch.blocks[:0], asker, n)
	if idle && len(s.scratch.blocks) == 0 {
		s.scratch.blocks = s.picker.PickEndgame(s.scratch.blocks, asker, min(n, minDepth))
	}
	for _, b := range s.scratch.blocks {
		s.ask(p, b)
	}
}

// boundPieces keeps half pieces few: one and a half for each peer that lets us download.
func (s *Swarm) boundPieces() {
	unchoking := 0
	for _, p := range s.peers {
		if p != nil && p.interested && !p.choking {
			unchoking++
		}
	}
	s.picker.MaxPartials(max(unchoking+unchoking/2, 2))
}

// mayAsk reports whether a request to p makes sense now.
func (s *Swarm) mayAsk(p *peer) bool {
	if !s.running || s.failed || !p.interested {
		return false
	}
	return !p.choking || len(p.allowed) > 0
}

// ask sends one request.
func (s *Swarm) ask(p *peer, b layout.Block) {
	p.asked = append(p.asked, request{block: b, at: s.now})
	s.beginPiece(b.Piece)
	s.claimSuspect(p, b.Piece)
	s.send(p, requestMessage(wire.Request, b, s.layout.BlockLength(b)))
}

func requestMessage(kind wire.Kind, b layout.Block, length int) wire.Message {
	return wire.Message{Kind: kind, Piece: uint32(b.Piece), Begin: uint32(b.Begin()), Length: uint32(length)}
}

// targetDepth is how many requests p should hold: its bandwidth-delay product and half a second,
// half again as much (science §2), doubled per round trip until its rate stops growing.
func (s *Swarm) targetDepth(p *peer) int {
	limit := min(maxDepth, p.reqQ())
	switch {
	case p.snubbed:
		return 1
	case p.slowStart:
		return min(p.depth, limit)
	}
	r := p.down.Rate(s.now, 10*time.Second)
	seconds := (p.minRTT + 500*time.Millisecond).Seconds() * 1.5
	return min(max(int(float64(r)*seconds)/layout.BlockSize+1, minDepth), limit)
}

func (p *peer) reqQ() int {
	if p.Web {
		return maxDepth
	}
	if p.ext.ReqQ > 0 {
		return p.ext.ReqQ
	}
	return defaultReqQ
}

// isFast reports whether p gives a whole piece soon enough to be left alone with it.
func (s *Swarm) isFast(p *peer) bool {
	r := p.down.Rate(s.now, 10*time.Second)
	return r > 0 && time.Duration(s.layout.PieceLength())*time.Second/time.Duration(r) < fastPiece
}

// find returns the place of a block among p's requests, or -1. Answers come in order as a rule.
func (p *peer) find(b layout.Block) int {
	for i := range p.asked {
		if p.asked[i].block == b {
			return i
		}
	}
	return -1
}

// takeAsked removes the i-th request and returns it.
func (p *peer) takeAsked(i int) request {
	r := p.asked[i]
	copy(p.asked[i:], p.asked[i+1:])
	p.asked = p.asked[:len(p.asked)-1]
	return r
}

// unask makes a block free again for others.
func (s *Swarm) unask(p *peer, b layout.Block) {
	s.picker.Drop(b, p.pickerID())
}

// dropAsked gives up everything that p owes us.
func (s *Swarm) dropAsked(p *peer) {
	for _, r := range p.asked {
		s.unask(p, r.block)
	}
	if len(p.asked) > 0 {
		s.wakeAll()
	}
	p.asked = p.asked[:0]
}

// cancel takes back the request of a block that somebody else delivered first.
func (s *Swarm) cancel(p *peer, b layout.Block) {
	i := p.find(b)
	if i < 0 {
		return
	}
	p.takeAsked(i)
	p.dirty = true
	s.send(p, requestMessage(wire.Cancel, b, s.layout.BlockLength(b)))
}

// rejectedBy takes in that p will not answer a request (BEP 6).
func (s *Swarm) rejectedBy(p *peer, m wire.Message) {
	if !s.running {
		return
	}
	b, ok := s.layout.Block(m.Piece, m.Begin, m.Length)
	if !ok {
		return
	}
	i := p.find(b)
	if i < 0 {
		return
	}
	p.takeAsked(i)
	s.unask(p, b)
	p.allowed = without(p.allowed, b.Piece)
	s.wakeAll()
}

// chokedBy takes in a choke. With BEP 6 each request will still be answered or rejected; without
// it all are lost.
func (s *Swarm) chokedBy(p *peer) {
	if p.Web {
		return
	}
	p.choking = true
	if !p.Fast {
		s.dropAsked(p)
	}
}

func (s *Swarm) unchokedBy(p *peer) {
	p.choking = false
	if s.running {
		s.boundPieces()
	}
	p.snubbed = false
	p.lastBlock = s.now
	p.dirty = true
}

// tickRequests watches over what p owes us.
func (s *Swarm) tickRequests(p *peer) {
	if r := p.down.Rate(s.now, 2*time.Second); p.slowStart {
		if p.lastRate > 0 && r < p.lastRate+p.lastRate/10 {
			p.slowStart = false
		}
		p.lastRate = r
	}
	if len(p.asked) == 0 {
		return
	}
	waited := s.now.Sub(p.lastBlock)
	if waited > snubAfter && !p.snubbed {
		p.snubbed = true
		s.giveUp(p, 1)
	}
	if s.picker.Endgame() && waited > max(4*p.blockTime, minTimeout) {
		s.giveUp(p, 0)
	}
}

// giveUp lets others have all but the first keep of the blocks that p owes. What p sends of them
// later is waste, so it is told.
func (s *Swarm) giveUp(p *peer, keep int) {
	for len(p.asked) > keep {
		r := p.takeAsked(len(p.asked) - 1)
		s.unask(p, r.block)
		s.send(p, requestMessage(wire.Cancel, r.block, s.layout.BlockLength(r.block)))
	}
	s.wakeAll()
}

// without returns list without the pieces equal to i.
func without(list []layout.PieceIndex, i layout.PieceIndex) []layout.PieceIndex {
	kept := list[:0]
	for _, x := range list {
		if x != i {
			kept = append(kept, x)
		}
	}
	return kept
}
