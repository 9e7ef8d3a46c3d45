package swarm

import (
	"net/netip"
	"time"

	"groove/internal/bitset"
	"groove/internal/clock"
	"groove/internal/rate"
	"groove/internal/reach"
	"groove/torrent/layout"
	"groove/torrent/picker"
	"groove/torrent/wire"
)

// PeerInfo is what the handshake told of a peer.
type PeerInfo struct {
	Addr     netip.AddrPort // the far end of the connection
	Outgoing bool           // we dialled, so Addr is where it listens
	ID       [20]byte
	Fast     bool // BEP 6 by both
	Extended bool // BEP 10 by both
	V2       bool // connected by the v2 hash
	Web      bool // a web seed: has everything, never chokes, asks for nothing
}

// peer is one connection.
type peer struct {
	PeerInfo
	ref    Peer
	dirty  bool // Settle shall look at it
	listen netip.AddrPort
	since  clock.Time

	// What it has.
	has     *bitset.Set // nil while unknown, and for one that has everything
	seed    bool
	useful  int // pieces that it has and we want
	pending pendingHave

	// Us asking it.
	interested bool // we are
	choking    bool // it chokes us
	asked      []request
	landing    Lease
	isLanding  bool
	depth      int
	slowStart  bool
	lastRate   int64
	snubbed    bool
	lastBlock  clock.Time // when a block came, or when we began to wait for one
	blockTime  time.Duration
	minRTT     time.Duration
	allowed    []layout.PieceIndex // that we may ask while choked
	suggested  []layout.PieceIndex
	down       rate.Meter

	// It asking us.
	wants     bool // it is interested
	unchoked  bool // we do not choke it
	chokedAt  clock.Time
	waiting   []wanted
	committed int // bytes in spans on their way
	spans     int // that many spans
	rejected  int
	given     int64 // bytes since it was unchoked
	revealed  reveals
	up        rate.Meter

	// Extensions.
	ext     wire.ExtHandshake
	meta    peerMeta
	pex     peerPEX
	partial bool // BEP 21 upload_only: wants nothing more
}

// pendingHave keeps what a peer said of its pieces before their number was known.
type pendingHave struct {
	bitfield []byte
	haves    []uint32
	all      bool
}

// PeerConnected says that a handshake is done. The new peer's first messages are among the
// effects; so may be its Drop.
func (s *Swarm) PeerConnected(now clock.Time, info PeerInfo, out []Effect) (Peer, []Effect) {
	s.begin(now, out)
	info.Addr = netip.AddrPortFrom(info.Addr.Addr().Unmap(), info.Addr.Port())
	p := &peer{
		PeerInfo: info, since: now, choking: true, depth: startDepth, slowStart: true, lastBlock: now, chokedAt: now,
	}
	s.gens++
	p.ref = Peer{Slot: s.freeSlot(), Gen: s.gens}
	s.peers[p.ref.Slot] = p
	s.count++
	if info.Outgoing {
		p.listen = info.Addr
		s.known.connected(info.Addr)
	}
	if r := s.refuse(p); r != Unspecified {
		s.drop(p, r)
		return p.ref, s.end()
	}
	if info.Web {
		p.choking, p.seed = false, true
	} else {
		s.greet(p)
	}
	if s.running {
		s.countUseful(p)
	}
	p.dirty = true
	return p.ref, s.end()
}

func (s *Swarm) freeSlot() uint32 {
	for i, p := range s.peers {
		if p == nil {
			return uint32(i)
		}
	}
	s.peers = append(s.peers, nil)
	return uint32(len(s.peers) - 1)
}

// refuse says why a new peer is not wanted.
func (s *Swarm) refuse(p *peer) Reason {
	if s.blame.isBanned(p.Addr) {
		return Banned
	}
	if p.Web {
		return Unspecified
	}
	if s.count > s.cfg.MaxPeers {
		return TooManyPeers
	}
	same, twins := 0, 0
	for _, q := range s.peers {
		if q == nil || q == p || q.Web {
			continue
		}
		if q.ID == p.ID {
			if twins++; !q.Outgoing && !p.Outgoing && twins < maxTwins {
				continue // it dialled twice, and will drop one of them; if we did too, none might be left
			}
			if s.keepsOld(q, p) {
				return DuplicatePeer
			}
			s.drop(q, DuplicatePeer)
			continue
		}
		if q.Addr.Addr() == p.Addr.Addr() {
			same++
		}
	}
	if same >= maxPerIP && reach.IsGlobal(p.Addr.Addr()) {
		return TooManyFromIP
	}
	return Unspecified
}

// keepsOld decides between two connections with one peer. Of two that the same side dialled, to two
// addresses of the other, that side keeps the older. Where both sides dialled at once, both must
// keep the same one: the one that the smaller peer ID dialled.
func (s *Swarm) keepsOld(old, fresh *peer) bool {
	if old.Outgoing == fresh.Outgoing {
		return true
	}
	weAreSmaller := string(s.cfg.PeerID[:]) < string(old.ID[:])
	return old.Outgoing == weAreSmaller
}

// PeerGone says that a connection has ended. It is the last word about that peer; a landing that
// was under way is reported as Broken before.
func (s *Swarm) PeerGone(now clock.Time, ref Peer, out []Effect) []Effect {
	s.begin(now, out)
	if p := s.peer(ref); p != nil {
		s.forget(p)
	}
	return s.end()
}

// peer looks a connection up; nil if it is gone.
func (s *Swarm) peer(ref Peer) *peer {
	if int(ref.Slot) >= len(s.peers) {
		return nil
	}
	if p := s.peers[ref.Slot]; p != nil && p.ref == ref {
		return p
	}
	return nil
}

// drop closes a connection from our side.
func (s *Swarm) drop(p *peer, why Reason) {
	if s.peer(p.ref) == nil {
		return
	}
	s.meters.drops[why]++
	s.forget(p)
	if why == DuplicatePeer {
		s.known.retire(p.listen)
	}
	s.emit(Effect{Kind: Drop, Peer: p.ref, Reason: why})
}

// forget takes a peer out of every count.
func (s *Swarm) forget(p *peer) {
	s.dropAsked(p)
	if p.isLanding {
		s.unask(p, s.blockOf(p.landing))
	}
	if s.picker != nil {
		switch {
		case p.seed:
			s.picker.RemoveSeed()
		case p.has != nil:
			s.picker.RemoveBitfield(p.has)
		}
	}
	if p.unchoked {
		s.unchoked--
	}
	s.known.gone(p.listen, s.now)
	if p.seed && s.done {
		s.known.retire(p.listen)
	}
	s.releaseSuspects(p)
	s.super.forget(p)
	s.meta.forget(p)
	s.hashes.forget(p)
	s.peers[p.ref.Slot] = nil
	s.count--
	s.refillSlots()
	s.wakeAll()
}

// wakeAll has Settle look at every peer, since what one gave up another may take.
func (s *Swarm) wakeAll() {
	for _, p := range s.peers {
		if p != nil {
			p.dirty = true
		}
	}
}

func (s *Swarm) send(p *peer, m wire.Message) {
	s.emit(Effect{Kind: Send, Peer: p.ref, Message: m})
}

func (p *peer) pickerID() picker.PeerID { return picker.PeerID(p.ref.Slot) }
