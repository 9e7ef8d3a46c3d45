package wire

import (
	"crypto/sha1"
	"encoding/binary"
	"net/netip"
	"slices"

	"groove/torrent/infohash"
)

// AllowedFastSet returns the n pieces that a peer at ip may request while it is choked, in the order
// in which BEP 6 generates them; fewer if the torrent has fewer. The set is the same for a whole
// /24, so that a peer gains nothing by changing its address. IPv4 alone has one: else it is nil.
func AllowedFastSet(ip netip.Addr, id infohash.Short, n, pieces int) []uint32 {
	ip = ip.Unmap()
	n = min(n, pieces)
	if !ip.Is4() || n <= 0 {
		return nil
	}
	seed := ip.As4()
	seed[3] = 0
	x := sha1.Sum(append(seed[:], id[:]...))
	set := make([]uint32, 0, n)
	for {
		for i := 0; i < len(x); i += 4 {
			piece := uint32(uint64(binary.BigEndian.Uint32(x[i:])) % uint64(pieces))
			if slices.Contains(set, piece) {
				continue
			}
			if set = append(set, piece); len(set) == n {
				return set
			}
		}
		x = sha1.Sum(x[:])
	}
}
