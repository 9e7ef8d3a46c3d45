package wire

import "groove/torrent/layout"

// Bounds of single messages. Clients that are met in the field stay far below them.
const (
	// MaxMetadataSize bounds an info dictionary that is fetched from strangers: 16 MiB, enough for
	// 800,000 pieces of v1.
	MaxMetadataSize = 16 << 20

	// MetadataPieceSize is the unit in which an info dictionary travels (BEP 9).
	MetadataPieceSize = 16 << 10

	// MaxPEX is how many peers we name as added, and as dropped, in one message (BEP 11).
	MaxPEX = 50

	// maxPEXRead is how many of each list and family are read: libtorrent sends 100, and a first
	// message may be longer. What is beyond is left unread.
	maxPEXRead = 200

	// maxExtended bounds an Extended message: 256 KiB. Others close at 64 KiB already, so nothing
	// longer is in use, and a stranger can pin no more than this per connection.
	maxExtended = 256 << 10

	// maxHashes is the most hashes one request may name (libtorrent's bound as well), and
	// maxProof more than the layers of the tallest tree (2^50 bytes).
	maxHashes = 8192
	maxProof  = 64

	// maxVersion bounds a peer's name of its software, in bytes.
	maxVersion = 64
)

// fixedLength is the length of the messages that have only one, ID byte included.
var fixedLength = [...]int{
	Choke: 1, Unchoke: 1, Interested: 1, NotInterested: 1, Have: 5,
	Request: 13, Cancel: 13, Port: 3,
	Suggest: 5, HaveAll: 1, HaveNone: 1, Reject: 13, AllowedFast: 5,
	HashRequest: 49, HashReject: 49,
}

// MaxLength bounds the length prefix (ID byte included) of a message of one kind, so that a
// longer one is refused before anything is allocated. pieces is the torrent's count, or 0 while it
// is unknown. It returns 0 for KeepAlive and for a kind that nobody defined.
func MaxLength(kind Kind, pieces int) int {
	switch kind {
	case Bitfield:
		if pieces <= 0 {
			pieces = layout.MaxPieces
		}
		return 1 + (pieces+7)/8
	case Piece:
		return pieceHeader + layout.BlockSize
	case Extended:
		return maxExtended
	case Hashes:
		return fixedLength[HashRequest] + 32*(maxHashes+maxProof)
	}
	if int(kind) < len(fixedLength) {
		return fixedLength[kind]
	}
	return 0
}
