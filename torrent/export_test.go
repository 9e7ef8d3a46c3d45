package torrent

import (
	"net/netip"
	"time"

	"groove/internal/clock"
	"groove/torrent/infohash"
	"groove/torrent/lsd"
	"groove/torrent/transport"
)

// QuietLAN has a session take part in local discovery without sending or hearing a datagram.
func QuietLAN(s *Session) {
	s.lan = &lan{session: s, sockets: &transport.Multicast{}, machine: lsd.New("test", s.port())}
	s.lan.timer = time.AfterFunc(time.Hour, func() {})
}

// AnnouncedOnLAN returns what the session would announce to its neighbours.
func AnnouncedOnLAN(s *Session) []infohash.Short {
	s.lan.mu.Lock()
	defer s.lan.mu.Unlock()
	for _, p := range s.lan.machine.Tick(clock.Time(1<<60), nil) {
		if a, err := lsd.Parse(p.Data); err == nil {
			return a.Hashes
		}
	}
	return nil
}

// HearOnLAN gives the session a neighbour's announce.
func HearOnLAN(s *Session, from netip.AddrPort, hashes ...infohash.Short) {
	s.lan.received(from, lsd.Append(nil, lsd.Announce{Port: from.Port(), Hashes: hashes, Cookie: "another"}))
}
