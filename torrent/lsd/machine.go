package lsd

import (
	"net/netip"
	"slices"
	"time"

	"groove/internal/clock"
	"groove/torrent/infohash"
)

// Packet is a datagram to send to a group, on every interface where peers can reach us.
type Packet struct {
	Group Group
	Data  []byte
}

// Found is a neighbour that takes part in one of our swarms.
type Found struct {
	Hash infohash.Short
	Addr netip.AddrPort
}

// Machine decides when to announce what, and reads what others announce. A torrent is announced
// when it comes and every 5 minutes; at most one announce a minute leaves, so with more than 120
// torrents they take turns.
type Machine struct {
	cookie   string
	port     uint16
	torrents []torrent  // what is due longest first; what was never announced before all
	ready    clock.Time // no announce leaves before
	second   int64      // the second that reads were counted in
	reads    int
}

type torrent struct {
	hash infohash.Short
	due  clock.Time
}

// never marks a torrent that was not announced yet: due before everything.
const never clock.Time = -1

// New returns a Machine without torrents for a session that listens on port. cookie tells our own
// announces from others': random, printable, at most 64 bytes.
func New(cookie string, port uint16) *Machine {
	return &Machine{cookie: cookie[:min(len(cookie), maxCookie)], port: port}
}

// Add begins to announce a torrent by one of its hashes; a hybrid is added by both. Only torrents
// that are known not to be private may be added (BEP 27).
func (m *Machine) Add(h infohash.Short) {
	if m.find(h) < 0 {
		at := slices.IndexFunc(m.torrents, func(t torrent) bool { return t.due != never })
		if at < 0 {
			at = len(m.torrents)
		}
		m.torrents = slices.Insert(m.torrents, at, torrent{h, never})
	}
}

// Remove ends the announces of a torrent.
func (m *Machine) Remove(h infohash.Short) {
	if i := m.find(h); i >= 0 {
		m.torrents = slices.Delete(m.torrents, i, i+1)
	}
}

func (m *Machine) find(h infohash.Short) int {
	return slices.IndexFunc(m.torrents, func(t torrent) bool { return t.hash == h })
}

// NextDeadline returns when to call Tick; clock.Never while there is nothing to announce.
func (m *Machine) NextDeadline() clock.Time {
	if len(m.torrents) == 0 {
		return clock.Never
	}
	return max(m.ready, m.torrents[0].due)
}

// Tick appends what is to be sent now: nothing, or one announce to each group. It takes along what
// would be due within the minute.
func (m *Machine) Tick(now clock.Time, dst []Packet) []Packet {
	if now < m.NextDeadline() {
		return dst
	}
	a := Announce{Port: m.port, Cookie: m.cookie}
	for _, t := range m.torrents {
		if len(a.Hashes) == maxHashes || t.due > now.Add(spacing) {
			break
		}
		a.Hashes = append(a.Hashes, t.hash)
	}
	m.torrents = slices.Delete(m.torrents, 0, len(a.Hashes))
	for _, h := range a.Hashes {
		m.torrents = append(m.torrents, torrent{h, now.Add(interval)})
	}
	m.ready = now.Add(spacing)
	for g := range groups {
		a.Group = Group(g)
		dst = append(dst, Packet{a.Group, Append(nil, a)})
	}
	return dst
}

// Received reads a datagram and appends the neighbours that it tells of. Our own announces, what
// cannot be read, and more than ten datagrams a second are ignored.
func (m *Machine) Received(now clock.Time, from netip.AddrPort, datagram []byte, dst []Found) []Found {
	if s := int64(now) / int64(time.Second); s != m.second {
		m.second, m.reads = s, 0
	}
	if m.reads++; m.reads > readsPerSecond {
		return dst
	}
	a, err := Parse(datagram)
	if err != nil || a.Cookie == m.cookie {
		return dst
	}
	addr := netip.AddrPortFrom(from.Addr().Unmap(), a.Port)
	for i, h := range a.Hashes {
		if m.find(h) >= 0 && !slices.Contains(a.Hashes[:i], h) {
			dst = append(dst, Found{h, addr})
		}
	}
	return dst
}
