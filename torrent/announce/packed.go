package announce

import (
	"encoding/binary"
	"net/netip"
)

// Bytes of a packed peer: address and port, big-endian (BEP 7, 15, 23).
const (
	packed4 = 4 + 2
	packed6 = 16 + 2
)

// appendPacked appends the peers of one family.
func appendPacked(dst []byte, peers []netip.AddrPort, v6 bool) []byte {
	for _, p := range peers {
		addr := p.Addr().Unmap()
		if addr.Is6() != v6 {
			continue
		}
		dst = append(dst, addr.AsSlice()...)
		dst = binary.BigEndian.AppendUint16(dst, p.Port())
	}
	return dst
}

// unpack appends the packed peers that have a port, and leaves a broken rest alone.
func unpack(dst []netip.AddrPort, packed []byte, v6 bool) []netip.AddrPort {
	size := packed4
	if v6 {
		size = packed6
	}
	for ; len(packed) >= size && len(dst) < maxPeers; packed = packed[size:] {
		addr, _ := netip.AddrFromSlice(packed[:size-2])
		if port := binary.BigEndian.Uint16(packed[size-2:]); port != 0 {
			dst = append(dst, netip.AddrPortFrom(addr.Unmap(), port))
		}
	}
	return dst
}
