package swarm

import (
	"time"

	"groove/torrent/choker"
	"groove/torrent/wire"
)

// wantsUs takes in interested and not interested. A free slot is given at once.
func (s *Swarm) wantsUs(p *peer, wants bool) {
	if p.wants == wants {
		return
	}
	p.wants = wants
	if !wants && p.unchoked {
		s.chokePeer(p)
	}
	s.refillSlots()
}

// rechoke decides anew who may download from us, when a round is due.
func (s *Swarm) rechoke() {
	if !s.running || s.now < s.choke.NextDeadline() {
		return
	}
	s.scratch.decisions = s.choke.Round(
		s.now, s.chokeMode(), s.meters.up.Rate(s.now, 10*time.Second), s.chokerPeers(), s.scratch.decisions[:0])
	s.carryOut()
}

// refillSlots gives a slot that became free to the next in line.
func (s *Swarm) refillSlots() {
	if !s.running {
		return
	}
	s.scratch.decisions = s.choke.Fill(s.now, s.chokeMode(), s.chokerPeers(), s.scratch.decisions[:0])
	s.carryOut()
}

func (s *Swarm) chokeMode() choker.Mode {
	if s.done {
		return choker.Seeding
	}
	return choker.Leeching
}

// chokerPeers describes every peer that could be served.
func (s *Swarm) chokerPeers() []choker.Peer {
	list := s.scratch.chokers[:0]
	for _, p := range s.peers {
		if p == nil || p.Web {
			continue
		}
		list = append(list, choker.Peer{
			ID: p.ref.Slot, Interested: p.wants, Unchoked: p.unchoked, Snubbed: p.snubbed,
			HasNothing: !p.seed && (p.has == nil || p.has.Count() == 0),
			DownRate:   p.down.Rate(s.now, 19*time.Second), UpRate: p.up.Rate(s.now, 19*time.Second),
			Since: p.chokedAt, Given: p.given, Joined: p.since, Want: -1,
		})
	}
	s.scratch.chokers = list
	return list
}

func (s *Swarm) carryOut() {
	for _, d := range s.scratch.decisions {
		p := s.peers[d.ID]
		if p == nil || p.unchoked == d.Unchoke {
			continue
		}
		if d.Unchoke {
			s.unchokePeer(p)
		} else {
			s.chokePeer(p)
		}
	}
}

func (s *Swarm) unchokePeer(p *peer) {
	p.unchoked, p.chokedAt, p.given = true, s.now, 0
	s.unchoked++
	s.send(p, wire.Message{Kind: wire.Unchoke})
}

func (s *Swarm) chokePeer(p *peer) {
	p.unchoked, p.chokedAt = false, s.now
	s.unchoked--
	s.send(p, wire.Message{Kind: wire.Choke})
	s.rejectWaiting(p)
}
