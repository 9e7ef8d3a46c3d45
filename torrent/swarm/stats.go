package swarm

import (
	"net/netip"
	"time"

	"groove/internal/bitset"
	"groove/internal/clock"
	"groove/internal/rate"
	"groove/torrent/layout"
)

// meters counts what the swarm has moved and suffered.
type meters struct {
	down, up rate.Meter
	wasted   int64
	corrupt  int64
	drops    [reasonCount]int
}

// Stats is what a swarm looks like at one moment.
type Stats struct {
	Have, Wanted, Pieces int     // pieces held, pieces still wanted, pieces in all
	Copies               float64 // complete copies among connected peers, ours not counted
	Down, Up             int64   // payload bytes since the beginning
	DownRate, UpRate     int64   // bytes per second
	Wasted, Corrupt      int64   // payload bytes nobody needed; of pieces with a wrong hash
	Drops                map[Reason]int
	Peers                []PeerStats
	Seeds                int
	Dialing, Known       int
	Failed               bool // the disk refused
	SuperSeeding         bool
}

// PeerStats is one connection.
type PeerStats struct {
	Peer             Peer
	Addr             netip.AddrPort
	Client           string
	Outgoing         bool
	Have             int // pieces
	Seed             bool
	Lacks            bool // it lacks something that we have, and did not say that it wants nothing
	Down, Up         int64
	DownRate, UpRate int64
	Interested       bool // we in it
	Wants            bool // it in us
	Choking          bool // it us
	Unchoked         bool // we do not choke it
	Asked            int
	Web              bool
}

// Stats describes the swarm now; O(peers).
func (s *Swarm) Stats(now clock.Time) Stats {
	st := Stats{
		Down: s.meters.down.Total(), Up: s.meters.up.Total(),
		DownRate: s.meters.down.Rate(now, 3*time.Second), UpRate: s.meters.up.Rate(now, 3*time.Second),
		Wasted: s.meters.wasted, Corrupt: s.meters.corrupt, Drops: map[Reason]int{},
		Dialing: s.known.dialing, Known: len(s.known.list), Failed: s.failed, SuperSeeding: s.super.active,
	}
	if s.layout != nil {
		st.Pieces, st.Have, st.Wanted = s.layout.Pieces(), s.picker.Have().Count(), s.picker.Wanted()
		st.Copies = s.picker.Copies()
	}
	for r, n := range s.meters.drops {
		if n > 0 {
			st.Drops[Reason(r)] = n
		}
	}
	for _, p := range s.peers {
		if p != nil {
			st.Peers = append(st.Peers, s.peerStats(p, now))
			if p.seed {
				st.Seeds++
			}
		}
	}
	return st
}

func (s *Swarm) peerStats(p *peer, now clock.Time) PeerStats {
	ps := PeerStats{
		Peer: p.ref, Addr: p.Addr, Client: p.ext.Version, Outgoing: p.Outgoing, Seed: p.seed,
		Down: p.down.Total(), Up: p.up.Total(),
		DownRate: p.down.Rate(now, 3*time.Second), UpRate: p.up.Rate(now, 3*time.Second),
		Interested: p.interested, Wants: p.wants, Choking: p.choking, Unchoked: p.unchoked, Asked: len(p.asked), Web: p.Web,
	}
	switch {
	case p.seed && s.layout != nil:
		ps.Have = s.layout.Pieces()
	case p.has != nil:
		ps.Have = p.has.Count()
	}
	if s.picker != nil && !p.seed && !p.partial {
		ps.Lacks = p.has == nil || s.picker.Have().HasAnyMissingIn(p.has)
	}
	return ps
}

// Have returns the verified pieces, nil while the metadata is unknown. The caller must not change
// it, nor keep it across calls.
func (s *Swarm) Have() *bitset.Set {
	if s.picker == nil {
		return nil
	}
	return s.picker.Have()
}

// Partials returns the begun pieces whose landed blocks lie on disk, for the resume record.
func (s *Swarm) Partials() []Partial {
	var list []Partial
	for k := range s.buffers {
		if b := &s.buffers[k]; b.kind == onDisk && b.written > 0 && b.written == b.landed.Count() {
			list = append(list, Partial{Piece: b.piece, Blocks: b.landed.Clone()})
		}
	}
	return list
}

// Missing returns a wanted piece that nobody connected has, for the answer to "why does it wait?".
func (s *Swarm) Missing() (layout.PieceIndex, bool) {
	if s.picker == nil {
		return 0, false
	}
	for i := range layout.PieceIndex(s.layout.Pieces()) {
		if s.wantsPiece(i) && s.picker.Availability(i) == 0 {
			return i, true
		}
	}
	return 0, false
}

// Listeners returns where the connected peers can be dialled, for the resume record.
func (s *Swarm) Listeners() []netip.AddrPort {
	var list []netip.AddrPort
	for _, p := range s.peers {
		if p != nil && !p.Web && p.listen.IsValid() {
			list = append(list, p.listen)
		}
	}
	return list
}
