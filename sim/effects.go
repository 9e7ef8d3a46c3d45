package sim

import (
	"net/netip"

	"groove/sim/event"
	"groove/sim/stories"
	"groove/torrent/layout"
	"groove/torrent/swarm"
	"groove/torrent/wire"
)

// peerSide is what a swarmNode knows of one of its connections.
type peerSide struct {
	ref    swarm.Peer
	queued int64 // bytes of blocks ever given to the wire
	spans  []span
}

// span is one that was not handed over yet: its last byte lies beyond the socket's buffer.
type span struct {
	end    int64 // queued, after it
	length int
}

// reset makes it ready for a new connection.
func (p peerSide) reset() peerSide { return peerSide{spans: p.spans[:0]} }

// carryOn settles the swarm and carries out what it wants, until it wants nothing more, and sets
// the timer.
func (m *swarmNode) carryOn() {
	m.out = m.s.Settle(m.now(), m.out)
	for i := 0; i < len(m.out); i++ {
		m.carryOut(m.out[i])
		if i == len(m.out)-1 && m.again {
			m.again = false
			m.out = m.s.Settle(m.now(), m.out)
		}
	}
	m.out = m.out[:0]
	m.w.q.Arm(&m.timer, m.s.NextDeadline(), event.Event{Kind: ticks, Node: m.n.id})
}

// carryOut does one thing that the swarm asked for. Blocks are never written one by one, since the
// budget holds every piece.
func (m *swarmNode) carryOut(e swarm.Effect) {
	switch e.Kind {
	case swarm.Send:
		if s := m.side(e.Peer); s != nil && !(m.conduct == stories.Rider && e.Message.Kind == wire.Unchoke) {
			m.w.send(s, toPacket(e.Message))
		}
	case swarm.SendSpan:
		if s := m.side(e.Peer); s != nil {
			m.sendSpan(s, e)
		}
	case swarm.Drop:
		if s := m.side(e.Peer); s != nil {
			m.w.close(s)
		}
	case swarm.Dial:
		m.w.dial(m.n.id, nodeAt(e.Addr))
	case swarm.Hash:
		m.out = m.s.Hashed(m.now(), e.Buffer, m.out)
		m.again = true
	case swarm.Store:
		m.w.q.Push(event.Event{
			At: m.now().Add(m.w.story.Verify), Kind: stored, Node: m.n.id,
			A: e.Buffer.Slot, B: uint32(e.Piece), Gen: e.Buffer.Gen,
		})
	case swarm.Free:
		delete(m.damage, e.Buffer)
	case swarm.WantPeers:
		m.w.announce(m.n)
	case swarm.Tell:
		m.told(*e.Event)
	}
}

// side returns the connection that the swarm means; nil if it is closed.
func (m *swarmNode) side(p swarm.Peer) *side {
	if int(p.Slot) >= len(m.ends) {
		return nil
	}
	if s := &m.w.sides[m.ends[p.Slot]]; s.open && s.owner == m.n.id && s.peer.ref == p {
		return s
	}
	return nil
}

// sendSpan puts the blocks of a span on the wire, and hands over what fits the socket's buffer.
func (m *swarmNode) sendSpan(s *side, e swarm.Effect) {
	for at := e.Begin; at < e.Begin+e.Length && m.conduct != stories.Stall; at += layout.BlockSize {
		n := min(layout.BlockSize, e.Begin+e.Length-at)
		p := packet{
			kind: wire.Piece, piece: uint32(e.Piece), begin: uint32(at), length: uint32(n),
			spoiled: m.conduct == stories.Corrupt,
		}
		m.w.net.Send(s.end, p.size(), n, p)
		s.peer.queued += int64(p.size())
	}
	s.peer.spans = append(s.peer.spans, span{end: s.peer.queued, length: e.Length})
	m.handOver(s)
}

// handOver tells the swarm which spans lie in the socket's buffer, and waits for room for the next.
func (m *swarmNode) handOver(s *side) {
	out := s.peer.queued - int64(m.w.net.Buffered(s.end)) // about: control messages are few
	done := 0
	for _, x := range s.peer.spans {
		if x.end > out+socketBuffer {
			break
		}
		m.out = m.s.SpanSent(m.now(), s.peer.ref, x.length, false, m.out)
		m.again = true
		done++
	}
	s.peer.spans = s.peer.spans[:copy(s.peer.spans, s.peer.spans[done:])]
	if len(s.peer.spans) > 0 {
		m.w.net.WantRoom(s.end, int(s.peer.queued-s.peer.spans[0].end)+socketBuffer)
	}
}

// told notes what the swarm tells people.
func (m *swarmNode) told(e swarm.Event) {
	switch e.Kind {
	case swarm.PieceComplete:
		m.w.had(m.n, int(e.Piece))
	case swarm.WantedComplete:
		if !m.w.story.Groups[m.n.group].Seed {
			m.w.complete(m.n)
		}
	}
}

// listenPort is where every node listens, callPort where its own calls come from.
const (
	listenPort = 6881
	callPort   = 50000
)

// addressOf gives each node an address of the public network.
func addressOf(id uint32) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{20, byte(id >> 16), byte(id >> 8), byte(id)}), listenPort)
}

func nodeAt(a netip.AddrPort) uint32 {
	b := a.Addr().As4()
	return uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func addresses(nodes []uint32) []netip.AddrPort {
	list := make([]netip.AddrPort, len(nodes))
	for i, id := range nodes {
		list[i] = addressOf(id)
	}
	return list
}

// remoteOf is the far end's address as its socket shows it.
func remoteOf(s *side) netip.AddrPort {
	a := addressOf(s.far)
	if !s.outgoing {
		return netip.AddrPortFrom(a.Addr(), callPort)
	}
	return a
}

func peerID(id uint32) [20]byte {
	return [20]byte{0: '-', 1: 'G', 16: byte(id >> 24), 17: byte(id >> 16), 18: byte(id >> 8), 19: byte(id)}
}
