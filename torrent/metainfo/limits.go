package metainfo

// Bounds of what a stranger's torrent may make us keep. Depth, tokens and bytes of the whole are
// bounded by bencode, pieces and bytes of content by layout.
const (
	maxPathElements  = 100      // folders in one another, as bencode bounds those of a v2 tree
	maxTotalElements = 4 << 20  // of all paths: a v2 tree shares folders that we write out
	maxTotalPath     = 64 << 20 // bytes of all paths, for the same reason

	maxElement = 255 // bytes of one name, what common file systems take
	cutElement = 240 // bytes that are left of a longer one, with room for a number

	maxURLs        = 1000 // trackers, and again web seeds, and again nodes; more are left out
	maxURL         = 4096 // bytes of one; longer ones are left out
	maxText        = 64 << 10
	maxExtra       = 1 << 20 // bytes of keys that mean nothing here and are kept for Encode
	maxCollections = 1000

	maxMagnet  = 1 << 20   // bytes of a magnet link
	maxSelect  = 1_000_000 // indices that so= may name
	maxAttr    = 16        // letters of attr that are kept
	hashV1Size = 20
)

// Limits of what is made here.
const (
	minPieceLength  = 16 << 10  // also the least that BEP 52 allows
	maxAutoLength   = 16 << 20  // larger pieces make a first piece slow to come
	maxAutoPieces   = 2000      // automatic piece length: the least that gives no more pieces
	maxPlanPieceLen = 256 << 20 // a power of two that every client reads
)
