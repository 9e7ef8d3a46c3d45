package tracker

import (
	"net/netip"

	"groove/internal/clock"
	"groove/torrent/infohash"
)

// swarm is one torrent: a family of peers for each kind of address.
type swarm struct {
	v4, v6 family
}

func (s *swarm) family(addr netip.Addr) *family {
	if addr.Is4() {
		return &s.v4
	}
	return &s.v6
}

// zone is what a peer has of the torrent.
type zone uint8

const (
	downloading zone = iota
	partial
	seeding
	zones
)

// peer is one peer of a family.
type peer struct {
	addr    netip.AddrPort
	seen    clock.Time
	zone    zone
	counted bool // it is in completed
}

// family is the peers of one torrent and address family. They stand zone by zone, so that counts
// are borders and choosing among a zone is choosing among places.
type family struct {
	peers     []peer
	index     map[netip.AddrPort]int
	border    [zones]int // where each zone ends
	completed int
}

func (f *family) counts() Counts {
	return Counts{
		Downloaders: f.border[downloading],
		Partial:     f.border[partial] - f.border[downloading],
		Seeders:     f.border[seeding] - f.border[partial],
		Completed:   f.completed,
	}
}

// add appends a peer in the last zone's place and moves it down to its own. Returns its place.
func (f *family) add(p peer) int {
	if f.index == nil {
		f.index = map[netip.AddrPort]int{}
	}
	at := len(f.peers)
	f.peers = append(f.peers, p)
	f.index[p.addr] = at
	f.border[seeding]++
	f.peers[at].zone = seeding
	return f.move(at, p.zone)
}

// remove takes out the peer at a place.
func (f *family) remove(at int) {
	at = f.move(at, seeding)
	last := len(f.peers) - 1
	f.swap(at, last)
	delete(f.index, f.peers[last].addr)
	f.peers = f.peers[:last]
	f.border[seeding]--
}

// move brings the peer at a place into a zone, by one swap at each border between, and returns
// its new place.
func (f *family) move(at int, to zone) int {
	for z := f.peers[at].zone; z < to; z++ {
		f.border[z]--
		at = f.swap(at, f.border[z])
	}
	for z := f.peers[at].zone; z > to; z-- {
		at = f.swap(at, f.border[z-1])
		f.border[z-1]++
	}
	f.peers[at].zone = to
	return at
}

func (f *family) swap(i, j int) int {
	if i != j {
		f.peers[i], f.peers[j] = f.peers[j], f.peers[i]
		f.index[f.peers[i].addr], f.index[f.peers[j].addr] = i, j
	}
	return j
}

// family finds or makes the swarm of a torrent. At MaxSwarms it returns nil.
func (t *Tracker) family(h infohash.Short, addr netip.Addr) *family {
	s := t.swarms[h]
	if s == nil {
		if len(t.swarms) >= t.cfg.MaxSwarms {
			return nil
		}
		s = &swarm{}
		t.swarms[h] = s
	}
	return s.family(addr)
}

// put enters what a peer told and returns its place, or -1 where there is no room for it.
func (t *Tracker) put(now clock.Time, f *family, a Announce, addr netip.AddrPort) int {
	if f == nil {
		return -1
	}
	to := zoneOf(a)
	at, known := f.index[addr]
	if !known {
		if t.peers >= t.cfg.MaxPeers {
			return -1
		}
		t.peers++
		return f.add(peer{addr: addr, seen: now, zone: to})
	}
	if a.Event == Completed && to == seeding && f.peers[at].zone != seeding && !f.peers[at].counted {
		f.peers[at].counted = true
		f.completed++
	}
	f.peers[at].seen = now
	return f.move(at, to)
}

func zoneOf(a Announce) zone {
	switch {
	case a.Left == 0:
		return seeding
	case a.Event == Paused:
		return partial
	}
	return downloading
}

func (t *Tracker) remove(f *family, addr netip.AddrPort) {
	if f == nil {
		return
	}
	if at, known := f.index[addr]; known {
		f.remove(at)
		t.peers--
	}
}

// drop forgets a swarm that nobody is in, and with it how many completed, unless it is listed.
func (t *Tracker) drop(h infohash.Short) {
	if _, listed := t.listed[h]; listed {
		return
	}
	if s := t.swarms[h]; s != nil && len(s.v4.peers)+len(s.v6.peers) == 0 {
		delete(t.swarms, h)
	}
}

// sweep forgets the silent, once a minute.
func (t *Tracker) sweep(now clock.Time) {
	if now < t.swept.Add(sweepEvery) {
		return
	}
	t.swept = now
	for h, s := range t.swarms { // in any order: swarms do not know of one another
		t.peers -= s.v4.expire(now, t.cfg.Lifetime) + s.v6.expire(now, t.cfg.Lifetime)
		t.drop(h)
	}
}
