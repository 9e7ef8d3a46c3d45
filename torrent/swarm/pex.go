package swarm

import (
	"net/netip"
	"slices"

	"groove/internal/clock"
	"groove/torrent/wire"
)

// gossip tells peers of each other (BEP 11), never in a private torrent.
type gossip struct {
	next clock.Time
}

// peerPEX is what one peer was told, and how often it told us.
type peerPEX struct {
	told []netip.AddrPort
	last clock.Time
	came bool
}

// exchangePeers sends each peer what changed among the others since the last minute.
func (s *Swarm) exchangePeers() {
	if s.private() || s.now < s.gossip.next {
		return
	}
	s.gossip.next = s.now.Add(pexEvery)
	for _, p := range s.peers {
		if p != nil && p.takes(wire.ExtPEX) != 0 {
			s.sendPEX(p)
		}
	}
}

func (s *Swarm) sendPEX(p *peer) {
	var m wire.PEX
	var still []netip.AddrPort
	for _, q := range s.peers {
		if q == nil || q == p || q.Web || !q.listen.IsValid() || !s.maySpread(p, q) {
			continue
		}
		if slices.Contains(p.pex.told, q.listen) {
			still = append(still, q.listen)
		} else if len(m.Added) < maxPEXBatch {
			still = append(still, q.listen)
			m.Added = append(m.Added, wire.PEXPeer{Addr: q.listen, Flags: pexFlags(q)})
		}
	}
	for _, a := range p.pex.told {
		if !slices.Contains(still, a) {
			if len(m.Dropped) < maxPEXBatch {
				m.Dropped = append(m.Dropped, a)
			} else {
				still = append(still, a)
			}
		}
	}
	p.pex.told = still
	if len(m.Added)+len(m.Dropped) > 0 {
		s.sendExt(p, p.takes(wire.ExtPEX), wire.AppendPEX(nil, m))
	}
}

// maySpread reports whether p can make use of q's address: a private one only on a private network.
func (s *Swarm) maySpread(p, q *peer) bool {
	return s.cfg.Local || mayName(p.Addr.Addr(), q.listen.Addr())
}

func pexFlags(q *peer) wire.PEXFlags {
	var f wire.PEXFlags
	if q.seed {
		f |= wire.PEXSeed
	}
	if q.Outgoing {
		f |= wire.PEXReachable
	}
	return f
}

// pexMessage takes in the peers that p knows; more than one message a minute is ignored.
func (s *Swarm) pexMessage(p *peer, payload []byte) {
	if s.private() {
		return
	}
	m, err := wire.ParsePEX(payload)
	if err != nil {
		s.drop(p, BadExtension)
		return
	}
	if p.pex.came && s.now.Sub(p.pex.last) < pexEvery/2 {
		return
	}
	p.pex.came, p.pex.last = true, s.now
	for _, a := range m.Added {
		s.addAddress(FromPEX, a.Addr, p.Addr.Addr())
	}
	s.dialSome()
}
