package torrent

import (
	"net/netip"
	"time"
)

// State is what a torrent is doing.
type State uint8

// The states, in the order in which a torrent passes them.
const (
	FetchingMetadata State = iota // of a magnet link
	Checking                      // existing files are hashed
	Downloading
	Seeding // everything wanted is here
	Paused
	Failed // see Stats.Err
)

// String names the state in one lower-case word or two.
func (s State) String() string {
	return [...]string{"fetching metadata", "checking", "downloading", "seeding", "paused", "failed"}[s]
}

// Stats is a snapshot of a torrent. Byte counts are of wanted files without padding, unless said otherwise.
type Stats struct {
	State    State
	Name     string  // empty while the metadata is unknown
	Done     int64   // verified and stored
	Total    int64   // wanted
	Checked  float64 // share of the check that is done, 0 to 1, while Checking
	Down, Up int64   // payload moved in this session, waste included
	DownRate int64   // bytes per second, over the last three seconds
	UpRate   int64
	Wasted   int64   // payload that nobody needed
	Corrupt  int64   // payload of pieces that failed their hash check
	Copies   float64 // complete copies among the connected peers, our own not counted
	Peers    []PeerStats
	Seeds    int // connected peers that have everything
	Pieces   int
	Have     int           // pieces
	ETA      time.Duration // to completion at the present rate; negative if unknown
	Waiting  string        // why nothing moves, as a sentence; empty while something does
	Trackers []TrackerStats
	Err      error // of a Failed torrent
}

// PeerStats is one connection.
type PeerStats struct {
	Addr             netip.AddrPort
	Client           string // as the peer names itself
	Outgoing         bool
	Done             float64 // share of the torrent that it has, 0 to 1
	Lacks            bool    // it lacks something that we have, and wants it
	Down, Up         int64   // payload bytes from it, to it
	DownRate, UpRate int64
	Web              bool // a web seed
}

// TrackerStats is what the last announce to a tracker said. Secrets in URLs are hidden.
type TrackerStats struct {
	URL      string
	Answered bool // it has answered at least once
	Seeders  int
	Leechers int
	Err      error // of the last announce, nil if it worked
}

// EventKind is what happened to a torrent.
type EventKind uint8

// The events.
const (
	GotMetadata  EventKind = iota // a magnet's name and files are known now
	Ready                         // files are checked, the torrent moves bytes
	PieceDone                     // Piece is verified and stored
	PieceCorrupt                  // Piece failed its hash check
	PeerBanned                    // Addr sent corrupt data and was dropped
	Done                          // everything wanted is here, synced to disk
	Trouble                       // Err: the disk or the data failed; requests stop, what is good is kept
)

// Event is something that happened to a torrent.
type Event struct {
	Kind  EventKind
	Piece int
	Addr  netip.AddrPort
	Err   error
}
