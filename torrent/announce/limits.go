package announce

import (
	"time"

	"groove/torrent/bencode"
)

// Bounds of what a stranger can say.
const (
	// MaxReply is the longest HTTP reply that is read, unpacked, in bytes; as libtorrent's.
	MaxReply = 1 << 20

	// MaxUDPScrape is how many hashes one UDP scrape names, so that it fits an IPv6 packet of
	// 1,500 bytes (BEP 15).
	MaxUDPScrape = 74

	// maxHTTPScrape is how many hashes one HTTP scrape may name: a URL of 8 KiB holds no more.
	maxHTTPScrape = 128

	// maxPeers is how many peers of one reply are used; no swarm dials more before it asks again.
	maxPeers = 2000

	// maxText bounds failure reasons and warnings, in characters; people read no further.
	maxText = 200

	// maxTrackerID bounds what is kept for a tracker per torrent, in bytes.
	maxTrackerID = 256

	// maxURLData bounds path and query of a UDP announce, in bytes, so that it stays one packet.
	maxURLData = 1000

	// maxInterval is the longest interval that is believed.
	maxInterval = 24 * time.Hour

	// maxCount is the largest number of peers or downloads that is believed.
	maxCount = 1 << 30
)

// replyLimits bounds the bencoding of replies; peers as dictionaries need four tokens and more each.
var replyLimits = bencode.Limits{Bytes: MaxReply, Depth: 8, Tokens: 100_000}

// Manners of Tiers.
const (
	// maxTrackers bounds the trackers of one torrent; what comes later is not used.
	maxTrackers = 100

	// defaultWant is how many peers are wished for until the owner says otherwise.
	defaultWant = 80

	// defaultInterval is used where a tracker names none; the usual half hour.
	defaultInterval = 30 * time.Minute

	// shortestInterval keeps a tracker from making us ask without pause.
	shortestInterval = 30 * time.Second

	// defaultMinInterval is used where a tracker names none, as over UDP always; as Transmission's.
	defaultMinInterval = 2 * time.Minute

	// backOffUnit times the square of the failures in a row is the wait before the next try.
	backOffUnit = 5 * time.Second

	// longestBackOff ends the growth of the wait; as libtorrent's.
	longestBackOff = time.Hour

	// silentIntervals is after how many intervals without an announce a tracker has forgotten us.
	silentIntervals = 2
)
