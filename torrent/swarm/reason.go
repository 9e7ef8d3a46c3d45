package swarm

// Reason says why a peer was dropped. The list is closed; each is counted in Stats.
type Reason uint8

// The reasons. Those from BadBitfield on are the peer's fault.
const (
	Unspecified     Reason = iota
	BothComplete           // neither needs anything from the other
	DuplicatePeer          // it is connected already
	TooManyPeers           // the swarm is full
	TooManyFromIP          // its address has enough connections
	Stopped                // we stop
	Banned                 // its address was banned before
	BadBitfield            // a bitfield of the wrong length or with spare bits
	BadIndex               // a piece number that does not exist
	BadRequest             // a request over a border, or of more than 16 KiB without reason
	TooManyRequests        // it went on asking far beyond our limit
	BadExtension           // an extension message that cannot be read
	BadMetadata            // its metadata had the wrong hash
	BadHashes              // its Merkle hashes did not prove
	CorruptData            // it sent data that failed the hash check
	reasonCount
)

var reasonText = [reasonCount]string{
	"unspecified", "both complete", "connected twice", "too many peers", "too many connections from one address",
	"stopped", "banned before", "bad bitfield", "bad piece index", "bad request", "too many requests",
	"unreadable extension message", "wrong metadata", "wrong merkle hashes", "corrupt data",
}

// String names the reason for people and logs.
func (r Reason) String() string {
	if r >= reasonCount {
		return reasonText[Unspecified]
	}
	return reasonText[r]
}

// AtFault reports whether the reason is misbehaviour of the peer.
func (r Reason) AtFault() bool { return r >= BadBitfield }
