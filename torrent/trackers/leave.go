package trackers

import (
	"fmt"
	"net/netip"
	"strings"

	"groove/internal/reach"
)

// What no host has as its address.
var (
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8")
	reserved    = netip.MustParsePrefix("240.0.0.0/4")
)

// leave is whom a call may contact at one of its steps: a stranger's word reaches the public
// network alone.
type leave struct {
	local bool   // private networks and loopback too
	path  string // of an HTTP URL
	any   bool   // AllowLocal: on loopback, every path
}

// check reports why an address may not be contacted. It is asked with the address that a
// connection is really made to, since names may resolve differently each time.
func (r leave) check(a netip.Addr) error {
	a = a.Unmap()
	switch {
	case !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || a.Is4() && (thisNetwork.Contains(a) || reserved.Contains(a)):
		return fmt.Errorf("%w: %v is no host", ErrAddress, a)
	case reach.IsGlobal(a):
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
