package swarm

import (
	"net/netip"

	"groove/internal/reach"
	"groove/torrent/layout"
	"groove/torrent/merkle"
)

// blame finds out who sent corrupt data. A piece that one peer gave alone convicts it. Where
// several gave blocks, their hashes are kept and the piece is asked again of one peer alone:
// if it is good, whoever gave other bytes before is guilty; if not, that one peer is.
type blame struct {
	banned    map[banKey]bool // looked up, never walked
	order     []banKey        // oldest first
	suspicion []suspicion
}

// banKey is what a ban holds for: an address, or on a private network one port of it, since there
// whole houses share an address.
type banKey netip.AddrPort

// suspicion is a failed piece to which several peers gave.
type suspicion struct {
	piece  layout.PieceIndex
	from   []source
	blocks []merkle.Hash
	owner  Peer // who gives it again, alone
}

func (b *blame) init() { b.banned = map[banKey]bool{} }

func keyOf(a netip.AddrPort) banKey {
	if reach.IsGlobal(a.Addr()) {
		return banKey(netip.AddrPortFrom(a.Addr(), 0))
	}
	return banKey(a)
}

func (b *blame) isBanned(a netip.AddrPort) bool { return b.banned[keyOf(a)] }

// suspects reports whether piece i failed before and nobody was convicted.
func (b *blame) suspects(i layout.PieceIndex) bool {
	for k := range b.suspicion {
		if b.suspicion[k].piece == i {
			return true
		}
	}
	return false
}

// avoids returns what p is not to be asked for because another peer gives it alone; nil as a rule.
func (b *blame) avoids(p *peer) []layout.PieceIndex {
	var list []layout.PieceIndex
	for k := range b.suspicion {
		if sus := &b.suspicion[k]; sus.owner != (Peer{}) && sus.owner != p.ref {
			list = append(list, sus.piece)
		}
	}
	return list
}

// claimSuspect makes p the one who gives a suspected piece again.
func (s *Swarm) claimSuspect(p *peer, i layout.PieceIndex) {
	for k := range s.blame.suspicion {
		if sus := &s.blame.suspicion[k]; sus.piece == i && s.peer(sus.owner) == nil {
			sus.owner = p.ref
		}
	}
}

// releaseSuspects lets others take over what p was to give alone.
func (s *Swarm) releaseSuspects(p *peer) {
	for k := range s.blame.suspicion {
		if sus := &s.blame.suspicion[k]; sus.owner == p.ref {
			sus.owner = Peer{}
		}
	}
}

// accuse takes in that piece i, whose blocks came from the given peers, failed its hash check.
func (s *Swarm) accuse(i layout.PieceIndex, from []source, blocks []merkle.Hash) {
	for k := range s.blame.suspicion {
		if s.blame.suspicion[k].piece == i {
			s.blame.suspicion[k].owner = Peer{}
		}
	}
	sole := true
	for _, f := range from {
		sole = sole && f.key == from[0].key
	}
	if sole {
		s.ban(from[0])
		return
	}
	if len(s.blame.suspicion) == maxSuspicion {
		s.blame.suspicion = s.blame.suspicion[:copy(s.blame.suspicion, s.blame.suspicion[1:])]
	}
	s.blame.suspicion = append(s.blame.suspicion, suspicion{piece: i, from: from, blocks: blocks})
}

// acquit takes in that piece i is good with these blocks: who gave other bytes before is guilty.
func (s *Swarm) acquit(i layout.PieceIndex, good []merkle.Hash) {
	kept := s.blame.suspicion[:0]
	var guilty []source
	for _, sus := range s.blame.suspicion {
		if sus.piece != i {
			kept = append(kept, sus)
			continue
		}
		for k := range min(len(good), len(sus.blocks)) {
			if good[k] != sus.blocks[k] {
				guilty = append(guilty, sus.from[k])
			}
		}
	}
	s.blame.suspicion = kept
	for _, g := range guilty {
		s.ban(g)
	}
}

// ban drops a peer and refuses its address from now on.
func (s *Swarm) ban(who source) {
	if s.blame.banned[who.key] {
		return
	}
	if len(s.blame.order) == maxBanned {
		delete(s.blame.banned, s.blame.order[0])
		s.blame.order = s.blame.order[1:]
	}
	s.blame.banned[who.key] = true
	s.blame.order = append(s.blame.order, who.key)
	addr := netip.AddrPort(who.key)
	for _, p := range s.peers {
		if p != nil && (p.ref == who.peer || keyOf(p.Addr) == who.key) {
			addr = p.Addr
			s.drop(p, CorruptData)
		}
	}
	s.tell(Event{Kind: PeerBanned, Addr: addr, Reason: CorruptData})
}
