package bencode

// Limits bounds what one input may cost. Reading allocates in proportion to depth and flaws only,
// never to a length that the input claims.
type Limits struct {
	Bytes  int // length of the whole input
	Depth  int // lists and dictionaries inside one another
	Tokens int // integers, strings, lists, dictionaries and keys in all
}

var (
	// File is for torrent files: the piece hashes of the largest layout (2 Mi pieces, 20 and 32
	// bytes each) and room for names. Depth as in libtorrent.
	File = Limits{Bytes: 128 << 20, Depth: 100, Tokens: 3_000_000}

	// Wire is for messages of peers, trackers and the DHT, none of which nests deeply.
	Wire = Limits{Bytes: 2 << 20, Depth: 16, Tokens: 100_000}
)

// maxFlaws bounds the flaws that are recorded of one input; more tell nobody more.
const maxFlaws = 64
