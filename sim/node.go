package sim

import (
	"groove/internal/bitset"
	"groove/internal/clock"
	"groove/sim/event"
	"groove/sim/stories"
	"groove/torrent/infohash"
	"groove/torrent/layout"
	"groove/torrent/merkle"
	"groove/torrent/metainfo"
	"groove/torrent/swarm"
	"groove/torrent/wire"
)

// swarmNode is the shell around a Swarm: it carries effects out on lines and on a disk that always
// works, and hands the answers back.
type swarmNode struct {
	w       *world
	n       *node
	s       *swarm.Swarm
	conduct stories.Conduct
	out     []swarm.Effect
	again   bool     // an answer was given while effects were carried out
	ends    []uint32 // by the swarm's peer slot: the End's slot
	timer   event.Timer
	damage  map[swarm.Buffer][]lie // pieces that are being received with wrong bytes in them
	good    []merkle.Hash          // block hashes of a piece that is right
}

// lie is a block with wrong bytes, and who sent it.
type lie struct {
	block uint32
	from  uint32
}

// newSwarmNode makes the member that a node's group says.
func newSwarmNode(w *world, n *node) member {
	g := &w.story.Groups[n.group]
	if g.Conduct == stories.Claim {
		return &claimer{w: w, n: n}
	}
	m := &swarmNode{w: w, n: n, conduct: g.Conduct, damage: map[swarm.Buffer][]lie{}}
	m.good = make([]merkle.Hash, w.info.Layout.Blocks(0))
	m.s = swarm.New(swarm.Config{
		ID: w.info.ID, Info: w.info, PeerID: peerID(n.id), Port: listenPort, Version: "Groove",
		Rand: event.Rand(w.seed, n.id, "swarm"), Budget: pieceMemory, MaxPeers: w.story.Degree,
	})
	return m
}

// newInfo describes the file of a story; nobody ever looks at its hashes.
func newInfo(story stories.Story) (*metainfo.Info, error) {
	l, err := layout.New(story.PieceLength, []layout.File{{Path: story.Name, Length: story.FileBytes()}})
	if err != nil {
		return nil, err
	}
	return &metainfo.Info{ID: infohash.FromV1(infohash.V1{1}), Name: story.Name, Layout: l, HasV1: true}, nil
}

func (m *swarmNode) now() clock.Time { return m.w.q.Now() }

// start gives the swarm what the node has at first.
func (m *swarmNode) start() {
	g := &m.w.story.Groups[m.n.group]
	have := bitset.New(m.w.story.Pieces)
	switch {
	case g.Seed:
		have.Fill()
	case g.Missing > 0:
		for i := range m.w.story.Pieces - g.Missing {
			have.Add(i)
		}
	}
	m.out = m.s.Ready(m.now(), have, nil, m.out)
	m.carryOn()
}

func (m *swarmNode) connected(s *side) {
	info := swarm.PeerInfo{Addr: remoteOf(s), Outgoing: s.outgoing, ID: peerID(s.far), Fast: true, Extended: true}
	s.peer.ref, m.out = m.s.PeerConnected(m.now(), info, m.out)
	for int(s.peer.ref.Slot) >= len(m.ends) {
		m.ends = append(m.ends, 0)
	}
	m.ends[s.peer.ref.Slot] = s.end.Slot()
	m.carryOn()
}

func (m *swarmNode) received(s *side, p packet) {
	if p.kind == wire.Piece {
		m.land(s, p)
	} else {
		m.out = m.s.Receive(m.now(), s.peer.ref, p.message(), m.out)
	}
	m.carryOn()
}

// land takes a block in; its header and its last byte come at once.
func (m *swarmNode) land(s *side, p packet) {
	l, ok := m.s.Land(m.now(), s.peer.ref, p.piece, p.begin, p.length)
	m.w.tally.Block(m.now(), int(s.far), int(s.owner), int(p.length), ok)
	if !ok {
		return
	}
	if p.spoiled {
		m.damage[l.Lease.Buffer] = append(m.damage[l.Lease.Buffer], lie{l.Lease.Index, s.far})
	}
	m.out = m.s.Landed(m.now(), s.peer.ref, l.Lease, m.out)
}

func (m *swarmNode) room(s *side) {
	m.handOver(s)
	m.carryOn()
}

func (m *swarmNode) closed(s *side) {
	m.out = m.s.PeerGone(m.now(), s.peer.ref, m.out)
	m.carryOn()
}

func (m *swarmNode) introduced(nodes []uint32) {
	m.out = m.s.AddAddresses(m.now(), swarm.FromTracker, addresses(nodes), m.out)
	m.carryOn()
}

func (m *swarmNode) failed(to uint32) {
	m.out = m.s.DialFailed(m.now(), addressOf(to), m.out)
	m.carryOn()
}

func (m *swarmNode) happened(e event.Event) {
	switch e.Kind {
	case ticks:
		if !m.timer.Due(e) {
			return
		}
		m.out = m.s.Tick(m.now(), m.out)
	case stored:
		m.stored(swarm.Buffer{Slot: e.A, Gen: e.Gen}, layout.PieceIndex(e.B))
	}
	m.carryOn()
}

// stored answers that the disk has hashed, compared and written a piece.
func (m *swarmNode) stored(b swarm.Buffer, piece layout.PieceIndex) {
	lies := m.damage[b]
	if len(lies) == 0 {
		m.out = m.s.Stored(m.now(), b, swarm.Good, m.good, nil, m.out)
		return
	}
	hashes := make([]merkle.Hash, m.w.info.Layout.Blocks(piece))
	var liars []int
	for _, l := range lies {
		hashes[l.block] = merkle.Hash{1, byte(l.from), byte(l.from >> 8)}
		if len(liars) == 0 || liars[len(liars)-1] != int(l.from) {
			liars = append(liars, int(l.from))
		}
	}
	m.w.tally.Corrupt(m.now(), int(m.n.id), liars)
	m.out = m.s.Stored(m.now(), b, swarm.Corrupt, hashes, nil, m.out)
}
