package sim

import (
	"math/rand/v2"
	"slices"

	"groove/internal/bitset"
	"groove/sim/event"
	"groove/torrent/wire"
)

// toy is a member that knows just enough to spread a file: whole pieces, the rarest it has heard
// of first, five uploads at a time, changed now and then. It shows that events, lines and figures
// work without leaning on the real swarm.
type toy struct {
	w     *world
	n     *node
	have  *bitset.Set
	asked *bitset.Set
	count []int // copies by piece, as heard
	peers []*toyPeer
	rng   *rand.Rand
}

type toyPeer struct {
	slot     uint32
	far      uint32
	has      *bitset.Set
	unchoked bool  // by us
	open     bool  // to us
	waits    []int // pieces asked of it
	waiting  []uint32
}

const toySlots = 5

func newToy(w *world, n *node) member {
	g := w.story.Groups[n.group]
	t := &toy{
		w: w, n: n, have: bitset.New(w.story.Pieces), asked: bitset.New(w.story.Pieces),
		count: make([]int, w.story.Pieces), rng: event.Rand(w.seed, n.id, "toy"),
	}
	if g.Seed {
		t.have.Fill()
	}
	for i := range w.story.Pieces - g.Missing {
		if g.Missing > 0 {
			t.have.Add(i)
		}
	}
	return t
}

func (t *toy) start() { t.w.q.Push(event.Event{At: t.w.q.Now() + 2e9, Kind: ticks, Node: t.n.id}) }

func (t *toy) introduced(nodes []uint32) {
	for _, id := range nodes {
		if t.peerOf(id) == nil && len(t.peers) < t.w.story.Degree {
			t.w.dial(t.n.id, id)
		}
	}
}

func (t *toy) failed(uint32) {}

func (t *toy) peerOf(far uint32) *toyPeer {
	for _, p := range t.peers {
		if p.far == far {
			return p
		}
	}
	return nil
}

func (t *toy) connected(s *side) {
	if t.peerOf(s.far) != nil {
		t.w.close(s)
		return
	}
	p := &toyPeer{slot: s.end.Slot(), far: s.far, has: bitset.New(t.w.story.Pieces)}
	t.peers = append(t.peers, p)
	t.w.send(s, packet{kind: wire.Bitfield, payload: t.have.AppendBytes(nil)})
	t.fill()
}

func (t *toy) closed(s *side) {
	for i, p := range t.peers {
		if p.slot == s.end.Slot() {
			t.giveUp(p)
			for j := p.has.Next(0); j >= 0; j = p.has.Next(j + 1) {
				t.count[j]--
			}
			t.peers = append(t.peers[:i], t.peers[i+1:]...)
			return
		}
	}
}

func (t *toy) room(s *side) {
	if p := t.peerOf(s.far); p != nil {
		t.serve(p)
	}
}

func (t *toy) received(s *side, m packet) {
	p := t.peerOf(s.far)
	if p == nil {
		return
	}
	switch m.kind {
	case wire.Bitfield:
		has, _ := bitset.FromBytes(m.payload, t.w.story.Pieces)
		for j := has.Next(0); j >= 0; j = has.Next(j + 1) {
			t.heard(p, j)
		}
	case wire.Have:
		t.heard(p, int(m.piece))
	case wire.Unchoke, wire.Choke:
		p.open = m.kind == wire.Unchoke
		t.giveUp(p)
	case wire.Request:
		if p.unchoked {
			p.waiting = append(p.waiting, m.piece)
			t.serve(p)
		}
	case wire.Piece:
		if i := slices.Index(p.waits, int(m.piece)); i >= 0 {
			p.waits = slices.Delete(p.waits, i, i+1)
		}
		t.got(s, int(m.piece), int(m.length))
	}
	t.ask(p)
}

// giveUp lets others be asked for what p was.
func (t *toy) giveUp(p *toyPeer) {
	for _, i := range p.waits {
		t.asked.Remove(i)
	}
	p.waits = p.waits[:0]
}

func (t *toy) heard(p *toyPeer, piece int) {
	if p.has.Add(piece) {
		t.count[piece]++
	}
}

func (t *toy) got(s *side, piece, length int) {
	fresh := t.have.Add(piece)
	t.w.tally.Block(t.w.q.Now(), int(s.far), int(s.owner), length, fresh)
	if !fresh {
		return
	}
	t.w.had(t.n, piece)
	for _, p := range t.peers {
		t.w.send(&t.w.sides[p.slot], packet{kind: wire.Have, piece: uint32(piece)})
	}
	if t.have.Full() {
		t.w.complete(t.n)
	}
}

// ask keeps two pieces on their way from each peer that lets us.
func (t *toy) ask(p *toyPeer) {
	for p.open && len(p.waits) < 2 {
		best, ties := -1, 0
		for i := p.has.Next(0); i >= 0; i = p.has.Next(i + 1) {
			if t.asked.Has(i) || t.have.Has(i) {
				continue
			}
			switch {
			case best < 0 || t.count[i] < t.count[best]:
				best, ties = i, 1
			case t.count[i] == t.count[best]:
				if ties++; t.rng.IntN(ties) == 0 {
					best = i
				}
			}
		}
		if best < 0 {
			return
		}
		t.asked.Add(best)
		p.waits = append(p.waits, best)
		t.w.send(&t.w.sides[p.slot], packet{kind: wire.Request, piece: uint32(best)})
	}
}

// serve keeps two pieces in the pipe of a peer.
func (t *toy) serve(p *toyPeer) {
	s := &t.w.sides[p.slot]
	length := int(t.w.story.PieceLength)
	for len(p.waiting) > 0 && t.w.net.Buffered(s.end) < 2*length {
		m := packet{kind: wire.Piece, piece: p.waiting[0], length: uint32(length)}
		p.waiting = p.waiting[1:]
		t.w.net.Send(s.end, m.size(), length, m)
	}
	if len(p.waiting) > 0 {
		t.w.net.WantRoom(s.end, length)
	}
}

// fill unchokes peers at random while slots are free.
func (t *toy) fill() {
	open := 0
	var closed []*toyPeer
	for _, p := range t.peers {
		if p.unchoked {
			open++
		} else if p.has.Count() < t.w.story.Pieces {
			closed = append(closed, p)
		}
	}
	t.rng.Shuffle(len(closed), func(i, j int) { closed[i], closed[j] = closed[j], closed[i] })
	for _, p := range closed[:min(max(toySlots-open, 0), len(closed))] {
		p.unchoked = true
		t.w.send(&t.w.sides[p.slot], packet{kind: wire.Unchoke})
	}
}

// happened is the timer: a peer that lets nothing be asked of it is choked, and another gets its slot.
func (t *toy) happened(event.Event) {
	for _, p := range t.peers {
		if p.unchoked && len(p.waiting) == 0 && t.w.net.Buffered(t.w.sides[p.slot].end) == 0 {
			p.unchoked = false
			t.w.send(&t.w.sides[p.slot], packet{kind: wire.Choke})
		}
		t.ask(p)
	}
	t.fill()
	t.start()
}
