package transport

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
)

func loopback() []net.Interface {
	var some []net.Interface
	for _, ifi := range must(net.Interfaces()) {
		if ifi.Flags&net.FlagLoopback != 0 {
			some = append(some, ifi)
		}
	}
	return some
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Two programs on one machine hear each other, and themselves, in both families.
func TestNeighboursHearEachOther(t *testing.T) {
	noGoroutinesLeft(t)
	groups := []netip.AddrPort{
		netip.MustParseAddrPort("239.192.152.143:16771"),
		netip.MustParseAddrPort("[ff15::efc0:988f]:16771"),
	}
	heard := make(chan string, 10)
	open := func(name string) *Multicast {
		m, err := openMulticast(loopback, func(from netip.AddrPort, datagram []byte) {
			if !from.Addr().IsValid() || from.Port() != 16771 {
				t.Errorf("heard from %v", from)
			}
			heard <- name + " heard " + string(datagram)
		}, groups...)
		if err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() { m.Close() })
		return m
	}
	a, b := open("a"), open("b")
	for _, m := range []*Multicast{a, b} {
		if len(m.sockets) != 2 {
			t.Skip("this machine has no multicast on loopback in both families")
		}
	}
	for _, group := range groups {
		err := a.Send(group, []byte("hello"))
		if errors.Is(err, syscall.ENETUNREACH) {
			t.Logf("no route for %v on loopback", group)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{receive(t, heard): true, receive(t, heard): true}
		if !got["a heard hello"] || !got["b heard hello"] {
			t.Errorf("%v: %v", group, got)
		}
	}
	if err := a.Send(groups[0], make([]byte, maxDatagram+1)); err != nil {
		t.Error(err)
	}
	b.Send(groups[0], []byte("last"))
	for range 2 {
		if s := receive(t, heard); len(s) > 20 {
			t.Errorf("heard %d bytes", len(s))
		}
	}
	_, err := openMulticast(func() []net.Interface { return nil }, nil, groups...)
	if !errors.Is(err, ErrNoMulticast) {
		t.Errorf("without interfaces: %v", err)
	}
}
