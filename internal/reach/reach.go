// Package reach tells addresses of the public network from all others.
//
// It knows the ranges that are private, local, reserved or in disguise; it refuses to know who may
// contact whom, which each of its callers (swarm, trackers, webseed) decides. Values only, safe for
// concurrent use. Start reading at IsGlobal.
package reach

import "net/netip"

// sharedSpace is between a provider and its customers (RFC 6598); nat64 holds IPv4 addresses
// (RFC 6052).
var (
	sharedSpace = netip.MustParsePrefix("100.64.0.0/10")
	reserved    = netip.MustParsePrefix("240.0.0.0/4")
	nat64       = netip.MustParsePrefix("64:ff9b::/96")
)

// IsGlobal reports whether an address is of the public network. IPv4 addresses that hide in IPv6
// ones count as what they are.
func IsGlobal(a netip.Addr) bool {
	a = a.Unmap()
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	return a.IsGlobalUnicast() && !a.IsPrivate() && !sharedSpace.Contains(a) && !reserved.Contains(a)
}
