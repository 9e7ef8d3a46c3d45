package main

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// maxLinkPeers is how many of our own addresses a magnet link names.
const maxLinkPeers = 4

// reach is where others find us.
type reach struct {
	listen      []netip.AddrPort
	own         []netip.Addr // of this computer's interfaces
	public      string       // --public
	trackerPort uint16       // 0 if the tracker is somebody else's
}

// ownAddrs returns the addresses of this computer that others may use, IPv4 first; loopback only
// if there is no other.
func ownAddrs() []netip.Addr {
	var own []netip.Addr
	list, _ := net.InterfaceAddrs() // none are as good as an error: loopback stays
	for _, a := range list {
		p, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue
		}
		if ip := p.Addr().Unmap().WithZone(""); ip.IsGlobalUnicast() && !slices.Contains(own, ip) {
			own = append(own, ip)
		}
	}
	slices.SortStableFunc(own, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	if len(own) == 0 {
		own = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	return own
}

// addrs returns host:port of every way to us; a listener on all addresses counts for each.
func (r reach) addrs() []netip.AddrPort {
	var all []netip.AddrPort
	add := func(a netip.AddrPort) {
		if !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	v4 := slices.ContainsFunc(r.listen, func(a netip.AddrPort) bool { return a.Addr().Unmap().Is4() })
	for _, l := range r.listen {
		if !l.Addr().IsUnspecified() {
			add(netip.AddrPortFrom(l.Addr().Unmap(), l.Port()))
			continue
		}
		for _, ip := range r.own {
			if ip.Is4() == l.Addr().Is4() || ip.Is4() && !v4 {
				add(netip.AddrPortFrom(ip, l.Port()))
			}
		}
	}
	return all
}

// peers are the addresses that a magnet link names (x.pe).
func (r reach) peers() []string {
	if r.public != "" {
		return []string{net.JoinHostPort(r.public, fmt.Sprint(r.port()))}
	}
	var list []string
	for _, a := range r.addrs() {
		if len(list) < maxLinkPeers {
			list = append(list, a.String())
		}
	}
	return list
}

func (r reach) port() uint16 {
	for _, l := range r.listen {
		return l.Port()
	}
	return 0
}

// sentence says honestly who can reach us.
func (r reach) sentence() string {
	ports := fmt.Sprintf("TCP port %d", r.port())
	if r.trackerPort != 0 {
		ports += fmt.Sprintf(" (music) and TCP and UDP port %d (tracker)", r.trackerPort)
	}
	if r.public != "" {
		return fmt.Sprintf("anybody, if %s leads to this computer\nwith %s.", r.public, ports)
	}
	var public, network []string
	for _, a := range r.addrs() {
		switch ip := a.Addr(); {
		case ip.IsLoopback():
		case ip.IsPrivate() || isCarrier(ip):
			network = append(network, ip.String())
		default:
			public = append(public, ip.String())
		}
	}
	switch {
	case len(public) > 0:
		return fmt.Sprintf("anybody, at %s, unless a firewall stops\n%s.", strings.Join(public, ", "), ports)
	case len(network) > 0:
		return fmt.Sprintf("people on your network, at %s. For the internet, forward\n%s\non your router to this computer, and share with --public YOUR.ADDRESS.", strings.Join(network, ", "), ports)
	}
	return "only programs on this computer: it has no address that\nothers could use, or --listen names none of them."
}
