package trackers

import (
	"fmt"
	"net/netip"
	"strings"
)

// sharedSpace is between a provider and its customers (RFC 6598); nat64 holds IPv4 addresses
// (RFC 6052).
var (
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8")
	sharedSpace = netip.MustParsePrefix("100.64.0.0/10")
	reserved    = netip.MustParsePrefix("240.0.0.0/4")
	nat64       = netip.MustParsePrefix("64:ff9b::/96")
)

// isGlobal reports whether an address is of the public network.
func isGlobal(a netip.Addr) bool {
	a = a.Unmap()
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	return a.IsGlobalUnicast() && !a.IsPrivate() && !sharedSpace.Contains(a) && !reserved.Contains(a)
}

// reach is whom a call may contact at one of its steps: a stranger's word reaches the public
// network alone.
type reach struct {
	local bool   // private networks and loopback too
	path  string // of an HTTP URL
	any   bool   // AllowLocal: on loopback, every path
}

// check reports why an address may not be contacted. It is asked with the address that a
// connection is really made to, since names may resolve differently each time.
func (r reach) check(a netip.Addr) error {
	a = a.Unmap()
	switch {
	case !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || a.Is4() && (thisNetwork.Contains(a) || reserved.Contains(a)):
		return fmt.Errorf("%w: %v is no host", ErrAddress, a)
	case isGlobal(a):
		return nil
	case !r.local:
		return fmt.Errorf("%w: %v is not in the public network", ErrAddress, a)
	case a.IsLoopback() && !r.any && !isTrackerPath(r.path):
		return fmt.Errorf("%w: on this machine only /announce is asked", ErrAddress)
	}
	return nil
}

// isTrackerPath keeps a torrent from making us talk to other servers on this machine: an HTTP
// tracker there lives at /announce or /announce/KEY (scrape alike). UDP has no path.
func isTrackerPath(path string) bool {
	if path == "" {
		return true
	}
	place, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return (place == "announce" || place == "scrape") && !strings.Contains(key, "/")
}
