// Package merkle is the arithmetic of BEP 52's hash trees: one SHA-256 tree for each file.
//
// It knows leaves, padding, roots, piece layers and the proofs of hash messages; it refuses to
// know files, peers and when to ask. metainfo, swarm, disk and the making of torrents use it.
// Heights count from the leaves, which are at 0; a node at height h stands for 2^h blocks. Values
// are safe to share, a Tree belongs to its owner. Start reading at Subtree, then Tree.
package merkle

import (
	"crypto/sha256"
	"encoding/hex"
	"math/bits"
)

// BlockSize is what one leaf stands for, 16 KiB; the last block of a file may be shorter.
const BlockSize = 16 << 10

// Hash is one node of a tree.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// LeafHash hashes one block of a file, at most BlockSize bytes. A short block is not filled up.
func LeafHash(block []byte) Hash { return sha256.Sum256(block) }

// AppendLeaves appends the leaf of each block of data, which begins on a block's border.
func AppendLeaves(dst []Hash, data []byte) []Hash {
	for len(data) > 0 {
		n := min(len(data), BlockSize)
		dst = append(dst, LeafHash(data[:n]))
		data = data[n:]
	}
	return dst
}

// Join returns the parent of two nodes.
func Join(left, right Hash) Hash {
	var both [2 * sha256.Size]byte
	copy(both[:], left[:])
	copy(both[sha256.Size:], right[:])
	return sha256.Sum256(both[:])
}

// Blocks counts the blocks of a file of so many bytes.
func Blocks(length int64) int64 { return (length + BlockSize - 1) / BlockSize }

// HeightOf returns the height of the lowest tree with room for n leaves, n at least 1.
func HeightOf(n int64) int { return bits.Len64(uint64(n - 1)) }

// PieceHeight returns the height at which the pieces of a torrent are nodes, and false if BEP 52
// does not allow the piece length: it must be a power of two of at least 16 KiB.
func PieceHeight(pieceLength int64) (int, bool) {
	if pieceLength < BlockSize || pieceLength&(pieceLength-1) != 0 {
		return 0, false
	}
	return HeightOf(pieceLength / BlockSize), true
}

// zeros[h] is the root of a tree of height h without any block.
var zeros = func() (z [MaxHeight + 1]Hash) {
	for h := 1; h <= MaxHeight; h++ {
		z[h] = Join(z[h-1], z[h-1])
	}
	return z
}()

// Zero returns the root of a tree of missing leaves. A missing leaf is 32 zero bytes, not the
// hash of zeros. height is 0 to MaxHeight.
func Zero(height int) Hash { return zeros[height] }
