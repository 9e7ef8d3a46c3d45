package serve

import (
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// udpSocket is a socket of one family. Where it listens on every address, it learns from the
// system which one a packet came in on, and answers from there: clients take no answer from
// another address than they asked.
type udpSocket struct {
	conn  *net.UDPConn
	v6    bool
	fixed netip.Addr       // the one address it listens on
	p4    *ipv4.PacketConn // set where the system tells addresses of packets
	p6    *ipv6.PacketConn
}

// openUDP opens the sockets for an address: two, one a family, where it stands for every address.
func openUDP(at netip.AddrPort) ([]*udpSocket, error) {
	if addr := at.Addr(); addr.Is4() || !addr.IsUnspecified() {
		u, err := newUDPSocket(at)
		return []*udpSocket{u}, err
	}
	six, err := newUDPSocket(at)
	if err != nil {
		return nil, err
	}
	four, err := newUDPSocket(netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port()))
	if err != nil {
		six.conn.Close()
		return nil, err
	}
	return []*udpSocket{four, six}, nil
}

func newUDPSocket(at netip.AddrPort) (*udpSocket, error) {
	network := "udp4"
	if at.Addr().Is6() {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	u := &udpSocket{conn: conn, v6: at.Addr().Is6()}
	switch {
	case !at.Addr().IsUnspecified():
		u.fixed = clean(at.Addr())
	case u.v6:
		if p := ipv6.NewPacketConn(conn); p.SetControlMessage(ipv6.FlagDst, true) == nil {
			u.p6 = p
		}
	default:
		if p := ipv4.NewPacketConn(conn); p.SetControlMessage(ipv4.FlagDst, true) == nil {
			u.p4 = p
		}
	}
	return u, nil
}

// read reads a packet; local is invalid where the system does not tell it (Windows).
func (u *udpSocket) read(buf []byte) (n int, from netip.AddrPort, local netip.Addr, err error) {
	var src net.Addr
	switch {
	case u.p4 != nil:
		var cm *ipv4.ControlMessage
		if n, cm, src, err = u.p4.ReadFrom(buf); cm != nil {
			local, _ = netip.AddrFromSlice(cm.Dst)
		}
	case u.p6 != nil:
		var cm *ipv6.ControlMessage
		if n, cm, src, err = u.p6.ReadFrom(buf); cm != nil {
			local, _ = netip.AddrFromSlice(cm.Dst)
		}
	default:
		n, from, err = u.conn.ReadFromUDPAddrPort(buf)
		return n, from, u.fixed, err
	}
	if err != nil {
		return 0, from, local, err
	}
	return n, src.(*net.UDPAddr).AddrPort(), clean(local), nil
}

// write answers from the address that was asked.
func (u *udpSocket) write(packet []byte, to netip.AddrPort, local netip.Addr) error {
	var err error
	switch {
	case u.p4 != nil && local.IsValid():
		_, err = u.p4.WriteTo(packet, &ipv4.ControlMessage{Src: local.AsSlice()}, net.UDPAddrFromAddrPort(to))
	case u.p6 != nil && local.IsValid() && !local.IsLinkLocalUnicast(): // that one goes by its zone
		_, err = u.p6.WriteTo(packet, &ipv6.ControlMessage{Src: local.AsSlice()}, net.UDPAddrFromAddrPort(to))
	default:
		_, err = u.conn.WriteToUDPAddrPort(packet, to)
	}
	return err
}

// routeTo returns the address of ours that packets to a client come from. No packet is sent.
func routeTo(client netip.Addr) netip.Addr {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(client, 9)))
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	return clean(conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr())
}
