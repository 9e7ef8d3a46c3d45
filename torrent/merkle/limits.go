package merkle

const (
	// MaxHeight is the height of the tree of a file of 2^53 bytes, more than any layout allows.
	MaxHeight = 39

	// MaxPieces bounds the pieces of one file, as layout bounds those of a torrent.
	MaxPieces = 2 << 20

	// MaxRequest is how many hashes one request may ask for (BEP 52: "should not be more than").
	MaxRequest = 512
)
