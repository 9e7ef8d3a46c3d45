package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// Multicast sends datagrams to multicast groups and receives what others send there, on every
// network interface that takes part. Methods may be called from anywhere.
type Multicast struct {
	sockets []*groupSocket
	working sync.WaitGroup
}

// groupSocket is the socket of one group. Its calls that choose an interface are serialised.
type groupSocket struct {
	group      netip.AddrPort
	interfaces func() []net.Interface
	conn       *net.UDPConn
	ways

	mu     sync.Mutex
	joined map[string]bool // by name of the interface
}

// ways is what ipv4.PacketConn and ipv6.PacketConn have in common for us.
type ways interface {
	JoinGroup(ifi *net.Interface, group net.Addr) error
	SetMulticastInterface(ifi *net.Interface) error
	SetMulticastLoopback(on bool) error
}

// OpenMulticast joins groups and calls receive for each datagram, from one goroutine per group;
// datagram is valid during the call. A family that the machine lacks is left out; the error wraps
// ErrNoMulticast if nothing is left.
func OpenMulticast(receive func(from netip.AddrPort, datagram []byte), groups ...netip.AddrPort) (*Multicast, error) {
	return openMulticast(multicastInterfaces, receive, groups...)
}

func openMulticast(interfaces func() []net.Interface, receive func(netip.AddrPort, []byte), groups ...netip.AddrPort) (*Multicast, error) {
	m := &Multicast{}
	var errs []error
	for _, group := range groups {
		s, err := openGroup(group, interfaces)
		if err != nil {
			errs = append(errs, fmt.Errorf("join %v: %w", group, err))
			continue
		}
		m.sockets = append(m.sockets, s)
		m.working.Go(func() { s.listen(receive) })
	}
	if len(m.sockets) == 0 {
		return nil, fmt.Errorf("%w: %w", ErrNoMulticast, errors.Join(errs...))
	}
	return m, nil
}

func openGroup(group netip.AddrPort, interfaces func() []net.Interface) (*groupSocket, error) {
	network := "udp4"
	if group.Addr().Is6() {
		network = "udp6"
	}
	// For a group's address this shares the port with other programs, and binds to every address.
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(group))
	if err != nil {
		return nil, err
	}
	s := &groupSocket{group: group, interfaces: interfaces, conn: conn}
	if network == "udp4" {
		s.ways = ipv4.NewPacketConn(conn)
	} else {
		s.ways = ipv6.NewPacketConn(conn)
	}
	// Another program on this machine may be a neighbour as well.
	err = s.SetMulticastLoopback(true)
	if err == nil && s.refresh() == 0 {
		err = errors.New("no network interface lets us")
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return s, nil
}

// Send sends a datagram to a group on every interface, those that came up meanwhile included. An
// interface that refuses is skipped; the error is that of the last one if all refuse.
func (m *Multicast) Send(group netip.AddrPort, datagram []byte) error {
	for _, s := range m.sockets {
		if s.group == group {
			return s.send(datagram)
		}
	}
	return nil // the machine lacks that family
}

func (s *groupSocket) send(datagram []byte) error {
	s.refresh()
	s.mu.Lock()
	defer s.mu.Unlock()
	sent, last := 0, ErrNoMulticast
	for _, ifi := range s.interfaces() {
		err := s.SetMulticastInterface(&ifi)
		if err == nil {
			_, err = s.conn.WriteToUDPAddrPort(datagram, s.group)
		}
		if err != nil {
			last = err
			continue
		}
		sent++
	}
	if sent == 0 {
		return fmt.Errorf("send to %v: %w", s.group, last)
	}
	return nil
}

// refresh joins the group on interfaces that are new and returns on how many it takes part.
func (s *groupSocket) refresh() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.joined
	s.joined = make(map[string]bool, len(before))
	for _, ifi := range s.interfaces() {
		err := s.JoinGroup(&ifi, net.UDPAddrFromAddrPort(s.group))
		if err == nil || before[ifi.Name] { // joining twice is an error, and harmless
			s.joined[ifi.Name] = true
		}
	}
	return len(s.joined)
}

// multicastInterfaces returns the interfaces that are up and take part.
func multicastInterfaces() []net.Interface {
	all, _ := net.Interfaces()
	var some []net.Interface
	for _, ifi := range all {
		if ifi.Flags&net.FlagUp != 0 && ifi.Flags&net.FlagMulticast != 0 {
			some = append(some, ifi)
		}
	}
	return some
}

// listen hands datagrams over until the socket is closed.
func (s *groupSocket) listen(receive func(netip.AddrPort, []byte)) {
	buf := make([]byte, maxDatagram+1)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil && n <= maxDatagram { // a longer one was cut
			receive(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), buf[:n])
		}
	}
}

// Close leaves the groups and returns after the last call of receive.
func (m *Multicast) Close() error {
	var errs []error
	for _, s := range m.sockets {
		errs = append(errs, s.conn.Close())
	}
	m.working.Wait()
	return errors.Join(errs...)
}
