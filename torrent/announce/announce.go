// Package announce is the language of clients and trackers, and the manners of a client.
//
// It knows the announces and scrapes of BEP 3, 7, 15, 23, 24, 31, 41 and 48 in both directions,
// and when to ask which tracker (BEP 12, 27). It refuses to know sockets, names and wall clocks.
// The shells torrent/trackers (client) and tracker/serve (server) move its bytes; torrent owns
// one Tiers per torrent. Sizes are bytes. A Tiers is not safe for concurrent use, the codec is.
// Start reading at Request and Response, then at Tiers.
package announce

import (
	"net/netip"
	"time"

	"groove/torrent/infohash"
)

// Event says why a client announces. The values are those of BEP 15.
type Event uint8

// The events. Paused is BEP 21's: a client that has all it wants, but not all there is; over UDP
// its number 4 is practice, not specification.
const (
	None Event = iota
	Completed
	Started
	Stopped
	Paused
)

var eventNames = [...]string{"", "completed", "started", "stopped", "paused"}

// String returns the event as HTTP trackers read it; None is empty.
func (e Event) String() string { return eventNames[e] }

// Unknown stands for a count or a number of bytes that was not told, or told as nonsense.
const Unknown = -1

// Request is one announce.
type Request struct {
	InfoHash infohash.Short
	PeerID   [20]byte

	// Bytes since the client's "started", or Unknown. An Unknown Left is sent as a huge one, and
	// a tracker counts the peer as a downloader.
	Uploaded, Downloaded, Left int64

	Event   Event
	Port    uint16 // where the client listens; 0 cannot be dialled
	NumWant int    // peers wished for; Unknown leaves it to the tracker
	Key     uint32 // the client's secret, which stays when its address changes

	// IPv4 and IPv6 are further addresses of the client (BEP 7). Trackers should believe them
	// from nobody, since they may name a victim.
	IPv4, IPv6 netip.Addr

	Compact   bool   // HTTP only: peers packed into one string (BEP 23)
	TrackerID string // HTTP only: what the tracker's last answer had
	URLData   string // UDP only: path and query of the tracker's URL (BEP 41)
}

// Response is a tracker's answer to an announce.
type Response struct {
	Interval    time.Duration // until the next regular announce; 0: not told
	MinInterval time.Duration // no announce without an event before this; 0: not told

	Seeders, Leechers, Completed int // counts of the swarm, or Unknown

	// Peers are in the order of the answer, IPv4 before IPv6. Where they point to is not
	// checked. Peer IDs are neither read nor written: everybody learns them in the handshake.
	Peers []netip.AddrPort

	ExternalIP netip.Addr // the client as the tracker saw it (BEP 24); zero: not told
	TrackerID  string     // to be sent back next time
	Warning    string     // for people; printable
}

// Counts is what a scrape tells about one swarm (BEP 48).
type Counts struct {
	Seeders, Completed, Leechers int // Leechers has the partial seeds too
	Downloaders                  int // Leechers without partial seeds (BEP 21), or Unknown
}
