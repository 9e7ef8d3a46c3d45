package swarm

import (
	"net/netip"

	"groove/torrent/layout"
	"groove/torrent/metainfo"
	"groove/torrent/wire"
)

// Peer names one connection. Slots are reused, generations never are, so that an answer for a
// peer that is gone is recognised and ignored.
type Peer struct{ Slot, Gen uint32 }

// Buffer names memory that the shell owns for a piece (or, where a piece is written block by
// block, for one block). The shell makes it when a Landing first names it and forgets it at Free.
type Buffer struct{ Slot, Gen uint32 }

// Lease is the right to put the payload of one block into a Buffer, once.
type Lease struct {
	Buffer Buffer
	Index  uint32 // block in its piece
}

// Landing says where the payload of a block goes.
type Landing struct {
	Lease  Lease
	Size   int // of the whole buffer
	Offset int // of the block in it
}

// EffectKind is what the shell is asked to do.
type EffectKind uint8

// The effects. The fields of Effect that each uses stand behind it; PeerGone ends every duty to a peer.
const (
	Send       EffectKind = iota // Peer, Message
	SendSpan                     // Peer, Piece, Begin, Length: read and send blocks; answer SpanSent
	Drop                         // Peer, Reason: close the connection; the swarm has forgotten it already
	Dial                         // Addr; answer PeerConnected or DialFailed
	Hash                         // Buffer, Piece, Begin, Length: hash this run of the prefix; answer Hashed
	Store                        // Buffer, Piece, Begin: hash from Begin to the end, compare, write; answer Stored
	StoreBlock                   // Buffer, Piece, Begin, Length: write one block; answer BlockStored
	Verify                       // Buffer, Piece: read a piece back that was written by blocks, and compare; answer Stored
	Free                         // Buffer
	GotInfo                      // Info: the metadata is complete and right; answer Ready
	WantPeers                    // the swarm could use more addresses; ask the trackers soon
	Tell                         // Event, for people and programs
)

// Effect is one thing to do, in the order in which the swarm decided it.
type Effect struct {
	Kind    EffectKind
	Reason  Reason
	Blocks  bool // Store, Verify: the answer must carry the hash of each block
	Peer    Peer
	Buffer  Buffer
	Piece   layout.PieceIndex
	Begin   int
	Length  int
	Addr    netip.AddrPort
	Message wire.Message
	Info    *metainfo.Info
	Event   *Event
}

// EventKind is what happened, for people.
type EventKind uint8

// The events.
const (
	MetadataComplete EventKind = iota // a magnet's info dictionary arrived
	PieceComplete                     // Piece is verified and stored
	PieceCorrupt                      // Piece failed its hash check
	WantedComplete                    // all that was asked for is here
	PeerBanned                        // Addr, Reason
	DiskTrouble                       // Err: requests stop, what is good is still served
	HalvesDisagree                    // a hybrid's v1 and v2 hashes contradict each other on Piece: the torrent stops
)

// Event is one of them with its values.
type Event struct {
	Kind   EventKind
	Piece  layout.PieceIndex
	Addr   netip.AddrPort
	Reason Reason
	Err    error
}

// Verdict is what the shell found when it compared a piece with its hash.
type Verdict uint8

// The verdicts of Stored.
const (
	Good         Verdict = iota // the hash is right and the bytes are written
	Corrupt                     // the hash is wrong; nothing was written
	Inconsistent                // a hybrid's v1 and v2 hashes disagree
	DiskFailed                  // it could not be written, or not read back
)
