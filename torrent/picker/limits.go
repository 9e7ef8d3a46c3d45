package picker

import "math"

const (
	// MaxPeers bounds PeerID: slot numbers of peers are below it, so that two bytes hold one, or a
	// count of all.
	MaxPeers = math.MaxUint16

	// MaxPriority is the highest priority of a piece; 0 is "not wanted", 1 is normal.
	MaxPriority = 7

	// maxAskers is how many peers may be asked for one block at the same time: a second copy
	// covers one slow peer, a third is waste.
	maxAskers = 2

	// spanBlocks is the fewest blocks of a piece (256 KiB, one read of the one who sends) for which
	// it is worth that one more slow peer joins those who work on the piece.
	spanBlocks = 16

	// randomPieces is the number of owned pieces below which a fresh piece is chosen at random:
	// a rare piece has few sources and so comes slowly, and a newcomer has nothing to give yet.
	randomPieces = 4

	// randomProbes is how often a random cell is tried before rarest first takes over.
	randomProbes = 16

	// maxScan bounds the steps of one search over pieces (about a millisecond), so that a torrent
	// of two million pieces cannot be made to stall us. Below it every search is exact.
	maxScan = 1 << 16

	// minWalk is how many of the rarest pieces are looked at, beyond as many as the peer has, before
	// its bitfield is searched instead.
	minWalk = 32

	// none marks an absent slot, cell or block reference.
	none = math.MaxUint32
)
