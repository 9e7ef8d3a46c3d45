package serve

import (
	"errors"
	"net"
	"net/netip"

	"groove/torrent/announce"
)

// serveUDP answers packets until the socket is closed.
func (s *Server) serveUDP(u *udpSocket) {
	in := make([]byte, maxDatagram)
	var out []byte
	var peers []netip.AddrPort
	failures := 0
	for {
		n, from, local, err := u.read(in)
		if err != nil {
			if failures++; errors.Is(err, net.ErrClosed) || failures > maxReadFailures {
				return
			}
			continue
		}
		failures = 0
		who := caller{from: clean(from.Addr()), local: local}
		if out, peers = s.answerUDP(out[:0], peers[:0], u, who, in[:n]); len(out) == 0 {
			continue
		}
		if err := u.write(out, from, local); err != nil {
			s.log.Debug("answer over UDP", "err", err)
		}
	}
}

// answerUDP appends the answer to a packet, or nothing. Before the sender has proven its address
// by a connection ID, no answer is longer than its packet, and only what looks like a client's
// packet is answered at all.
func (s *Server) answerUDP(dst []byte, peers []netip.AddrPort, u *udpSocket, who caller, packet []byte) ([]byte, []netip.AddrPort) {
	r, err := announce.ParseUDPRequest(packet)
	if r.Action == announce.ActionConnect {
		if err == nil {
			dst = announce.AppendUDPConnectReply(dst, r.Transaction, s.ids.make(s.clock.Now(), who.from))
		}
		return dst, peers
	}
	if len(packet) < minRequest {
		return dst, peers
	}
	if !s.ids.valid(s.clock.Now(), who.from, r.ConnectionID) {
		return announce.AppendUDPError(dst, r.Transaction, "unknown ID"), peers
	}
	switch {
	case err != nil:
		dst = announce.AppendUDPError(dst, r.Transaction, err.Error())
	case r.Action == announce.ActionAnnounce:
		response, ok := s.announce(peers, who, r.Announce, maxPeersUDP(u.v6))
		if !ok {
			return announce.AppendUDPError(dst, r.Transaction, notServed), peers
		}
		peers = response.Peers
		dst = announce.AppendUDPAnnounceReply(dst, r.Transaction, response, u.v6)
	default:
		var counts []announce.Counts
		for _, h := range r.Scrape {
			c, _ := s.scrape(who, h)
			counts = append(counts, c)
		}
		dst = announce.AppendUDPScrapeReply(dst, r.Transaction, counts)
	}
	return dst, peers
}

// minRequest is the shortest packet that gets an error: longer than the error, 8 bytes and its text.
const minRequest = 8 + len("unknown ID")

func maxPeersUDP(v6 bool) int {
	if v6 {
		return maxPeersUDP6
	}
	return maxPeersUDP4
}
