package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"groove/torrent/bencode"
)

// PEXFlags is what BEP 11 says of an added peer.
type PEXFlags uint8

// The flags.
const (
	PEXEncrypts  PEXFlags = 1 << 0 // prefers encrypted connections
	PEXSeed      PEXFlags = 1 << 1 // a seed, or wants nothing
	PEXuTP       PEXFlags = 1 << 2 // speaks uTP
	PEXHolepunch PEXFlags = 1 << 3 // understands ut_holepunch
	PEXReachable PEXFlags = 1 << 4 // was dialled with success
)

// PEXPeer is one added peer.
type PEXPeer struct {
	Addr  netip.AddrPort
	Flags PEXFlags
}

// PEX is the payload of ut_pex (BEP 11): peers that the sender got and lost since its last one,
// IPv4 first. Addresses are as they came: whether they may be dialled is the reader's decision.
type PEX struct {
	Added   []PEXPeer
	Dropped []netip.AddrPort
}

// pexFamily names the keys of one address family and the bytes of its addresses.
type pexFamily struct {
	added, flags, dropped string
	size                  int
}

var pexFamilies = [...]pexFamily{
	{"added", "added.f", "dropped", 4},
	{"added6", "added6.f", "dropped6", 16},
}

// ParsePEX reads a payload. Missing keys are empty lists, missing flags are zero; of each list the
// first 200 peers are read. Errors wrap ErrPayload.
func ParsePEX(payload []byte) (PEX, error) {
	d, _, err := bencode.Prefix(payload)
	if err != nil {
		return PEX{}, fmt.Errorf("parse ut_pex: %w: %w", ErrPayload, err)
	}
	if d.Kind() != bencode.Dict {
		return PEX{}, fmt.Errorf("parse ut_pex: %w: %v is no dictionary", ErrPayload, d.Kind())
	}
	var p PEX
	for _, family := range pexFamilies {
		added, err := family.parse(d.Get(family.added))
		if err != nil {
			return PEX{}, err
		}
		flags, _ := d.Get(family.flags).Bytes()
		for i, addr := range added {
			peer := PEXPeer{Addr: addr}
			if i < len(flags) {
				peer.Flags = PEXFlags(flags[i])
			}
			p.Added = append(p.Added, peer)
		}
		dropped, err := family.parse(d.Get(family.dropped))
		if err != nil {
			return PEX{}, err
		}
		p.Dropped = append(p.Dropped, dropped...)
	}
	return p, nil
}

// parse reads a list of compact addresses (BEP 23).
func (f pexFamily) parse(v bencode.Value) ([]netip.AddrPort, error) {
	b, _ := v.Bytes()
	entry := f.size + 2
	if len(b)%entry != 0 {
		return nil, fmt.Errorf("parse ut_pex: %w: %q has %d bytes", ErrPayload, f.added, len(b))
	}
	n := min(len(b)/entry, maxPEXRead)
	list := make([]netip.AddrPort, n)
	for i := range list {
		one := b[i*entry:][:entry]
		ip, _ := netip.AddrFromSlice(one[:f.size])
		list[i] = netip.AddrPortFrom(ip, binary.BigEndian.Uint16(one[f.size:]))
	}
	return list, nil
}

// AppendPEX appends p as a canonical dictionary without empty lists. The caller keeps to MaxPEX.
func AppendPEX(dst []byte, p PEX) []byte {
	var d bencode.Builder
	for _, family := range pexFamilies {
		var added, flags, dropped []byte
		for _, peer := range p.Added {
			if family.has(peer.Addr) {
				added = appendCompact(added, peer.Addr)
				flags = append(flags, byte(peer.Flags))
			}
		}
		for _, addr := range p.Dropped {
			if family.has(addr) {
				dropped = appendCompact(dropped, addr)
			}
		}
		if len(added) > 0 {
			d.Bytes(family.added, added).Bytes(family.flags, flags)
		}
		if len(dropped) > 0 {
			d.Bytes(family.dropped, dropped)
		}
	}
	return d.Append(dst)
}

func (f pexFamily) has(a netip.AddrPort) bool { return a.Addr().BitLen() == 8*f.size }

func appendCompact(dst []byte, a netip.AddrPort) []byte {
	dst = append(dst, a.Addr().AsSlice()...)
	return binary.BigEndian.AppendUint16(dst, a.Port())
}
