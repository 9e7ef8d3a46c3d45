// Package lsd finds peers on the local network (BEP 14).
//
// It knows the BT-SEARCH announce and when to send one; it refuses to know sockets, interfaces and
// whether a torrent is private: nobody may Add one that is, or whose metadata has not said yet. The
// session feeds a Machine with datagrams and carries out what it wants; transport moves the bytes.
// Calls for one Machine are serialised by its owner. Start reading at Machine.
package lsd

import (
	"net/netip"

	"groove/torrent/infohash"
)

// Port is where both groups listen.
const Port = 6771

// Group is a multicast group of BEP 14.
type Group uint8

// The groups, one per address family.
const (
	IPv4 Group = iota
	IPv6
)

var groups = [...]netip.AddrPort{
	netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 192, 152, 143}), Port),
	netip.AddrPortFrom(netip.MustParseAddr("ff15::efc0:988f"), Port),
}

// Addr returns the group's address; printed, it is the Host header.
func (g Group) Addr() netip.AddrPort { return groups[g] }

// Announce is one BT-SEARCH message: its sender takes part in these swarms.
type Announce struct {
	Group  Group
	Port   uint16 // where the sender listens for peers, never 0
	Hashes []infohash.Short
	Cookie string // whatever the sender knows its own announces by; may be empty
}
